"""The one place where the test part is read: every model answers it in the form and runtime that would serve it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from baselines.dataset import Part
from baselines.storage.artifact import LABELS, read_labels
from baselines.storage.weights import on_disk, read_weights, write_weights
from baselines.task import LabelMatrix, LabelSpace, Probabilities, Thresholds, decide
from bench.candidate import BUNDLE_RUNTIMES, Candidate, Runtime, open_candidate

SCORES_FILE = "probabilities.safetensors"
# Bytes of one model's answers that are kept in memory: 20,000 texts with 28 classes in three forms.
_MOST_HELD = 8_000_000
RUNTIME_OF_FORM: Mapping[str, Runtime] = {
    "onnx": "onnxruntime",
    "table": "table",
    "linear": "linear",
    "trees": "numpy",
    "neighbours": "numpy",
    "rules": "numpy",
    "gru": "numpy",
    "ensemble": "numpy",
}


@dataclass(frozen=True)
class Scored:
    """A model's answers on the test part.

    Attributes:
        probabilities: float32 (n_test, C), of the main candidate.
        thresholds: the model's own, from validation.
        space: what it can answer, and by which task.
        of_candidates: the same by candidate, every form of the model.
    """

    probabilities: Probabilities
    thresholds: Thresholds
    space: LabelSpace
    of_candidates: Mapping[str, Probabilities]

    @property
    def decisions(self) -> LabelMatrix:
        return decide(self.probabilities, self.thresholds, self.space.task)


def candidates_of(name: str, artifact: Path, bundles: Mapping[str, Path], runtime: Runtime) -> list[Candidate]:
    """Everything of a model that can be served: each bundle, or the artifact where there is none.

    The first is the main one: its answers are scored, its size is the model's size.
    """
    if not bundles:
        return [Candidate(name, artifact, runtime)]
    forms = list(bundles)
    names = [name, *(f"{name} ({form})" for form in forms[1:])]
    return [
        Candidate(candidate, bundles[form], runtime_of(bundles[form], form), form=form)
        for candidate, form in zip(names, forms, strict=True)
    ]


def runtime_of(bundle: Path, form: str) -> Runtime:
    """What a bundle of this form runs in: an ensemble in onnxruntime where a member of it is a graph."""
    graphs = form == "ensemble" and any(path.suffix == ".onnx" for path in bundle.iterdir())
    return "onnxruntime" if graphs else RUNTIME_OF_FORM[form]


def score_candidates(candidates: Sequence[Candidate], part: Part, folder: Path) -> None:
    """Let each candidate answer the texts, and store what it said."""
    answers = {c.name: np.ascontiguousarray(open_candidate(c).predict_proba(part.texts)) for c in candidates}
    write_weights(folder / SCORES_FILE, answers)


def read_scored(folder: Path, candidates: Sequence[Candidate]) -> Scored:
    """What `score_candidates` stored of one model."""
    path = folder / SCORES_FILE
    answers = read_weights(path, [c.name for c in candidates])
    if path.stat().st_size > _MOST_HELD:
        answers = on_disk(path, answers)
    space, thresholds = read_labels(candidates[0].path / LABELS)
    return Scored(answers[candidates[0].name], thresholds, space, {c.name: answers[c.name] for c in candidates})


def is_deployable(candidate: Candidate) -> bool:
    """Whether it runs without the libraries it was trained with."""
    return candidate.runtime in BUNDLE_RUNTIMES
