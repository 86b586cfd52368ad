"""scikit-learn's way to read a text, as explicit data: lower case, accents, what a token is, stop words.

Source: `CountVectorizer` (scikit-learn 1.9): lower case first, then accents, then tokens, then stop words; n-grams of
characters see the text with runs of blanks squeezed. What a token is stands here as classes of characters. The
expression that finds tokens is made from them anew, each of its repetitions being the last thing but a border, so no
text takes more than a moment, whatever is stored. NumPy alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from baselines.checked_reading import is_count, shown
from baselines.errors import ArtifactError

Accents = Literal["", "ascii", "unicode"]
MAX_SHAPES = 32
MAX_HEADS = 64
MAX_RANGES = 256
# Of a repetition that has an end: each place of a text may try so many.
MAX_COUNT = 64
MAX_STOP_WORDS = 100_000
_LAST_CHARACTER = 0x10FFFF
_NAMES = "wdsWDS"
_BLANKS = re.compile(r"\s\s+")
_FIELDS = {"reading", "lower", "accents", "squeeze", "shapes", "stop_words"}


@dataclass(frozen=True)
class CharacterClass:
    """A set of characters.

    Attributes:
        names: `w` letters, digits and the underscore; `d` decimal digits; `s` blanks; capitals for what is none of
            them. Of all Unicode.
        ranges: first and last code point of each, both included.
        negated: every character that is in none of them.
    """

    names: str = ""
    ranges: tuple[tuple[int, int], ...] = ()
    negated: bool = False

    def __post_init__(self) -> None:
        fits = isinstance(self.names, str) and set(self.names) <= set(_NAMES) and len(self.names) <= len(_NAMES)
        for low, high in self.ranges:
            fits = fits and is_count(low, 0, _LAST_CHARACTER) and is_count(high, low, _LAST_CHARACTER)
        if not fits or type(self.negated) is not bool or not (self.names or self.ranges):
            raise ArtifactError(
                f"reading: a class of characters has names of {_NAMES}, ranges of code points, and negated; got "
                f"{shown(self.names)}, {len(self.ranges)} ranges and {shown(self.negated)}"
            )
        if len(self.ranges) > MAX_RANGES:
            raise ArtifactError(f"reading: at most {MAX_RANGES} ranges of characters are allowed in a class")

    @property
    def is_words(self) -> bool:
        """Whether it is `w` and nothing else, so that a run of it always ends at a border."""
        return self.names == "w" and not self.ranges and not self.negated

    def expression(self) -> str:
        """One set of a regular expression."""
        ranges = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in self.ranges)
        return f"[{'^' if self.negated else ''}{''.join(f'{chr(92)}{name}' for name in self.names)}{ranges}]"

    def to_json(self) -> dict[str, Any]:
        """For a stored vocabulary."""
        return {"names": self.names, "ranges": [list(each) for each in self.ranges], "negated": self.negated}

    @classmethod
    def from_json(cls, content: Any) -> CharacterClass:
        """The inverse of `to_json`; raises ArtifactError."""
        if not isinstance(content, Mapping) or set(content) != {"names", "ranges", "negated"}:
            raise ArtifactError(f"reading: a class of characters needs names, ranges and negated, got {shown(content)}")
        ranges: Any = content["ranges"]
        if not isinstance(ranges, list) or not all(isinstance(each, list) and len(each) == 2 for each in ranges):
            raise ArtifactError(f"reading: ranges are pairs of code points, got {shown(ranges)}")
        return cls(content["names"], tuple((low, high) for low, high in ranges), content["negated"])


@dataclass(frozen=True)
class TokenShape:
    """What one kind of token looks like: `heads` one after the other, then a run of `tail`, as long as may be.

    Attributes:
        heads: each stands for one character.
        tail: of the run behind them; None for no run.
        least: characters of the run at least.
        most: at most; 0 for no end.
        bound_before, bound_after: whether a border of a word must lie there: `w` on one side, none on the other.
    """

    heads: tuple[CharacterClass, ...] = ()
    tail: CharacterClass | None = None
    least: int = 0
    most: int = 0
    bound_before: bool = False
    bound_after: bool = False

    def __post_init__(self) -> None:
        if (
            len(self.heads) > MAX_HEADS
            or not is_count(self.least, 0, MAX_COUNT)
            or not is_count(self.most, 0, MAX_COUNT)
        ):
            raise ArtifactError(
                f"reading: a token has up to {MAX_HEADS} first characters, and a run whose limits lie from 0 to "
                f"{MAX_COUNT}; got {len(self.heads)}, {shown(self.least)} and {shown(self.most)}"
            )
        if type(self.bound_before) is not bool or type(self.bound_after) is not bool:
            raise ArtifactError("reading: bound_before and bound_after are true or false")
        if (0 < self.most < self.least) or (not self.heads and (self.tail is None or not self.least)):
            raise ArtifactError("reading: a token has at least one character, and least may not exceed most")
        if self.may_be_slow:
            raise ArtifactError(
                "reading: a run without an end that must stop at the border of a word needs a border before it too, or "
                "to be of letters, digits and the underscore alone"
            )

    @property
    def may_be_slow(self) -> bool:
        """Whether a text could be read whose every place is tried to its end in vain."""
        endless = self.tail is not None and not self.most and not self.tail.is_words
        return self.bound_after and not self.bound_before and endless

    def expression(self) -> str:
        """A regular expression without anything nested."""
        tail = "" if self.tail is None else f"{self.tail.expression()}{{{self.least},{self.most or ''}}}"
        bounds = [r"\b" if bound else "" for bound in (self.bound_before, self.bound_after)]
        return bounds[0] + "".join(head.expression() for head in self.heads) + tail + bounds[1]

    def to_json(self) -> dict[str, Any]:
        """For a stored vocabulary."""
        return {
            "heads": [head.to_json() for head in self.heads],
            "tail": None if self.tail is None else self.tail.to_json(),
            "least": self.least,
            "most": self.most,
            "bound_before": self.bound_before,
            "bound_after": self.bound_after,
        }

    @classmethod
    def from_json(cls, content: Any) -> TokenShape:
        """The inverse of `to_json`; raises ArtifactError."""
        names = ("heads", "tail", "least", "most", "bound_before", "bound_after")
        if not isinstance(content, Mapping) or set(content) != set(names) or not isinstance(content["heads"], list):
            raise ArtifactError(f"reading: a token needs {', '.join(names)}, got {shown(content)}")
        tail = None if content["tail"] is None else CharacterClass.from_json(content["tail"])
        heads = tuple(CharacterClass.from_json(head) for head in content["heads"])
        return cls(heads, tail, *(content[name] for name in names[2:]))


@dataclass(frozen=True)
class TokenReading:
    """A `Reading` as scikit-learn's vectorizers have it.

    Attributes:
        lower: whether in lower case.
        accents: `ascii` keeps of the decomposed text what is ASCII, `unicode` what is no combining mark; "" all.
        squeeze: whether two and more blanks become one space, as n-grams of characters see it. Where it changes what
            words are read, blocks of words and of characters need readings of their own.
        shapes: what tokens look like, tried in order at each place; none for a reading of characters alone.
        stop_words: tokens left out.
    """

    lower: bool = True
    accents: Accents = ""
    squeeze: bool = False
    shapes: tuple[TokenShape, ...] = ()
    stop_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.accents not in get_args(Accents) or type(self.lower) is not bool or type(self.squeeze) is not bool:
            raise ArtifactError(
                f"reading: lower and squeeze are true or false, accents ascii, unicode or empty; got "
                f"{shown(self.lower)}, {shown(self.squeeze)} and {shown(self.accents)}"
            )
        if len(self.shapes) > MAX_SHAPES or len(self.stop_words) > MAX_STOP_WORDS:
            raise ArtifactError(
                f"reading: at most {MAX_SHAPES} kinds of tokens and {MAX_STOP_WORDS} stop words are allowed, got "
                f"{len(self.shapes)} and {len(self.stop_words)}"
            )

    def __call__(self, text: str) -> str:
        """The text as n-grams of characters see it."""
        if self.lower:
            text = text.lower()
        if self.accents and not text.isascii():
            text = unicodedata.normalize("NFKD", text)
            if self.accents == "ascii":
                text = text.encode("ascii", "ignore").decode("ascii")
            else:
                text = "".join(character for character in text if not unicodedata.combining(character))
        return _BLANKS.sub(" ", text) if self.squeeze else text

    def words(self, clean: str) -> list[str]:
        """The tokens of a text that was read already, without the stop words."""
        if not self.shapes:
            return []
        found: list[str] = self._expression.findall(clean)
        return [word for word in found if word not in self._stopped] if self.stop_words else found

    def to_json(self) -> dict[str, Any]:
        """For a stored vocabulary."""
        return {
            "reading": "tokens",
            "lower": self.lower,
            "accents": self.accents,
            "squeeze": self.squeeze,
            "shapes": [shape.to_json() for shape in self.shapes],
            "stop_words": list(self.stop_words),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> TokenReading:
        """The inverse of `to_json`; raises ArtifactError."""
        if set(content) != _FIELDS:
            raise ArtifactError(
                f"reading: {', '.join(sorted(_FIELDS))} are needed, got {shown(', '.join(sorted(content)))}"
            )
        shapes, stop_words = content["shapes"], content["stop_words"]
        if not isinstance(shapes, list) or not isinstance(stop_words, list):
            raise ArtifactError("reading: lists of shapes and of stop words are needed")
        if not all(isinstance(word, str) for word in stop_words) or len(shapes) > MAX_SHAPES:
            raise ArtifactError(f"reading: stop words are strings, and at most {MAX_SHAPES} shapes are allowed")
        made = tuple(TokenShape.from_json(shape) for shape in shapes)
        return cls(content["lower"], content["accents"], content["squeeze"], made, tuple(stop_words))

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile("|".join(shape.expression() for shape in self.shapes))

    @cached_property
    def _stopped(self) -> frozenset[str]:
        return frozenset(self.stop_words)
