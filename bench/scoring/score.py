"""Bundles scored on labelled texts: everything that is found out as one value, and the gates held against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from baselines.errors import DataError
from baselines.labels.records import Records
from baselines.scores.judging import metric_named, metrics_of
from baselines.scores.resampling import resample_scores
from baselines.task import DEFAULT_METRIC
from bench.results.run import Run
from bench.scoring.content import ScoreOptions, comparison_of, content_of
from bench.scoring.labelled import labelled
from bench.scoring.subjects import Subject, common_space, replies, subjects
from bench.verdict.gate_words import COSTS, Gate
from bench.verdict.gates import Checked, check_gates, exit_code
from exports.runtime import Predictor

# Costs that need no measurement of time or energy.
MEASURED_COSTS = ("bytes", "bytes_deflated", "flipped_documents")

Json = dict[str, Any]


@dataclass(frozen=True)
class Score:
    """What was found out about one bundle, or about one and its reference.

    Attributes:
        content: everything, as `score.schema.json` describes it.
        gates: each with its outcome.
    """

    content: Mapping[str, Any]
    gates: tuple[Checked, ...] = field(default=())

    @cached_property
    def run(self) -> Run:
        """The same as a run's results are read: rows by name, metrics, task."""
        return Run(self.content)

    @property
    def value(self) -> float:
        """The metric of the first bundle."""
        return float(self.content["models"][0]["quality"][self.content["metric"]]["value"])

    @property
    def sentence(self) -> str:
        """What may be said of the bundle beside its reference; "" without one."""
        return str((self.content["comparison"] or {}).get("sentence", ""))

    def exit_code(self, *, strict: bool = False) -> int:
        """0: every gate passed; 1: one failed, or with `strict` is inconclusive."""
        return exit_code(self.gates, strict=strict)

    def to_json(self) -> Json:
        """Everything, for a file."""
        return dict(self.content)


def score_bundles(predictors: Sequence[Predictor[Any]], records: Records, options: ScoreOptions | None = None) -> Score:
    """Score a bundle, or a bundle and the reference that it's compared with, on labelled texts.

    Args:
        predictors: the bundle, and its reference where there is one.
        records: texts with labels.
        options: how.

    Raises:
        DataError: labels that can't be held against the bundle, bundles that can't be compared, or a metric, class or
            model of a gate that there isn't.
    """
    options = options or ScoreOptions()
    found = subjects(predictors)
    space = common_space(found)
    metric = _metric(found, options)
    _check_gates(options.gates)
    truth = labelled(records, space, merge=options.merge, accept=options.accept)
    said = {subject.name: replies(subject, truth.test.texts, truth.test.classes) for subject in found}
    resampled = resample_scores(
        truth.test.labels,
        {name: own.decided for name, own in said.items()},
        np.random.default_rng(options.seed),
        probabilities={name: own.probabilities for name, own in said.items()},
        task=space.task,
        metric=metric,
        n_resamples=options.resamples,
    )
    content = content_of(found, truth, said, resampled, options)
    run = Run(content)
    checked = check_gates(run, options.gates, found[0].name)
    comparison = comparison_of(run, truth, said) if len(found) > 1 else None
    gates = [item.to_json() for item in checked]
    return Score({**content, "comparison": comparison, "gates": gates}, tuple(checked))


def _metric(found: Sequence[Subject], options: ScoreOptions) -> str:
    predictor = found[0].predictor
    judged_by = str(predictor.bundle.manifest.get("judged_by", ""))
    usual = judged_by if judged_by in metrics_of(predictor.task) else DEFAULT_METRIC[predictor.task]
    metric_named(options.metric or usual, predictor.task)
    return options.metric or usual


def _check_gates(gates: Sequence[Gate]) -> None:
    for gate in gates:
        if gate.metric in COSTS and gate.metric not in MEASURED_COSTS:
            raise DataError(
                f"gate {gate.text!r}: {gate.metric} isn't measured here; allowed: metrics of the task and "
                f"{', '.join(MEASURED_COSTS)}. A study measures the rest"
            )
