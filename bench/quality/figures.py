"""Figures with their intervals in the shapes of results.json: of each class, and of a paired difference."""

from __future__ import annotations

from typing import Any

from baselines.dataset import Part
from baselines.scores.influence import PairedDifference
from baselines.scores.metrics import scores
from baselines.scores.score_intervals import class_intervals
from baselines.task import LabelMatrix, Thresholds

Json = dict[str, Any]


def per_class(test: Part, decisions: LabelMatrix, thresholds: Thresholds) -> list[Json]:
    """One entry a class, with the intervals of its three scores; `low` and `high` are those of F1."""
    rows = scores(test.labels, decisions).per_class(test.classes, thresholds)
    found = class_intervals(test.labels, decisions)
    for column, row in enumerate(rows):
        ends = {name: dict(zip(("low", "high"), found[name][column].tolist(), strict=True)) for name in found}
        row |= {**ends["f1"], "intervals": {name: {"value": row[name], **own} for name, own in ends.items()}}
    return rows


def bounded(difference: PairedDifference) -> Json:
    """A difference as results.json has it: its two-sided interval, and its one-sided bounds."""
    return {**difference.interval.to_json(), "lower": difference.lower, "upper": difference.upper}
