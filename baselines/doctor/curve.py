"""Would more data help? The metric with 25, 50, 75 and 100 % of the texts, always judged on texts not learned from.

The sets are nested and stratified, whole groups of copies each. Texts in a set are judged without themselves and their
group, all others by the whole set, so every size is judged on the same texts. Intervals are bootstrapped over the
texts, the same ones for every size, and over the drawings of the sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.doctor.left_out import Square, answers_of, inverted, left_out_scores, targets
from baselines.scores.answers import Answers
from baselines.scores.intervals import Interval
from baselines.scores.judging import METRICS, utility
from baselines.scores.resampling import draw_counts, percentile_interval
from baselines.splits.stratify import stratify

QUARTERS = 4
# Below so many texts each size is drawn this often, above once; an inversion costs the cube of the texts.
_FEW, _DRAWS = 4_000, 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """The metric by number of texts.

    Attributes:
        sizes: mean number of texts of each quarter, ascending; the last is all.
        scores: of each size.
        gain: of all texts over half of them, better is positive.
        metric: whose.
    """

    sizes: tuple[int, ...]
    scores: tuple[Interval, ...]
    gain: Interval
    metric: str

    @property
    def helps(self) -> bool:
        """Whether the second half of the texts brought something, beyond what chance explains."""
        return self.gain.low > 0

    def doubled(self) -> float | None:
        """About where twice the texts would lead; None where the curve says nothing, or the metric has no upper end.

        By a power law the error falls by the same factor with each doubling: `e(2n) = e(n)² / e(n/2)`.
        """
        half, all_ = (1 - self.scores[at].value for at in (1, 3))
        if not self.helps or not METRICS[self.metric].bounded or half <= 0:
            return None
        return 1 - all_**2 / half

    def to_json(self) -> dict[str, Any]:
        """For results.json."""
        points = [{"n": n, "score": score.to_json()} for n, score in zip(self.sizes, self.scores, strict=True)]
        return {"points": points, "gain": self.gain.to_json(), "helps": self.helps, "doubled": self.doubled()}


def quarters(part: Part, groups: NDArray[np.intp], draws: int) -> list[NDArray[np.intp]]:
    """Quarter that each text belongs to, once a draw; (n_texts,) in 0..3. Texts of a group are in one."""
    first = np.unique(groups, return_index=True)[1]
    own = np.searchsorted(groups[first], groups)
    return [
        stratify(part.labels[first], [1] * QUARTERS, np.random.default_rng([draw, 9]))[own] for draw in range(draws)
    ]


def scores_of_sizes(kernel: Square, part: Part, groups: NDArray[np.intp]) -> Mapping[int, list[tuple[int, Square]]]:
    """Scores of all texts by models of 1, 2 and 3 quarters: number of quarters to (texts, scores) a draw.

    The full size is what `left_out_scores` gives, and left to the caller: its inverse can take the kernel's memory.
    """
    found: dict[int, list[tuple[int, Square]]] = {}
    for owner in quarters(part, groups, _DRAWS if len(part) <= _FEW else 1):
        for size in range(1, QUARTERS):
            seen, rest = np.flatnonzero(owner < size), np.flatnonzero(owner >= size)
            inverse, wanted = inverted(kernel[np.ix_(seen, seen)]), targets(part.labels[seen])
            scores = np.empty(part.labels.shape, np.float32)
            scores[seen] = left_out_scores(inverse, wanted, groups[seen])
            scores[rest] = kernel[np.ix_(rest, seen)] @ (inverse @ wanted)
            found.setdefault(size, []).append((len(seen), scores))
    return found


def curve_of(part: Part, smaller: Mapping[int, list[tuple[int, Square]]], full: Square, n_resamples: int) -> Curve:
    """Judge the scores of every size on the same resampled texts.

    Args:
        part: texts with their truth.
        smaller: from `scores_of_sizes`.
        full: scores of all texts by all others.
        n_resamples: B of the bootstrap.
    """
    sizes = {**smaller, QUARTERS: [(len(part), full)]}
    rng = np.random.default_rng(11)
    weights = np.concatenate([np.ones((1, len(part))), draw_counts(len(part), n_resamples, rng)]).astype(np.float32)
    judged = {size: _judged(part, drawn, weights, rng) for size, drawn in sizes.items()}
    metric = part.judged_by
    gain = (judged[QUARTERS] - judged[QUARTERS // 2]) * utility(metric, 1.0)
    return Curve(
        tuple(round(float(np.mean([n for n, _ in drawn]))) for drawn in sizes.values()),
        tuple(percentile_interval(float(own[0]), own[1:], "documents") for own in judged.values()),
        percentile_interval(float(gain[0]), gain[1:], "documents"),
        metric,
    )


def _judged(
    part: Part, drawn: list[tuple[int, Square]], weights: NDArray[np.float32], rng: np.random.Generator
) -> Floats:
    """The metric of one size: the mean of its drawings, then on each resample one of them at random; (1 + B,)."""
    of_draws = np.stack([_metric_of(part, scores, weights) for _, scores in drawn])  # (draws, 1 + B)
    picked: Floats = of_draws[rng.integers(len(drawn), size=of_draws.shape[1]), np.arange(of_draws.shape[1])]
    picked[0] = of_draws[:, 0].mean()
    return picked


def _metric_of(part: Part, scores: Square, weights: NDArray[np.float32]) -> Floats:
    found = answers_of(scores, part)
    judged: Floats = METRICS[part.judged_by].judge(Answers(part.labels, found.decided, found.probabilities), weights)
    return judged
