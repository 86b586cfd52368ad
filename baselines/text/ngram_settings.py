"""Which n-grams of a text count, and how: explicit data, the same in training, inference and every engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

from baselines.checked_reading import is_count, shown
from baselines.errors import ArtifactError

Analyzer = Literal["word", "char_wb", "char", "char_bare", "subword"]
Norm = Literal["l2", "l1", "none"]
# n-grams of every n are looked up for every text, so n bounds what a text takes.
MAX_N = 64
MAX_TEXTS = 1 << 53
MAX_BLOCKS = 16
MAX_TERMS = 1 << 21
# Longer runs are read n by n, so that few of their n-grams are in memory at a time.
LONG_RUN = 4096
_SETTINGS = {"low", "high", "min_texts", "sublinear", "shortest_word", "binary", "norm", "joined"}


@dataclass(frozen=True)
class NgramSettings:
    """Which n-grams one block reads.

    Attributes:
        analyzer: `word` joins neighbouring words; `char_wb` takes characters inside a run without blanks, padded with
            one space on either side; `char` takes them across the whole text, padded in the same way. What is shorter
            than the n-gram counts once, as a whole. `char_bare` takes them across the whole text without padding, and
            nothing of a shorter one (scikit-learn's `char`). `subword` takes the characters of each word between `<`
            and `>`, and neither of these alone (fastText's).
        low, high: smallest and largest n.
        min_texts: terms that fewer training texts hold are left out.
        sublinear: 1 + ln(tf) in place of tf.
        shortest_word: shorter words are not read (`word` only); scikit-learn's default is 2.
        binary: 1 in place of tf.
        norm: what the values of a text are divided by: the root of their squares' sum, the sum of their magnitudes, or
            nothing. Where n-grams without a row count (see `Hashing`), they take part.
        joined: one norm for this block and the one before it, together; never the first block.
    """

    analyzer: Analyzer
    low: int = 1
    high: int = 1
    min_texts: int = 1
    sublinear: bool = False
    shortest_word: int = 1
    binary: bool = False
    norm: Norm = "l2"
    joined: bool = False

    def terms(self, clean: str, words: Sequence[str]) -> list[str]:
        """The n-grams of a text, repeated as often as they occur.

        Args:
            clean: the cleaned text.
            words: what the cleaning finds in it.
        """
        if self.analyzer == "char_wb" and len(clean) < LONG_RUN:  # nearly every text, and half of a prediction's time
            return [term for run in clean.split() for term in _inside(f" {run} ", self.low, self.high)]
        return [term for group in self.groups(clean, words) for term in group]

    def groups(self, clean: str, words: Sequence[str]) -> Iterator[list[str]]:
        """The same in groups, each of about the length of the text at most, however many n-grams it has."""
        if self.analyzer == "word":
            kept = [word for word in words if len(word) >= self.shortest_word]
            for n in range(self.low, min(self.high, len(kept)) + 1):
                yield [" ".join(kept[start : start + n]) for start in range(len(kept) - n + 1)]
        elif self.analyzer == "char_bare":
            for n in range(self.low, min(self.high, len(clean)) + 1):
                yield [clean[start : start + n] for start in range(len(clean) - n + 1)]
        elif self.analyzer == "subword":
            for word in words:
                yield _subwords(f"<{word}>", self.low, self.high)
        else:
            runs = clean.split() if self.analyzer == "char_wb" else [clean] if clean else []
            yield from self._padded(runs, len(clean))

    def _padded(self, runs: Sequence[str], length: int) -> Iterator[list[str]]:
        if length < LONG_RUN:
            yield [term for run in runs for term in _inside(f" {run} ", self.low, self.high)]
            return
        for run in runs:
            sizes = [(n, n) for n in range(self.low, self.high + 1)] if len(run) > LONG_RUN else [(self.low, self.high)]
            for low, high in sizes:
                yield _inside(f" {run} ", low, high)


def settings_of(block: Mapping[str, Any], place: int) -> NgramSettings:
    """The settings among the fields of a stored block; raises ArtifactError naming the field that doesn't fit.

    Args:
        block: field -> value; those that say where the rows lie are not looked at.
        place: number of the block, named in errors.
    """
    given = {name: value for name, value in block.items() if name not in ("vocabulary", "hashing", "reading")}
    analyzer = given.pop("analyzer", None)
    if analyzer not in get_args(Analyzer):
        allowed = ", ".join(get_args(Analyzer))
        raise ArtifactError(f"vocabulary: block {place}: analyzer: {allowed} are allowed, got {shown(analyzer)}")
    if unknown := sorted(set(given) - _SETTINGS):
        raise ArtifactError(
            f"vocabulary: block {place}: {', '.join(sorted(_SETTINGS))} are allowed, got {shown(unknown[0])}"
        )
    settings = NgramSettings(analyzer, **given)
    limits = {"low": (1, MAX_N), "high": (1, MAX_N), "min_texts": (0, MAX_TEXTS), "shortest_word": (0, MAX_N)}
    for name, (low, high) in limits.items():
        if not is_count(getattr(settings, name), low, high):
            value = shown(getattr(settings, name))
            raise ArtifactError(f"vocabulary: block {place}: {name}: {low} to {high} is allowed, got {value}")
    if settings.low > settings.high or type(settings.sublinear) is not bool:
        raise ArtifactError(
            f"vocabulary: block {place}: low may not exceed high, and sublinear is true or false, got {settings.low}, "
            f"{settings.high} and {shown(settings.sublinear)}"
        )
    if type(settings.binary) is not bool or settings.norm not in get_args(Norm) or type(settings.joined) is not bool:
        raise ArtifactError(
            f"vocabulary: block {place}: binary and joined are true or false, and norm one of "
            f"{', '.join(get_args(Norm))}, got {shown(settings.binary)}, {shown(settings.joined)} and "
            f"{shown(settings.norm)}"
        )
    if settings.joined and not place:
        raise ArtifactError("vocabulary: block 0: joined is for a block that has another before it")
    return settings


def count_terms(content: Any) -> int:
    """Rows of all blocks of what `NgramTfidf.to_json` wrote; raises ArtifactError unless they are lists of strings, or
    of hashed blocks of numbers.

    Lists alone are looked at, so that a size can be judged before anything is made from it.
    """
    blocks = content.get("blocks") if isinstance(content, dict) else None
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= MAX_BLOCKS:
        raise ArtifactError(f"vocabulary: 'blocks', a list of 1 to {MAX_BLOCKS}, is needed, got {shown(blocks)}")
    total = 0
    for place, block in enumerate(blocks):
        terms: Any = block.get("vocabulary") if isinstance(block, dict) else None
        if isinstance(block, dict) and "hashing" in block:
            _check_buckets(terms, place)
        elif not isinstance(terms, list) or not set(map(type, terms)) <= {str} or "" in terms:
            raise ArtifactError(
                f"vocabulary: block {place}: a list of strings under 'vocabulary' is needed, none empty"
            )
        elif len(set(terms)) != len(terms):
            raise ArtifactError(f"vocabulary: block {place}: each term may stand there once")
        total += len(terms)
    if not 1 <= total <= MAX_TERMS:
        raise ArtifactError(f"vocabulary: 1 to {MAX_TERMS} terms are allowed, got {total}")
    return total


def _check_buckets(buckets: Any, place: int) -> None:
    if not isinstance(buckets, list) or not all(type(bucket) is int and bucket >= 0 for bucket in buckets):
        raise ArtifactError(f"vocabulary: block {place}: a list of bucket numbers under 'vocabulary' is needed")
    if any(after <= before for before, after in pairwise(buckets)):
        raise ArtifactError(f"vocabulary: block {place}: bucket numbers must ascend, each once")


def _inside(padded: str, low: int, high: int) -> list[str]:
    size = len(padded)
    whole = [padded] if size <= high else []
    top = min(high, size - 1)
    terms = [padded[start : start + n] for n in range(low, top + 1) for start in range(size - n + 1)]
    return terms + (whole if size >= low else [padded])


def _subwords(marked: str, low: int, high: int) -> list[str]:
    """Characters of `<word>`; a mark alone is none."""
    size = len(marked)
    terms = [
        marked[start : start + n] for n in range(max(low, 2), min(high, size) + 1) for start in range(size - n + 1)
    ]
    return terms + (list(marked[1:-1]) if low == 1 else [])
