"""What accepted fixes brought: one linear model trained with and one without them, judged on the same test texts.

The test part is the one that stays: texts that both have, with their labels as they are now. The model is the one that
looks for issues, so it is no model of the study.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import Dataset, Part, Split
from baselines.doctor.left_out import STRENGTH, Square, targets
from baselines.scores.calibration import fit_scale
from baselines.scores.resampling import resample_scores
from baselines.scores.thresholds import fit_thresholds
from baselines.task import LabelMatrix, Probabilities, decide, link


def effect_of(dataset: Dataset, kernel: Square | None, rows: NDArray[np.intp]) -> dict[str, Any] | None:
    """How many fixes there are, and the metric with and without them; None where the data hold no fixes.

    Keys: changed, dropped, merged (counts), said; `without`, `with`, `difference` (value, low, high), null where only
    classes were merged, which makes the question another, no test text is left, or only a sample is looked at.

    Args:
        dataset: with its fixes.
        kernel: of the texts that `rows` names, and of no others; copies that the fixes drop aren't among them. None:
            `rows` are a sample.
        rows: of the data set, ascending.
    """
    mended = dataset.mended
    if mended is None:
        return None
    found: dict[str, Any] = {
        "changed": len(mended.changed),
        "dropped": len(mended.dropped),
        "merged": mended.n_merged,
        "said": mended.said(),
    }
    test = dataset.part("test")
    if kernel is None or not len(test) or not (mended.changed or mended.dropped):
        return {**found, "without": None, "with": None, "difference": None}
    now, before = dataset.everything, dataset.everything.labels.copy()
    before[:] = mended.labels
    answers = {
        "without": _answers(kernel, rows, now, before, dataset.split),
        "with": _answers(kernel, rows, now, now.labels, dataset.split),
    }
    resampled = resample_scores(
        test.labels,
        {name: decided for name, (_, decided) in answers.items()},
        np.random.default_rng(13),
        probabilities={name: p for name, (p, _) in answers.items()},
        task=test.task,
        metric=test.judged_by,
        metrics=(),
    )
    found |= {name: resampled.interval(name).to_json() for name in answers}
    return {**found, "difference": resampled.difference("with", "without").interval.to_json()}


def _answers(
    kernel: Square, rows: NDArray[np.intp], part: Part, labels: LabelMatrix, split: Split
) -> tuple[Probabilities, LabelMatrix]:
    """Probabilities and decisions for the test part by a model of the training part with some labels."""
    from scipy.linalg import solve

    train, validation, test = (np.searchsorted(rows, own) for own in (split.train, split.validation, split.test))
    square = kernel[np.ix_(train, train)] + np.float32(STRENGTH) * np.eye(len(train), dtype=np.float32)
    weights = solve(square, targets(labels[split.train]), assume_a="pos", overwrite_a=True)
    tuned, asked = (kernel[np.ix_(own, train)] @ weights for own in (validation, test))
    truth = labels[split.validation]
    slope, offset = fit_scale(tuned.astype(np.float64), truth, part.task) if len(truth) else (1.0, 0.0)
    linked = link(slope * tuned + offset, part.task)
    thresholds = fit_thresholds(truth, linked, part.task, part.metric).per_class
    probabilities = link(slope * asked + offset, part.task)
    return probabilities, decide(probabilities, thresholds, part.task)
