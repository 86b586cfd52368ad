"""What scikit-learn's `token_pattern` finds, as explicit data; what can't be said so is refused by name.

Python's own parser of regular expressions takes the pattern apart. Alternatives, optional characters and short counts
are multiplied out in the order in which the expression would try them, so that the same tokens are found: each becomes
characters one after the other, then at most one run, with or without a border of a word on either side.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from baselines.errors import ArtifactError, NotCompressible
from baselines.text.token_reading import MAX_COUNT, MAX_HEADS, MAX_SHAPES, CharacterClass, TokenShape

MAX_PATTERN = 1000
# A count that isn't the last thing is multiplied out.
_MOST_WAYS = 4
_CATEGORIES = {"WORD": "w", "DIGIT": "d", "SPACE": "s", "NOT_WORD": "W", "NOT_DIGIT": "D", "NOT_SPACE": "S"}
_ASCII = {"WORD": ((48, 57), (65, 90), (95, 95), (97, 122)), "DIGIT": ((48, 57),), "SPACE": ((9, 13), (32, 32))}
_ENDLESS = 1 << 16
_WAY_OUT = (
    "write it as characters and one run of characters behind them, such as \\b\\w\\w+\\b, [a-z]+ or #\\w+|\\w+, and "
    "fit the pipeline again"
)


@dataclass(frozen=True)
class _Run:
    of: CharacterClass
    least: int
    most: int


_Piece = CharacterClass | _Run | str
_Way = tuple[_Piece, ...]
_BORDER = "border"


def token_shapes(pattern: str) -> tuple[TokenShape, ...]:
    """The shapes that `re.findall(pattern, text)` finds, in the order in which they are tried.

    Raises:
        NotCompressible: a pattern beyond that; names the part, and says how it could be written.
    """
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
        raise _refused(f"a string of at most {MAX_PATTERN} characters is needed")
    try:
        parsed: Any = re._parser.parse(pattern)  # type: ignore[attr-defined]
    except (re.error, RecursionError, OverflowError) as error:
        raise _refused(f"not an expression ({error})") from None
    flags = re.RegexFlag(parsed.state.flags)
    if flags & re.IGNORECASE:
        raise _refused("(?i)", "name capitals and small letters, or let the vectorizer lower-case its texts")
    items, bounds = list(parsed), [False, False]
    if parsed.state.groups - 1:
        items, bounds = _only_group(items)
    ways = _Expansion(bool(flags & re.ASCII), bool(flags & re.DOTALL)).ways(items)
    shapes = [_shape(way, *bounds) for way in ways]
    return tuple(dict.fromkeys(shapes))


def _only_group(items: list[Any]) -> tuple[list[Any], list[bool]]:
    """The inside of a pattern whose one group is all of it but for borders: what is found is the group's text."""
    before, after = ([str(op) for op, _ in ends] for ends in (items[:1], items[-1:]))
    bounds = [before == ["AT"], after == ["AT"]]
    inside = items[bounds[0] : len(items) - bounds[1]]
    if len(inside) != 1 or str(inside[0][0]) != "SUBPATTERN" or inside[0][1][0] is None:
        raise _refused("a group with something beside it", "write (?:…) in place of (…), or put all of it in the group")
    for op, code in items:
        if str(op) == "AT" and str(code) != "AT_BOUNDARY":
            raise _refused(_place(code))
    _, added, removed, content = inside[0][1]
    if added or removed or any(str(op) == "SUBPATTERN" and av[0] is not None for op, av in content):
        raise _refused("groups in groups", "leave one of them, and write (?:…) for the others")
    return list(content), bounds


class _Expansion:
    """Multiplies out a parsed expression."""

    def __init__(self, ascii_only: bool, dot_is_all: bool) -> None:
        self._ascii, self._dot_is_all = ascii_only, dot_is_all

    def ways(self, items: Sequence[Any]) -> list[_Way]:
        """All ways to match, the one that is tried first in front."""
        found: list[_Way] = [()]
        for place, (op, value) in enumerate(items):
            options = self._options(str(op), value, place == len(items) - 1)
            found = [(*way, *option) for way in found for option in options]
            if len(found) > MAX_SHAPES:
                raise _refused(f"more than {MAX_SHAPES} ways to match", "leave out alternatives")
        return found

    def _options(self, op: str, value: Any, last: bool) -> list[_Way]:
        if op in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return [(self._class(op, value),)]
        if op == "AT":
            if str(value) != "AT_BOUNDARY" or self._ascii:
                raise _refused(_place(value) if not self._ascii else "\\b with (?a)")
            return [(_BORDER,)]
        if op == "BRANCH":
            return [way for branch in value[1] for way in self.ways(list(branch))]
        if op == "SUBPATTERN":
            group, added, removed, content = value
            if group is not None or added or removed:
                raise _refused("flags or a group inside", "write (?:…)")
            return self.ways(list(content))
        if op == "MAX_REPEAT":
            return self._repeated(*value, last=last)
        raise _refused(f"{op.lower().replace('_', ' ')}")

    def _repeated(self, least: int, most: Any, content: Sequence[Any], *, last: bool) -> list[_Way]:
        endless = int(most) >= _ENDLESS
        if len(content) == 1 and str(content[0][0]) in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            of = self._class(str(content[0][0]), content[0][1])
            if endless or int(most) - least >= _MOST_WAYS:
                if least > MAX_COUNT or (not endless and int(most) > MAX_COUNT):
                    raise _refused(f"a count above {MAX_COUNT}")
                return [(_Run(of, least, 0 if endless else int(most)),)]
            if int(most) > MAX_HEADS:
                raise _refused(f"a count above {MAX_HEADS}")
            return [(of,) * count for count in range(int(most), least - 1, -1)]
        if (least, int(most)) == (0, 1):
            return [*self.ways(list(content)), ()]
        raise _refused("a repetition of more than one character")

    def _class(self, op: str, value: Any) -> CharacterClass:
        if op == "ANY":
            return CharacterClass("sS") if self._dot_is_all else CharacterClass(ranges=((10, 10),), negated=True)
        if op in ("LITERAL", "NOT_LITERAL"):
            return CharacterClass(ranges=((value, value),), negated=op == "NOT_LITERAL")
        names, ranges, negated = "", [], False
        for kind, content in value:
            match str(kind):
                case "NEGATE":
                    negated = True
                case "LITERAL":
                    ranges.append((content, content))
                case "RANGE":
                    ranges.append(tuple(content))
                case "CATEGORY" if (name := str(content).removeprefix("CATEGORY_")) in _CATEGORIES:
                    if not self._ascii:
                        names += _CATEGORIES[name]
                    elif name in _ASCII:
                        ranges += _ASCII[name]
                    else:
                        ranges += _outside(_ASCII[name.removeprefix("NOT_")])
                case other:
                    raise _refused(f"{other.lower()} in a set")
        return CharacterClass("".join(dict.fromkeys(names)), tuple(sorted(set(ranges))), negated)


def _outside(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    starts = [0, *(high + 1 for _, high in ranges)]
    ends = [*(low - 1 for low, _ in ranges), 0x10FFFF]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start <= end]


def _shape(way: _Way, before: bool, after: bool) -> TokenShape:
    pieces = list(way)
    while pieces and pieces[0] == _BORDER:
        before, pieces = True, pieces[1:]
    while pieces and pieces[-1] == _BORDER:
        after, pieces = True, pieces[:-1]
    run = pieces.pop() if pieces and isinstance(pieces[-1], _Run) else None
    heads = [piece for piece in pieces if isinstance(piece, CharacterClass)]
    if len(heads) != len(pieces):
        what = "a border" if _BORDER in pieces else "a run"
        raise _refused(f"{what} in the middle")
    if not heads and (not isinstance(run, _Run) or not run.least):
        raise _refused("it may match nothing", "let each way to match have at least one character")
    try:
        if isinstance(run, _Run):
            return TokenShape(tuple(heads), run.of, run.least, run.most, before, after)
        return TokenShape(tuple(heads), bound_before=before, bound_after=after)
    except ArtifactError as error:
        raise _refused(str(error).removeprefix("reading: ")) from None


def _place(code: Any) -> str:
    return {"AT_BEGINNING": "^", "AT_END": "$", "AT_NON_BOUNDARY": "\\B"}.get(str(code), str(code).lower())


def _refused(what: str, instead: str = _WAY_OUT) -> NotCompressible:
    return NotCompressible(f"token_pattern: {what} can't be taken over; {instead}")
