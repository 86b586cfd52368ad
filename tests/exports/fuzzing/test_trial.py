"""What is a refusal, what an answer, and what a finding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from baselines.errors import ArtifactError
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from exports.fuzzing.trial import FINDING, LOADED, REFUSED, tried
from tests.cases.table_case import int_classifier, lineage, task_classifier


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(task_classifier("multiclass"), lineage(), tmp_path_factory.mktemp("b") / "b", "table")


def test_a_sound_bundle_answers_and_a_missing_one_is_refused(bundle: Path, tmp_path: Path) -> None:
    assert tried(bundle, artifact=False).kind == LOADED
    assert tried(bundle, artifact=False) == tried(bundle, artifact=False)
    assert tried(tmp_path, artifact=False).kind == REFUSED
    assert tried(bundle, artifact=True).kind == REFUSED


def raising(error: BaseException) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ArtifactError("one sentence"), REFUSED),
        (ArtifactError("one\ntwo"), FINDING),
        (ArtifactError("x" * 3000), FINDING),
        (ValueError("no"), FINDING),
        (MemoryError(), FINDING),
        (RecursionError("deep"), FINDING),
    ],
)
def test_any_other_error_is_a_finding(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, kind: str
) -> None:
    monkeypatch.setattr(runtime, "load", raising(error))
    assert tried(bundle, artifact=False).kind == kind


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda p: p * np.float32(np.nan), "outside 0..1"),
        (lambda p: p * np.float32(30), "outside 0..1"),
        (lambda p: p[:, :2], "of shape"),
        (lambda p: p.astype(np.float64), "of type float64"),
        (lambda p: p * np.float32(0.5), "that add up to"),
    ],
)
def test_answers_that_are_no_probabilities_are_findings(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, wrong: Callable[[np.ndarray], np.ndarray], said: str
) -> None:
    sound = runtime.load(bundle)
    right = sound.predict_proba
    monkeypatch.setattr(type(sound), "predict_proba", lambda self, texts: wrong(right(texts)))
    outcome = tried(bundle, artifact=False)
    assert outcome.kind == FINDING
    assert said in outcome.said


def test_several_labels_need_not_add_up(tmp_path: Path) -> None:
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "table")
    assert tried(folder, artifact=False).kind == LOADED
