"""Each trial notices what it is there for: other answers, hangs, growth, descriptors left open, too much memory."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.errors import MeasurementError
from bench.stress import held, trials
from bench.stress.held import held_now, in_fork, status_bytes
from bench.stress.trials import by_many_callers, forked_meanwhile, many_answers, many_loads, one_long_text
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import int_classifier, lineage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's figures")
HOME = os.getpid()


class Stub:
    """Answers zeros, and does something wrong besides, as a subclass says."""

    def predict_proba(self, texts: Sequence[str]) -> Any:
        return np.zeros((len(texts), 2), np.float32)

    def predict(self, texts: Sequence[str]) -> Any:
        return [[] for _ in texts]


class Unsteady(Stub):
    """Another answer in every thread but the first."""

    def predict_proba(self, texts: Sequence[str]) -> Any:
        return super().predict_proba(texts) + (threading.current_thread() is not threading.main_thread())


class Hanging(Stub):
    """Waits for a thread that a forked process doesn't have."""

    def predict_proba(self, texts: Sequence[str]) -> Any:
        time.sleep(0 if os.getpid() == HOME else 60)
        return super().predict_proba(texts)


class Different(Stub):
    """Another answer in a forked process."""

    def predict_proba(self, texts: Sequence[str]) -> Any:
        return super().predict_proba(texts) + (os.getpid() != HOME)


class Growing(Stub):
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.kept: list[bytearray] = []

    def predict(self, texts: Sequence[str]) -> Any:
        self.kept.append(bytearray(os.urandom(1_000_000)))
        return super().predict(texts)


class Greedy(Stub):
    """Takes more memory than there is."""

    def predict_proba(self, texts: Sequence[str]) -> Any:
        return np.ones(1 << 40)


def stub(kind: type[Stub]) -> Any:
    return kind()


def test_a_good_one_passes() -> None:
    assert by_many_callers(stub(Stub), 3, rounds=2).broken == []
    assert forked_meanwhile(stub(Stub), 2).broken == []
    assert many_answers(stub(Stub), 200).broken == []
    assert one_long_text(stub(Stub), 100).broken == []


def test_answers_that_depend_on_the_thread() -> None:
    (sentence,) = by_many_callers(stub(Unsteady), 3, rounds=2).broken
    assert sentence == "6 of 6 rounds differ from what one thread gets"


def test_answers_that_depend_on_the_process() -> None:
    assert forked_meanwhile(stub(Different), 2).broken == ["fork 1: its answers differ", "fork 2: its answers differ"]


def test_a_forked_process_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_PATIENCE_S", 0.3)
    assert forked_meanwhile(stub(Hanging), 1).broken == ["fork 1: no answer within 0 s"]


def test_memory_that_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "MOST_GROWTH_BYTES", 4 << 20)
    trial = many_answers(stub(Growing), 100)
    assert trial.facts["growth_bytes"] > 4 << 20
    (sentence,) = trial.broken
    assert sentence.startswith("memory grew by ")
    assert sentence.endswith(" MB after the first tenth over 100 predictions; 4.2 allowed")


def test_descriptors_that_stay_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "table")
    assert many_loads(folder, 20).broken == []
    opened, load = [], runtime.load

    def careless(place: Path) -> Any:
        opened.append((place / "manifest.json").open())
        return load(place)

    monkeypatch.setattr(runtime, "load", careless)
    before = held_now().descriptors
    try:
        assert many_loads(folder, 20).broken == [f"{before} descriptors before 20 loads, {before + 20} after"]
    finally:
        for file in opened:
            file.close()


def test_a_text_that_takes_too_much_memory() -> None:
    (sentence,) = one_long_text(stub(Greedy), 1000).broken
    assert sentence.startswith("1,000 characters within 1 GiB: ")
    assert "MemoryError" in sentence


def test_work_in_a_fork_says_how_it_ended() -> None:
    assert in_fork(lambda: {"number": 3}, 20) == {"number": 3}
    assert in_fork(lambda: {}[""], 20) == {"failed": "KeyError: ''"}
    assert in_fork(lambda: os._exit(7), 20) == {"failed": "the process ended with code 7"}
    assert status_bytes("VmHWM") >= status_bytes("VmRSS") > 1 << 20


def test_other_systems_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(held, "_PROC", tmp_path)
    with pytest.raises(MeasurementError, match="needs Linux"):
        held.require_linux()
    (tmp_path / "status").write_text("Name: x\n")
    with pytest.raises(MeasurementError, match="no VmRSS"):
        status_bytes("VmRSS")
