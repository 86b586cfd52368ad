"""One model of results.json: its quality with intervals, what changed against its parent, size, compute and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.scores.intervals import METRICS, Difference, Resampled, draw_counts
from baselines.scores.metrics import f1_of, scores
from baselines.task import LabelMatrix, Thresholds, decide
from bench.measure.measurements import Measurements
from bench.quality import analyses
from bench.quality.scoring import Scored

Json = dict[str, Any]
_CLASS_RESAMPLES = 1_000


@dataclass(frozen=True)
class Evidence:
    """What was found out about all models together.

    Attributes:
        test: the test part.
        train_counts: positives of each class in training; int (C,).
        scored: answers by model.
        resampled: scores of all models on the same resamples of the test documents.
        measurements: latencies; None when they weren't taken.
        delta: the margin of non-inferiority.
        reference: the model everything is compared with.
        seed: of the bootstraps.
        promoted: how much better than the CNN the reference is, where it is another model.
        folds: the models over folds against the reference, None where none were asked for.
    """

    test: Part
    train_counts: NDArray[np.int64]
    scored: Mapping[str, Scored]
    resampled: Resampled
    measurements: Measurements | None
    delta: float
    reference: str
    seed: int
    promoted: Json | None = None
    folds: Json | None = None


def quality_of(name: str, evidence: Evidence, at: Mapping[str, Thresholds]) -> Json:
    """`quality`: scores with intervals over test documents, per class, and at the other choices of thresholds."""
    scored, truth = evidence.scored[name], evidence.test.labels
    found: Json = {metric: evidence.resampled.interval(name, metric).to_json() for metric in METRICS}
    found |= analyses.at_thresholds(truth, scored.probabilities, at)
    judged = scores(truth, scored.decisions)
    rows = judged.per_class(evidence.test.classes, scored.thresholds)
    intervals = class_intervals(truth, scored.decisions, np.random.default_rng([evidence.seed, 7]))
    found["per_class"] = [{**row, "low": low, "high": high} for row, (low, high) in zip(rows, intervals, strict=True)]
    found["thresholds"] = "global" if len(np.unique(scored.thresholds)) == 1 else "per_class"
    return found


def class_intervals(
    truth: LabelMatrix, decisions: LabelMatrix, rng: np.random.Generator, n_resamples: int = _CLASS_RESAMPLES
) -> list[tuple[float, float]]:
    """95 % interval over documents of each class's F1."""
    counts = draw_counts(len(truth), n_resamples, rng).astype(np.float64)  # (B, n)
    tp, fp, fn = (counts @ part for part in (truth & decisions, ~truth & decisions, truth & ~decisions))  # (B, C)
    low, high = np.quantile(f1_of(tp, fp, fn), [0.025, 0.975], axis=0)
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def other_thresholds(facts: Mapping[str, Any], n_classes: int) -> dict[str, Thresholds]:
    """The choices of thresholds that are reported beside the model's own, all fitted on validation.

    Args:
        facts: `thresholds` of the model's facts.json.
        n_classes: C.
    """
    return {
        "at_0.5": np.full(n_classes, facts["half"], np.float32),
        "at_global": np.full(n_classes, facts["global"], np.float32),
        "at_per_class": np.asarray(facts["per_class"], np.float32),
    }


def versus(name: str, other: str, evidence: Evidence, sizes: Mapping[str, int]) -> Json:
    """`versus_parent` and `versus_reference`: paired difference, flips, speed and size."""
    difference = evidence.resampled.difference(name, other)
    ours, theirs = evidence.scored[name].decisions, evidence.scored[other].decisions
    found: Json = {
        "model": other,
        "delta_f1_weighted": {
            **difference.interval.to_json(),
            "lower": difference.lower,
            "upper": difference.upper,
        },
        "flipped_documents": analyses.flipped_share(theirs, ours),
        "documents_needed": difference.documents_needed(evidence.delta),
        "size_ratio": sizes[other] / sizes[name] if name in sizes and other in sizes else None,
    }
    measured = evidence.measurements
    if measured is not None and all(measured.rounds(n) for n in (name, other)):
        found["speedup"] = measured.speedup(name, other).to_json()
    return found


def analyses_of(name: str, parent: str | None, evidence: Evidence) -> Json:
    """Curves, calibration, slices, and flips against the parent: what one F1 hides."""
    scored, test = evidence.scored[name], evidence.test
    rng = np.random.default_rng([evidence.seed, 8])
    found: Json = {
        "curves": analyses.precision_recall_curves(test.labels, scored.probabilities, test.classes),
        "calibration": analyses.calibration(test.labels, scored.probabilities),
        "slices": analyses.slices(test.texts, test.labels, scored.decisions, rng, train_counts=evidence.train_counts),
    }
    if parent in evidence.scored and parent is not None:
        theirs = evidence.scored[parent].decisions
        found["flips"] = analyses.flips(test.texts, test.classes, test.labels, theirs, scored.decisions)
    return found


def gain_of_teacher(students: Sequence[str], controls: Sequence[str], control: str, evidence: Evidence) -> Json:
    """`control`: mean over seeds of the student's F1 minus its control's, with its interval over test documents."""
    pairs: list[Difference] = [evidence.resampled.difference(a, b) for a, b in zip(students, controls, strict=True)]
    resampled = np.mean([pair.resampled for pair in pairs], axis=0)
    low, high = np.quantile(resampled, [0.025, 0.975])
    values = [pair.interval.value for pair in pairs]
    return {
        "model": control,
        "gain": {"value": float(np.mean(values)), "low": float(low), "high": float(high)},
        "seeds": len(pairs),
        "gain_by_seed": values,
    }


def agreement(scored: Scored) -> Json:
    """How far the other forms of a model are from the scored one: max |Δp|, and the share of equal decisions."""
    main = scored.probabilities
    found = {}
    for name, other in scored.of_candidates.items():
        if other is main or not main.size:
            continue
        same = decide(other, scored.thresholds, scored.task) == scored.decisions
        found[name] = {"max_difference": float(np.abs(other - main).max()), "decisions_equal": float(same.mean())}
    return found


def relative(path: Path, root: Path) -> str:
    """A path inside the run folder, as it stands in results.json."""
    return path.relative_to(root).as_posix() + "/"
