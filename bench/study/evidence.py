"""One model of results.json: its quality with intervals, what changed against its parent, size, compute and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Part
from baselines.scores.influence import PairedDifference, mean_difference
from baselines.scores.judging import metrics_of
from baselines.scores.resampling import Resampled
from baselines.scores.simultaneous import LEVEL, correlation_of
from baselines.task import Thresholds, decide
from bench.measure.measurements import Measurements
from bench.quality import analyses
from bench.quality.confusion import confusion_of
from bench.quality.figures import bounded, per_class
from bench.quality.scoring import Scored
from bench.quality.slices import slices

Json = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """What was found out about all models together.

    Attributes:
        test: the test part.
        train_counts: positives of each class in training; int (C,).
        scored: answers by model.
        resampled: scores of all models on the same resamples of the test documents.
        measurements: latencies; None when they weren't taken.
        delta: the margin of non-inferiority, in units of the metric.
        reference: the model everything is compared with.
        seed: of the bootstraps.
        on_validation: each model's difference to the reference on the validation part; what could be known before the
            test part was read.
        guessers: names of the models that guess, whatever the text.
        promoted: of a reference that validation put above the CNN: both scores there, and the difference on test.
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
    on_validation: Mapping[str, PairedDifference] = field(default_factory=dict)
    guessers: Sequence[str] = ()
    promoted: Json | None = None
    folds: Json | None = None


def quality_of(name: str, evidence: Evidence, at: Mapping[str, Thresholds]) -> Json:
    """`quality`: the task's metrics with intervals over test documents, per class, what is confused, and thresholds."""
    scored, test = evidence.scored[name], evidence.test
    found: Json = {m: evidence.resampled.interval(name, m).to_json() for m in metrics_of(test.task)}
    found |= analyses.at_thresholds(test.labels, scored.probabilities, at, test.task)
    found["per_class"] = per_class(test, scored.decisions, scored.thresholds)
    shared = "none" if test.task == "multiclass" else "global"
    found["thresholds"] = shared if len(np.unique(scored.thresholds)) == 1 else "per_class"
    return found | confusion_of(test, scored.decisions)


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
    resampled = evidence.resampled
    difference, further = resampled.difference(name, other), [m for m in resampled.values if m != resampled.metric]
    ours, theirs = evidence.scored[name].decisions, evidence.scored[other].decisions
    found: Json = {
        "model": other,
        "delta": bounded(difference),
        "deltas": {metric: bounded(resampled.difference(name, other, metric)) for metric in further},
        "flipped_documents": analyses.flipped_share(theirs, ours),
        "changed_documents": difference.n_changed,
        "size_ratio": sizes[other] / sizes[name] if name in sizes and other in sizes else None,
    }
    if other == evidence.reference and name in evidence.on_validation:
        found["validation"] = bounded(evidence.on_validation[name])
    measured = evidence.measurements
    if measured is not None and all(measured.rounds(n) for n in (name, other)):
        found["speedup"] = measured.speedup(name, other).to_json()
    return found


def versus_chance(name: str, evidence: Evidence) -> Json | None:
    """`versus_chance`: against the best rung that guesses; None for those, and where none was made.

    Which guess is the best, validation says; `better` holds for all models together, by Bonferroni's inequality.
    """
    if not evidence.guessers or name in evidence.guessers:
        return None
    best = max(evidence.guessers, key=lambda rung: _on_validation(rung, evidence))
    difference = evidence.resampled.difference(name, best)
    compared = max(1, len(evidence.scored) - len(evidence.guessers))
    z = NormalDist().inv_cdf(1 - LEVEL / compared)
    return {"model": best, "delta": bounded(difference), "better": difference.centre() > z * difference.deviation()}


def _on_validation(rung: str, evidence: Evidence) -> float:
    """How good a guess is where it may be looked at; all alike where validation wasn't answered."""
    found = evidence.on_validation.get(rung)
    return found.value if found is not None else 0.0


def together(evidence: Evidence) -> Json:
    """`together`: how the differences to the reference hang together, which tests of all models need."""
    names = [name for name in evidence.resampled.names if name != evidence.reference]
    found = [evidence.resampled.difference(name, evidence.reference) for name in names]
    if not found:
        return {"models": [], "correlation": []}
    influence, steps = np.stack([one.influence for one in found], axis=1), np.array([one.step for one in found])
    return {"models": names, "correlation": np.round(correlation_of(influence, steps), 4).tolist()}


def analyses_of(name: str, parent: str | None, evidence: Evidence) -> Json:
    """Curves, calibration, slices, and flips against the parent: what one score hides."""
    scored, test = evidence.scored[name], evidence.test
    rng = np.random.default_rng([evidence.seed, 8])
    found: Json = {
        "curves": analyses.precision_recall_curves(test.labels, scored.probabilities, test.classes),
        "calibration": analyses.calibration(test.labels, scored.probabilities, test.task),
        "slices": slices(test, scored.decisions, scored.probabilities, rng, train_counts=evidence.train_counts),
    }
    if test.task == "binary":
        found["roc"] = analyses.roc(test.labels, scored.probabilities, scored.decisions)
    if parent in evidence.scored and parent is not None:
        theirs = evidence.scored[parent].decisions
        found["flips"] = analyses.flips(test, theirs, scored.decisions)
    return found


def gains(
    students: Sequence[str], controls: Sequence[str], plains: Sequence[str], evidence: Evidence, *, mixes: bool
) -> Json:
    """`control`: what the teacher brings, what mixing texts brings, and both, with intervals over test documents.

    Each is a mean over the training seeds on either side, so that the first two add up to the third:

        gain = mean(students) - mean(controls),  mixing = mean(controls) - mean(plains),  total = their sum

    Args:
        students, controls: names by seed, of equal number, the row's own first.
        plains: names of the students with neither teacher nor mixtures, of some of the seeds; none where nothing was
            mixed, or where none was made.
        evidence: scores of all of them on the same resamples.
        mixes: whether mixtures were made; where none were, the control is the plain student.
    """
    pairs = [(a, b) for a, b in zip(students, controls, strict=True)]
    found: Json = {
        "model": controls[0],
        "gain": _mean_difference(pairs, evidence),
        "seeds": len(pairs),
        "gain_by_seed": [evidence.resampled.difference(*pair).value for pair in pairs],
        "mixed": mixes,
        "plain": plains[0] if plains else None,
        "plain_seeds": len(plains),
        "mixing": None,
        "total": None if mixes else _mean_difference(pairs, evidence),
    }
    if plains:
        found["mixing"] = _mean_difference([(a, b) for a in controls for b in plains], evidence)
        found["total"] = _mean_difference([(a, b) for a in students for b in plains], evidence)
    return found


def split_of(control: Json) -> str:
    """The note of a student's receipt: how its gain over plain training is split."""
    if control["mixing"] is None:
        nothing = "; nothing was mixed" if not control["mixed"] else ""
        return f"on test the teacher brings {control['gain']['value']:+.3f}{nothing}"
    teacher, mixing, total = (control[part]["value"] for part in ("gain", "mixing", "total"))
    return f"on test {total:+.3f} against plain training: {mixing:+.3f} by mixed texts, {teacher:+.3f} by the teacher"


def _mean_difference(pairs: Sequence[tuple[str, str]], evidence: Evidence) -> Json:
    """Mean over pairs of the first model minus the second, with the interval of that mean."""
    return mean_difference([evidence.resampled.difference(ours, theirs) for ours, theirs in pairs]).interval.to_json()


def agreement(scored: Scored) -> Json:
    """How far the other forms of a model are from the scored one: max |Δp|, and the share of equal decisions."""
    main = scored.probabilities
    found = {}
    for name, other in scored.of_candidates.items():
        if other is main or not main.size:
            continue
        same = decide(other, scored.thresholds, scored.space.task) == scored.decisions
        found[name] = {"max_difference": float(np.abs(other - main).max()), "decisions_equal": float(same.mean())}
    return found


def relative(path: Path, root: Path) -> str:
    """A path inside the run folder, as it stands in results.json."""
    return path.relative_to(root).as_posix() + "/"
