"""Peers are trained on the data's texts, answer in its classes, and are timed beside bundles; what lacks is a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import tagpress
from baselines.dataset import Dataset
from baselines.errors import DataError, MeasurementError
from baselines.storage.run_folder import RunFolder
from bench.candidate import Candidate
from bench.measure.plan import Items
from bench.measure.timing import Block
from bench.measure.worker import pack, unpack
from bench.peers import command, contestants
from bench.peers.served import opened
from bench.peers.worker import PeerSession
from tests.cases.fasttext_case import ABSENT

TASKS = ("multilabel", "multiclass", "binary")
_WORDS = {"red": ("rose", "fire"), "blue": ("sea", "sky"), "green": ("leaf", "grass")}


def dataset_of(task: str) -> Dataset:
    """A hundred short texts with words that say their label."""
    names = list(_WORDS)[: 2 if task == "binary" else 3]
    labels = [names[n % len(names)] for n in range(120)]
    texts = [f"{_WORDS[label][n % 2]} number {n % 7}\nof {n % 11} things" for n, label in enumerate(labels)]
    if task == "multilabel":
        both = [[label, names[(n + 1) % 3]] if n % 3 else [label] for n, label in enumerate(labels)]
        table = {"text": [f"{text} {_WORDS[b[-1]][0]}" for text, b in zip(texts, both, strict=True)]}
        return tagpress.read_dataset({**table, "labels": both}, labels="labels")
    positive = {"positive": "red"} if task == "binary" else {}
    return tagpress.read_dataset({"text": texts, "label": labels}, labels="label", **positive)


class Here:
    """A host that stays in this process."""

    def __init__(self, candidate: Candidate) -> None:
        self.session = PeerSession()

    def open(self, candidate: Candidate, texts: Sequence[str], expected: NDArray[Any] | None) -> None:
        packed = None if expected is None else pack(expected)
        self.session.open({"candidate": candidate.to_json(), "texts": list(texts), "expected": packed})

    def block(self, items: Items, **how: Any) -> Block:
        found = self.session.block({"items": items, **how})
        samples = unpack(found["samples"]).astype(np.float32)
        return Block(samples, found["wall_s"], found["cpu_s"], found["items"])

    def close(self) -> None:
        pass


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contestants, "FASTTEXT", {**contestants.FASTTEXT, "dim": 6, "bucket": 500})
    monkeypatch.setattr(contestants, "QUANTISED", {**contestants.QUANTISED, "cutoff": 300, "epoch": 1})
    monkeypatch.setattr(contestants, "epochs", lambda n_texts: 30)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("task", TASKS)
def test_contestants_answer_in_the_classes_of_the_data(task: str, tmp_path: Path) -> None:
    pytest.importorskip("fasttext", reason=ABSENT)
    dataset = dataset_of(task)
    assert dataset.task == task
    with RunFolder.working(tmp_path / "run", dataset_sha256=dataset.sha256) as run:
        places = contestants.made(run, dataset, 0, lambda line: None)
        assert contestants.made(run, dataset, 0, lambda line: None) == places
    plan = replace(command.plan_of("quick"), block_s=0.001, warmup_s=0.0, rounds=4, cold_starts=0)
    found = command.compared(places, dataset, plan, 0, open_host=Here)
    assert [row["name"] for row in found["rows"]] == list(places)
    for row in found["rows"]:
        assert row["status"] == "measured", row
        assert row["score"]["value"] > 0.6, row
        assert row["latency_s"]["p50"] > 0
    rows = {row["name"]: row for row in found["rows"]}
    assert rows["fastText .bin, adopted, 4 bits"]["score"]["value"] >= rows["fastText .bin"]["score"]["value"] - 0.15
    assert rows["fastText .ftz"]["bytes"] < rows["fastText .bin"]["bytes"]
    assert rows[contestants.OURS]["ratio"]["value"] == 1
    assert "fastText .ftz" in list(command.table_of(found["rows"]).columns[0].cells)


def test_what_is_not_installed_is_a_row_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    real = importlib.import_module

    def without(name: str, package: str | None = None) -> Any:
        if name.partition(".")[0] in ("fasttext", "skops"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    dataset = dataset_of("multiclass")
    with RunFolder.working(tmp_path / "run", dataset_sha256=dataset.sha256) as run:
        places = contestants.made(run, dataset, 0, lambda line: None)
    missing = {name: place for name, place in places.items() if isinstance(place, str)}
    assert set(missing) == set(places) - {contestants.OURS}
    assert all("tagpress[peers]" in reason for reason in missing.values())
    plan = replace(command.plan_of("quick"), block_s=0.001, warmup_s=0.0, rounds=4, cold_starts=0)
    found = command.compared(places, dataset, plan, 0, open_host=Here)
    assert [row["status"] for row in found["rows"]] == ["measured", *["skipped"] * (len(contestants.NAMES) - 1)]
    assert json.dumps(found, allow_nan=False)
    assert len(command.table_of(found["rows"]).rows) == len(contestants.NAMES)


def test_other_decisions_than_the_scored_ones_are_noticed(tmp_path: Path) -> None:
    dataset = dataset_of("multiclass")
    with RunFolder.working(tmp_path / "run", dataset_sha256=dataset.sha256) as run:
        place = contestants._ours(run, dataset, 0)
    texts = dataset.part("test").texts
    server = opened(place)
    decided = np.concatenate([server.decided(server.predict_proba([text])) for text in texts])
    host = Here(Candidate("ours", place, "linear"))
    items = tuple((row,) for row in range(len(texts)))
    how = {"at_least_s": 0.0, "warmup_calls": 0, "warmup_s": 0.0}
    host.open(Candidate("ours", place, "linear"), texts, decided)
    assert len(host.block(items, **how).samples) == len(texts)
    host.open(Candidate("ours", place, "linear"), texts, ~decided)
    with pytest.raises(MeasurementError, match="decisions"):
        host.block(items, **how)


@pytest.mark.parametrize(("n_texts", "times"), [(50, 100), (1000, 100), (10_000, 10), (67_000, 5), (0, 100)])
def test_epochs_follow_the_number_of_texts(n_texts: int, times: int) -> None:
    assert contestants.epochs(n_texts) == times


def test_bundles_need_names_of_their_own(tmp_path: Path) -> None:
    dataset = dataset_of("multiclass")
    with RunFolder.working(tmp_path / "run", dataset_sha256=dataset.sha256) as run:
        place = contestants._ours(run, dataset, 0)
    assert command.named_bundles([f"mine={place}", str(place)]) == {"mine": place, "bundle": place}
    with pytest.raises(DataError, match="two are called"):
        command.named_bundles([str(place), str(place)])
