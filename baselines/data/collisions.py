"""Texts that a cleaning makes equal although people gave them different labels: no model can tell them apart then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from baselines.dataset import Part
from baselines.text.cleaning import Cleaning

EXAMPLES = 2
# Texts in a warning are cut to this many characters.
_SHOWN = 60


@dataclass(frozen=True)
class Collision:
    """Two texts that a cleaning makes equal, raw, and the names of the labels of each."""

    texts: tuple[str, str]
    labels: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Collisions:
    """What a cleaning makes equal in one part of a data set.

    Attributes:
        cleaning: its name.
        n: groups of texts that become equal, weren't so before, and have different labels.
        n_texts: texts in these groups.
        examples: of the first groups, at most two.
    """

    cleaning: str
    n: int
    n_texts: int
    examples: tuple[Collision, ...]

    def to_json(self) -> dict[str, Any]:
        """`{"n", "n_texts", "examples": [{"texts": [a, b], "labels": [[…], […]]}]}`."""
        examples = [{"texts": list(e.texts), "labels": [list(names) for names in e.labels]} for e in self.examples]
        return {"n": self.n, "n_texts": self.n_texts, "examples": examples}

    def said(self) -> str:
        """The warning, one sentence; "" where there is nothing to warn of."""
        if not self.n:
            return ""
        examples = "; ".join(
            " and ".join(
                f"{text[:_SHOWN]!r} ({', '.join(names) or 'no label'})"
                for text, names in zip(example.texts, example.labels, strict=True)
            )
            for example in self.examples
        )
        groups = "1 group" if self.n == 1 else f"{self.n} groups"
        return (
            f"cleaning {self.cleaning} makes texts equal that have different labels "
            f"({self.n_texts} texts in {groups}), such as {examples}"
        )


def collisions(part: Part, cleaning: Cleaning) -> Collisions:
    """Groups of texts that the cleaning makes equal, though they have different labels; in linear time.

    Texts that are equal already when they are only normalised (the cleaning `raw`: one spelling of the same characters,
    single blanks) are no fault of the cleaning, whatever their labels.
    """
    groups: dict[str, list[int]] = {}
    for row, text in enumerate(part.texts):
        groups.setdefault(cleaning(text), []).append(row)
    raw = Cleaning("raw")
    found: list[list[int]] = []
    examples: list[tuple[int, int]] = []
    for rows in groups.values():
        pair = _apart([raw(part.texts[row]) for row in rows], [part.labels[row].tobytes() for row in rows])
        if pair is not None:
            found.append(rows)
            examples.append((rows[pair[0]], rows[pair[1]]))
    shown = tuple(_example(part, *pair) for pair in examples[:EXAMPLES])
    return Collisions(cleaning.name, len(found), sum(map(len, found)), shown)


def _apart(texts: Sequence[str], labels: Sequence[bytes]) -> tuple[int, int] | None:
    """The first two that differ in both, or None; linear.

    Where texts and labels both differ somewhere, some two differ in both: either one differs from the first in both, or
    one that differs from it in the text alone differs in the label from one that does so in the label alone.
    """
    other_text = other_label = None
    for i in range(1, len(texts)):
        differs = (texts[i] != texts[0], labels[i] != labels[0])
        if all(differs):
            return 0, i
        other_text = i if differs[0] and other_text is None else other_text
        other_label = i if differs[1] and other_label is None else other_label
    if other_text is None or other_label is None:
        return None
    return min(other_text, other_label), max(other_text, other_label)


def _example(part: Part, a: int, b: int) -> Collision:
    names = [tuple(part.space.said(part.labels[row])) for row in (a, b)]
    return Collision((part.texts[a], part.texts[b]), (names[0], names[1]))
