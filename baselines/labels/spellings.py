"""One name a class: what Unicode takes for the same is joined, what differs in case or blanks is said."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from baselines.errors import DataError
from baselines.labels.doubts import Doubt
from baselines.notes import counted
from baselines.text.unicode import door, fold

# A longer label is a text in the wrong column; names of classes go into file names, tables and charts.
LONGEST = 500
# Half of a character beyond U+FFFF: JSON can hold it, UTF-8 can't, so it could never be written to a report.
SURROGATE = re.compile("[\ud800-\udfff]")
# Blanks, underscores and hyphens between words; A- stays apart from A.
_BETWEEN_WORDS = re.compile(r"(?<=[^\W_])[\s_-]+(?=[^\W_])")
_SHOWN = 3
# Different sets of labels that are remembered.
_MOST_KNOWN = 100_000


def label_name(name: str) -> str:
    """One spelling of a label: NFC, without characters that nobody sees, without blanks at its ends.

    Control characters and line ends are blanks: a list of classes has one a line.
    """
    return door(name).strip()


def checked_name(name: str, where: str) -> str:
    """`label_name`; raises DataError where no class can be called so."""
    clean = label_name(name)
    if len(clean) > LONGEST:
        raise DataError(
            f"{where}: a label of {len(clean)} characters ({clean[:40]!r}…), at most {LONGEST} are allowed; shorten "
            "it, or check --labels-column: it may name a column of texts"
        )
    return clean


def spelling_key(name: str) -> str:
    """What two labels share that differ in case, blanks, hyphens or Unicode form alone."""
    return _BETWEEN_WORDS.sub(" ", " ".join(fold(name).split())) or name


@dataclass(frozen=True)
class Variants:
    """Labels that differ in spelling alone.

    Attributes:
        ways: the labels of each class with their texts, the most frequent first.
    """

    ways: tuple[tuple[tuple[str, int], ...], ...]

    @property
    def names(self) -> dict[str, str]:
        """Each label to the most frequent spelling of its class."""
        return {name: own[0][0] for own in self.ways for name, _ in own}

    def said(self) -> str:
        """Count and examples, for people."""
        shown = "; ".join(_and([f"{name!r} ({n})" for name, n in own]) for own in self.ways[:_SHOWN])
        more = f" and {len(self.ways) - _SHOWN} more" if len(self.ways) > _SHOWN else ""
        n_labels = sum(map(len, self.ways))
        return f"{n_labels} labels are {counted(len(self.ways), 'class')} in different spellings: {shown}{more}"


def variants(counts: Mapping[str, int]) -> Variants:
    """Labels that differ in case, blanks or Unicode form alone, of labels that passed `label_name`.

    Args:
        counts: texts of each label.
    """
    groups: dict[str, list[str]] = {}
    for name in counts:
        groups.setdefault(spelling_key(name), []).append(name)
    ways = [sorted(((name, counts[name]) for name in own), key=_frequent_first) for own in groups.values()]
    return Variants(tuple(sorted((tuple(own) for own in ways if len(own) > 1), key=lambda own: -own[0][1])))


def _frequent_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def variants_doubt(found: Variants, source: str) -> Doubt:
    """The doubt that stops where labels differ in spelling alone."""
    return Doubt(
        "variants",
        f"{source}: {found.said()}",
        ("--merge-labels makes each one class, named by its most frequent spelling",),
    )


class Spellings:
    """What labels were read as what, over all parts of a data set."""

    def __init__(self) -> None:
        self._raw: Counter[str] = Counter()
        self._clean: dict[str, str] = {}
        self._joined: dict[tuple[str, ...], list[str]] = {}

    def join(self, names: Iterable[str], where: Callable[[], str]) -> list[str]:
        """The labels of one text in one spelling, each once, without those that nothing is left of.

        Texts with the same labels may share one list.
        """
        names = tuple(names)
        for name in names:
            self._raw[name] += 1
        if (known := self._joined.get(names)) is not None:
            return known
        for name in names:
            if name not in self._clean:
                self._clean[name] = checked_name(SURROGATE.sub("\ufffd", name), where())
        found = [name for name in dict.fromkeys(self._clean[name] for name in names) if name]
        if len(self._joined) < _MOST_KNOWN:
            self._joined[names] = found
        return found

    def notes(self) -> Iterator[str]:
        """What was joined, or changed, as sentences."""
        ways: dict[str, list[str]] = {}
        for raw, clean in self._clean.items():
            if clean:
                ways.setdefault(clean, []).append(raw)
        joined = {clean: own for clean, own in ways.items() if len(own) > 1}
        if joined:
            name, own = next(iter(joined.items()))
            shown = _and([f"{raw!a} ({self._raw[raw]})" for raw in own])
            one = "is" if len(joined) == 1 else "are"
            yield (
                f"{counted(len(joined), 'class')} {one} written in several ways that Unicode takes for the same, or "
                f"that differ in outer blanks, and {one} read as one: {shown} are {name}"
            )
        if control := [raw for raw in self._clean if any(unicodedata.category(char) == "Cc" for char in raw.strip())]:
            n = sum(self._raw[raw] for raw in control)
            yield f"{n} labels hold control characters or line ends, read as blanks (such as {ascii(control[0])[:80]})"


def _and(words: Sequence[str], most: int = 4) -> str:
    return " and ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
