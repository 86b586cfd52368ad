"""Kinds of texts that are answered worse than the others: by length, by a word they hold, by a pair of labels.

Each is tested against all other texts by the exact hypergeometric test (Fisher), one-sided; of the thousands of tests,
those stay of which at most 5 % are chance (Benjamini and Hochberg, "Controlling the false discovery rate", 1995).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.task import LabelMatrix
from baselines.text.cleaning import Cleaning

LEAST = 20
FALSE_DISCOVERIES = 0.05
MOST = 20
_FIFTHS = 5
# Slices that share this much of their texts (Jaccard) are one finding.
_ALIKE = 0.8

Slice = tuple[str, str, NDArray[np.intp]]


@dataclass(frozen=True)
class WeakSlice:
    """A kind of texts.

    Attributes:
        kind: `length`, `word` or `labels`.
        value: which.
        n: texts.
        wrong: share of them that is answered wrong: any label wrong.
        elsewhere: the same share of all other texts.
        p_value: of the exact test, before the correction.
    """

    kind: str
    value: str
    n: int
    wrong: float
    elsewhere: float
    p_value: float

    def to_json(self) -> dict[str, Any]:
        """For results.json."""
        return {k: getattr(self, k) for k in ("kind", "value", "n", "wrong", "elsewhere", "p_value")}


def weak_slices(part: Part, decided: LabelMatrix) -> list[WeakSlice]:
    """Slices that are worse beyond chance, the least likely by chance first; 20 at most."""
    # Imported here: reading the command's options needs no SciPy.
    from scipy.stats import hypergeom

    wrong = (part.labels != decided).any(axis=1)
    found = [each for each in _slices(part) if LEAST <= len(each[2]) <= len(part) - LEAST]
    if not found:
        return []
    sizes = np.array([len(rows) for _, _, rows in found])
    hits = np.array([wrong[rows].sum() for _, _, rows in found])
    p_values = hypergeom.sf(hits - 1, len(part), int(wrong.sum()), sizes)
    kept: list[tuple[WeakSlice, frozenset[int]]] = []
    for at in np.argsort(p_values, kind="stable")[: discoveries(p_values)]:
        kind, value, rows = found[at]
        n, own = len(rows), frozenset(rows.tolist())
        if len(kept) < MOST and not any(len(own & other) >= _ALIKE * len(own | other) for _, other in kept):
            rest = (wrong.sum() - hits[at]) / (len(part) - n)
            one = WeakSlice(kind, value, n, float(hits[at] / n), float(rest), float(p_values[at]))
            kept.append((one, own))
    return [one for one, _ in kept]


def discoveries(p_values: NDArray[np.float64], rate: float = FALSE_DISCOVERIES) -> int:
    """How many of the smallest p-values stay: the largest k with `p_(k) ≤ k rate / m`."""
    below = np.sort(p_values) <= rate * np.arange(1, len(p_values) + 1) / len(p_values)
    return int(np.flatnonzero(below)[-1]) + 1 if below.any() else 0


def _slices(part: Part) -> Iterator[Slice]:
    lengths = np.array([len(text) for text in part.texts])
    ends = np.quantile(lengths, np.arange(1, _FIFTHS) / _FIFTHS).astype(int)
    fifth = np.searchsorted(ends, lengths, side="left")
    for at in range(_FIFTHS):
        low, high = (ends[at - 1] + 1 if at else 0), (ends[at] if at < len(ends) else None)
        name = f"over {low - 1} characters" if high is None else f"{low} to {high} characters"
        yield "length", name, np.flatnonzero(fifth == at)
    yield from (("word", word, rows) for word, rows in _by_word(part).items())
    if part.task == "multilabel":
        together = part.labels.astype(np.float32).T @ part.labels.astype(np.float32)
        for a, b in combinations(range(len(part.classes)), 2):
            if together[a, b] >= LEAST:
                rows = np.flatnonzero(part.labels[:, a] & part.labels[:, b])
                yield "labels", f"{part.classes[a]} and {part.classes[b]}", rows


def _by_word(part: Part) -> dict[str, NDArray[np.intp]]:
    cleaning, rows = Cleaning("letters"), dict[str, list[int]]()
    for row, text in enumerate(part.texts):
        for word in set(cleaning.words(cleaning(text))):
            rows.setdefault(word, []).append(row)
    return {word: np.array(own, np.intp) for word, own in sorted(rows.items()) if len(own) >= LEAST}
