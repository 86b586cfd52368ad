"""Energy that a counter saw is kept with its model; without a counter, or too briefly, nothing is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from baselines.errors import MeasurementError
from baselines.storage.artifact import save
from baselines.storage.run_folder import RunFolder
from bench.candidate import Candidate
from bench.cost import energy as energy_module
from bench.making.energy_steps import answer_energy, count_answers, counted_training, training_energy
from tests.cases.table_case import TEXTS, int_classifier, lineage


class Counter:
    """40 W; time passes as the test says."""

    source: Any = "rapl"

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(energy_module.time, "perf_counter", lambda: self.now)

    def joules(self) -> float:
        return 40.0 * self.now


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.open(tmp_path / "r", dataset_sha256="0")


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    return Counter(monkeypatch)


def test_a_long_training_is_counted_and_stays_when_the_model_is_found_again(run: RunFolder, counter: Counter) -> None:
    with counted_training(run, counter, "cnn", lambda: "key"):
        counter.now += 30.0
    found = training_energy(run, "cnn", "key")
    assert found is not None
    assert (found["energy_wh"], found["energy_source"]) == (pytest.approx(40 * 30 / 3600), "rapl")
    with counted_training(run, counter, "cnn", lambda: "key"):
        pass
    assert training_energy(run, "cnn", "key") == found
    assert training_energy(run, "cnn", "another key") is None


def test_short_trainings_and_those_that_failed_are_not_kept(run: RunFolder, counter: Counter) -> None:
    with counted_training(run, counter, "cnn", lambda: "key"):
        counter.now += 2.0

    def failing() -> None:
        with counted_training(run, counter, "cnn", lambda: "key"):
            counter.now += 30.0
            raise MeasurementError("it failed")

    with pytest.raises(MeasurementError, match="it failed"):
        failing()
    assert training_energy(run, "cnn", "key") is None


def test_without_a_counter_nothing_is_kept(run: RunFolder) -> None:
    with counted_training(run, None, "cnn", lambda: "key"):
        pass
    assert training_energy(run, "cnn", "key") is None


def test_answers_are_counted_once(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(int_classifier(), tmp_path / "a", lineage())
    candidate = Candidate("student", tmp_path / "a", "python")
    seen: list[tuple[int, float]] = []

    def measured(answer: Any, texts: Any, counter: Any, *, window_s: float) -> tuple[float, energy_module.Energy]:
        answer([texts[0]])
        seen.append((len(texts), window_s))
        return 0.002, energy_module.Energy(20.0, 10.0, "rapl")

    monkeypatch.setattr("bench.making.energy_steps.energy_per_document", measured)
    for _ in range(2):
        count_answers(run, Counter(monkeypatch), candidate, "key", TEXTS, 10.0)
    assert seen == [(len(TEXTS), 10.0)]
    assert answer_energy(run, candidate, "key", 10.0) == {
        "energy_j_per_document": 0.002,
        "energy_source": "rapl",
        "seconds": 10.0,
    }
    assert answer_energy(run, candidate, "key", 0.0) is None
    assert answer_energy(run, candidate, "another", 10.0) is None


def test_a_window_too_short_for_a_counter_is_refused(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(int_classifier(), tmp_path / "a", lineage())
    candidate = Candidate("student", tmp_path / "a", "python")
    with pytest.raises(MeasurementError, match="at least 10 s"):
        count_answers(run, Counter(monkeypatch), candidate, "key", TEXTS, 1.0)
    assert answer_energy(run, candidate, "key", 1.0) is None
