"""Small trainings on the data at hand, in a process of their own that ends when it has to."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from baselines.dataset import Dataset
from baselines.storage.run_folder import RunFolder
from bench.planning import timings
from bench.planning.trial import timed


def test_a_training_is_timed_whole_and_a_network_by_some_of_its_epochs(tiny: Dataset) -> None:
    found = timed("tfidf-logistic", tiny.everything, 80, 20, {})
    assert found["n_texts"] == 80
    assert 0 < found["fit_s"] < 60
    assert 0 < found["answer_s"] < 1
    small = {"embedding_dim": 4, "filters": [[2, 4]], "hidden_dim": 0}
    few, many = (timed("cnn", tiny.everything, 80, 20, {**small, "epochs": n})["fit_s"] for n in (1, 1000))
    assert many > 5 * few, "one epoch is timed, and stands for as many as usual"


def test_the_process_is_ended_in_time_and_what_it_said_is_kept(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timings, "TRAININGS", (("chance-coin", 50), ("chance-frequency", 50)))
    run = RunFolder.open(tmp_path / "run", dataset_sha256=tiny.sha256)
    begin = time.monotonic()
    found = timings.timings_of(run, tiny, ["chance-coin"], {}, 0.05)
    assert time.monotonic() - begin < 10
    assert [timing.name for timing in found] == ["chance-coin"]
    assert found[0].fit_s == 0.05, "nothing came in time, so it takes at least as long"
    monkeypatch.setattr(timings, "measured", lambda *_: pytest.fail("they are timed once for a run"))
    assert timings.timings_of(run, tiny, ["chance-coin"], {}, 60.0) == found
