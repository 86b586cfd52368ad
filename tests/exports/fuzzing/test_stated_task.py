"""A model that states another task than it was made for is refused, or answers what that task allows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baselines.task import TASKS
from exports.fuzzing.mutants import files_of, sign
from exports.fuzzing.samples import artifacts, bundles
from exports.fuzzing.trial import LOADED, REFUSED, tried

pytest.importorskip("torch")
FORMS = ("table", "onnx", "linear")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("samples")
    return [*bundles(folder, FORMS), *artifacts(folder)]


@pytest.mark.parametrize("task", TASKS)
def test_a_model_of_another_task_is_refused_or_answers_it(samples: list[Path], tmp_path: Path, task: str) -> None:
    kinds = set()
    for sample in samples:
        files = files_of(sample)
        for name in [each for each in files if each.endswith("labels.json")]:
            stated = json.loads(files[name])
            files[name] = json.dumps({**stated, "task": task}).encode()
        sign(files)
        for name, content in files.items():
            path = tmp_path / sample.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        outcome = tried(tmp_path / sample.name, artifact=sample.name.startswith("saved-"))
        assert outcome.kind in (LOADED, REFUSED), f"{sample.name}: {outcome.said}"
        kinds.add(outcome.kind)
    assert kinds == {LOADED, REFUSED}
