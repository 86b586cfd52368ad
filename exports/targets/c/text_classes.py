"""Characters that a model can't tell apart, so that tables need to know one of each class only.

Characters that behave alike in all that a cleaning does, and whose results a model can't tell apart, are one **class**
(partition refinement, as automata are minimised), and tables name one of each. So a model of plain English knows of
most letters only that they are letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from baselines.text import unicode
from exports.targets.c.unicode_data import (
    BLANK,
    LETTER_I,
    REPLACEMENT,
    SYLLABLES,
    Points,
    all_kinds,
    dropped,
    facts,
    known,
    targets,
)

Told = frozenset[int] | None
_JAMO = {"L": range(0x1100, 0x1113), "V": range(0x1161, 0x1176), "T": range(0x11A8, 0x11C3)}
_CAPITALS, _TO_SMALL = range(ord("A"), ord("Z") + 1), 32
# A class of marks that nothing tells apart; Unicode gives none this number, and those that compose with none stay below
# the last class, that of the iota that is folded to a letter.
_ANY_MARK = 2


@dataclass(frozen=True)
class Data:
    """What one cleaning needs to know.

    Attributes:
        spelled: what a character becomes at the door: nothing where it is unseen, a blank, or its normal form.
        pairs: as in `Facts`, of classes.
        folded: as in `Facts`, of classes.
    """

    spelled: dict[int, Points]
    pairs: dict[int, tuple[int, int]]
    folded: dict[int, Points]


class Classes:
    """Characters that one model may exchange for one another.

    Args:
        folding: whether capitals are folded.
        told: the code points that the model tells apart; None: all.
        by_kind: whether it also tells letters, marks and characters that stand alone.
    """

    def __init__(self, folding: bool, told: Told, by_kind: bool) -> None:
        self._facts, self._told, self._by_kind = facts(folding), told, by_kind
        found = self._facts
        self._tells_hangul = any(point in SYLLABLES for point in told or ())
        self._seconds = {second for _, second in found.pairs.values()}
        self._ranks = _ranks(told, self._seconds)
        self._joined: dict[int, list[tuple[int, int]]] = {}
        for point, (first, second) in found.pairs.items():
            self._joined.setdefault(first, []).append((second, point))
        nodes = {*found.folded, *found.pairs, *self._joined, *self._seconds, *targets(found)}
        self._member = self._named(self._refined(nodes))
        inert = (point for point in sorted(nodes, reverse=True) if self._inert(point) and not self.rank(point))
        # Of each kind the lowest, of which nothing is to be known.
        self._plains = {self.kind(point): self._member_of(point) for point in inert if point not in found.folded}

    def rank(self, point: int) -> int:
        """Where a mark comes in the order of marks; 0 of all others."""
        return self._ranks.get(unicodedata.combining(chr(point)), _ANY_MARK) if point not in SYLLABLES else 0

    @property
    def seconds(self) -> list[int]:
        """All of which `is_second` says so."""
        return [*self._seconds, *_JAMO["V"], *_JAMO["T"]]

    def is_second(self, point: int) -> bool:
        """Whether it may be joined to what stands before it."""
        return point in self._seconds or point in _JAMO["V"] or point in _JAMO["T"]

    def kind(self, point: int) -> str:
        """As the model sees it."""
        kind = all_kinds()[point]
        if kind == unicode.REPLACEMENT and not self._tells(REPLACEMENT):
            return "s"
        return "l" if kind in ("m", "c") and not self._by_kind else kind

    def data(self) -> Data:
        """The tables, of one member a class."""
        found = self._facts
        spelled: dict[int, Points] = {}
        for point in known():
            normal = found.spelled.get(point, (point,))
            points = self._plain(tuple(map(self._member_of, normal)))
            points = tuple(map(self._with_capital, normal, points))
            if points != (point,) and not (len(points) == 1 and self._same(point, points[0])):
                spelled[point] = points
        spelled |= {point: () if all_kinds()[point] == "" else (BLANK,) for point in dropped()}
        named = {point for point in {*found.pairs, *found.folded} if self._member_of(point) == point}
        pairs = {p: (self._member_of(first), second) for p, (first, second) in found.pairs.items() if p in named}
        folded = {p: tuple(map(self._member_of, fold)) for p, fold in found.folded.items() if p in named}
        return Data(spelled, pairs, {point: fold for point, fold in folded.items() if not self._inert(point)})

    def lowered(self) -> list[int]:
        """Capitals of ASCII that are small letters from the door on."""
        return [point for point in _CAPITALS if self._member_of(point) == point + _TO_SMALL]

    def _with_capital(self, normal: int, point: int) -> int:
        """A capital that becomes small at the door stays one in tables: A to Z are one run then."""
        return normal if normal in _CAPITALS and point == normal + _TO_SMALL else point

    def _plain(self, points: Points) -> Points:
        """A spelling whose letters are plain ones where what follows in it keeps marks away from them."""
        followed = [*(not self.rank(after) and not self.is_second(after) for after in points[1:]), False]
        return tuple(self._plain_for(each) if kept else each for each, kept in zip(points, followed, strict=True))

    def _plain_for(self, point: int) -> int:
        fold = self._facts.folded.get(point, (point,))
        if len(fold) > 1 or self._tells(fold[0]) or self.rank(point) or self.is_second(point):
            return point
        return self._plains.get(self.kind(fold[0]), point)

    def _tells(self, point: int) -> bool:
        return self._told is None or point in self._told

    def _member_of(self, point: int) -> int:
        return self._member.get(point, point)

    def _same(self, point: int, other: int) -> bool:
        """Whether a character may stay as it is instead of another."""
        looks = [(self.kind(each), self.rank(each), self._tells(each)) for each in (point, other)]
        return self._inert(other) and looks[0] == looks[1] and not self._tells(point)

    def _inert(self, point: int) -> bool:
        """Whether nothing ever happens to it, and it to nothing."""
        if self._tells(point) or self.is_second(point) or point in self._joined or point in self._facts.pairs:
            return False
        if point in SYLLABLES or point in _JAMO["L"]:
            return False
        fold = self._facts.folded.get(point, (point,))
        return len(fold) == 1 and (
            fold == (point,) or (self._inert(fold[0]) and self.kind(point) == self.kind(fold[0]))
        )

    def _look(self, point: int) -> tuple[object, ...]:
        """What tells a character from others at once."""
        shape = next((name for name, points in _JAMO.items() if point in points), "")
        if point in SYLLABLES:
            shape = "LV" if (point - SYLLABLES.start) % 28 == 0 else ""
        alone = point if self._tells(point) or point in self._seconds or point == LETTER_I else -1
        # Nothing of ASCII is looked up at the door.
        if (self._tells_hangul and (shape or point in SYLLABLES)) or (point < 0x80 and point in self._joined):
            alone = point
        return self.kind(point), alone, shape

    def _refined(self, nodes: set[int]) -> dict[int, object]:
        """A colour for each node; those of one colour are one class."""
        folds = {point: self._facts.folded.get(point, (point,)) for point in nodes}
        second = {point: point if point in self._seconds else -1 for point in nodes}
        start = {p: (self.rank(p), second[p], tuple(map(self._look, folds[p]))) for p in nodes}
        colours, n_colours = _numbered(start), 0
        while n_colours != len(set(colours.values())):
            n_colours = len(set(colours.values()))
            colours = _numbered({point: self._step(point, folds[point], colours) for point in nodes})
        return dict(colours)

    def _step(self, point: int, fold: Points, colours: dict[int, int]) -> tuple[object, ...]:
        first, second = self._facts.pairs.get(point, (-1, -1))
        joined = frozenset((with_, colours[to]) for with_, to in self._joined.get(point, ()))
        return colours[point], tuple(colours[each] for each in fold), colours.get(first, -1), second, joined

    def _named(self, colours: dict[int, object]) -> dict[int, int]:
        """The member that stands for each: one that the model tells apart, else one that folding leaves alone."""
        member: dict[object, int] = {}
        order = sorted(colours, key=lambda point: (point in self._facts.folded, not self._tells(point), point))
        for point in order:
            member.setdefault(colours[point], point)
        return {point: member[colour] for point, colour in colours.items()}


def _numbered(values: Mapping[int, object]) -> dict[int, int]:
    numbers: dict[object, int] = {}
    return {point: numbers.setdefault(value, len(numbers)) for point, value in values.items()}


def _ranks(told: Told, seconds: Iterable[int]) -> dict[int, int]:
    """Combining classes to those that matter: where no mark is told apart, the classes of marks that are joined."""
    if told is None or any(unicodedata.combining(chr(point)) for point in told):
        return {rank: rank for rank in range(256)}
    return {0: 0} | {rank: rank for rank in (unicodedata.combining(chr(point)) for point in seconds)}
