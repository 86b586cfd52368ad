"""Tuning is no worse than the default on validation, continues after an interruption, and names what is missing."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pytest

from baselines.dataset import Dataset
from baselines.errors import MissingExtra, UserError
from baselines.fitting import tuning
from baselines.fitting.tuning import tune
from baselines.models.registry import BASELINES, Baseline
from baselines.models.search_spaces import OneOf, Real, Whole
from baselines.storage.artifact import read_json
from baselines.storage.run_folder import RunFolder


def run_in(folder: Path, tiny: Dataset) -> RunFolder:
    return RunFolder.open(folder, dataset_sha256=tiny.sha256)


def test_interrupted_search_continues_as_if_it_had_not_been(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tune(run_in(tmp_path / "whole", tiny), tiny, "tfidf-svm", 6, seed=3)
    made: list[int] = []
    original = Baseline.make

    def interrupted(self: Baseline, *args: Any) -> Any:
        made.extend([1] * ("C" in args[3]))  # a trial's
        if len(made) == 4:
            raise KeyboardInterrupt
        return original(self, *args)

    run = run_in(tmp_path / "parts", tiny)
    with monkeypatch.context() as patched:
        patched.setattr(Baseline, "make", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tune(run, tiny, "tfidf-svm", 6, seed=3)
    done: list[int] = []
    parts = tune(run, tiny, "tfidf-svm", 6, seed=3, progress=lambda n, total: done.append(n))
    assert done == [4, 5, 6]
    assert parts.trials == 6
    assert dict(parts.changes) == dict(whole.changes)
    assert parts.score == whole.score


def test_best_is_a_config_and_no_worse_than_the_default(tiny: Dataset, tmp_path: Path) -> None:
    run = run_in(tmp_path / "r", tiny)
    default = tune(run, tiny, "linear", 1)
    config = dataclasses.asdict(BASELINES["linear"].config(0, "cpu", 1))
    assert {
        field: tuple(v) if isinstance(v, list) else v for field, v in default.changes.items()
    }.items() <= config.items()
    best = tune(run, tiny, "linear", 3)
    assert best.trials == 3
    assert best.score >= default.score
    assert read_json(best.best) == best.changes
    BASELINES["linear"].make(0, "cpu", 1, best.changes)


def test_other_data_is_another_search(tiny: Dataset, sample: Dataset, tmp_path: Path) -> None:
    assert tune(run_in(tmp_path / "r", tiny), tiny, "tfidf-knn", 2).trials == 2
    again = tune(RunFolder(tmp_path / "r"), dataclasses.replace(tiny, split=sample_split(tiny)), "tfidf-knn", 1)
    assert again.trials == 1


def sample_split(tiny: Dataset) -> Any:
    split = tiny.split
    return dataclasses.replace(split, validation=split.test, test=split.validation)


@pytest.mark.parametrize("name", [name for name, entry in BASELINES.items() if entry.space])
def test_every_space_speaks_of_its_config(name: str) -> None:
    entry = BASELINES[name]
    lows = {}
    for field, dimension in entry.space.items():
        match dimension:
            case OneOf(values):
                lows[field] = values[0]
            case Real(low, high) | Whole(low, high):
                assert low < high
                lows[field] = low
    entry.make(0, "cpu", 1, lows)


def test_without_optuna(tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tagpress\[tune\]'"):
        tune(run_in(tmp_path / "r", tiny), tiny, "linear", 1)


def test_nothing_to_tune(tiny: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="rules has nothing to tune"):
        tune(run_in(tmp_path / "r", tiny), tiny, "rules", 1)
    assert tuning.BEST not in {path.name for path in tmp_path.rglob("*")}
