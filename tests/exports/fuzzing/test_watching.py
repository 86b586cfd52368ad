"""Processes that hang, crash or take too much are findings, and the next trial has a process again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from baselines.errors import MeasurementError
from exports.fuzzing.trial import FINDING, REFUSED
from exports.fuzzing.watching import Watch


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    with Watch(worker="tests.cases.fuzz_worker_case", seconds=1.0) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hangs", "no answer within 1 s"),
        ("crashes", r"the process ended with code -11"),
        ("takes-much", "took 2,147,483,648 bytes, more than 1,073,741,824"),
    ],
)
def test_what_misbehaves_is_a_finding(watch: Watch, name: str, said: str) -> None:
    outcome = watch.tried(Path(name))
    assert outcome.kind == FINDING
    assert said in outcome.said
    assert watch.tried(Path("sound")).kind == REFUSED


def test_a_process_that_does_not_start_is_said() -> None:
    with Watch(worker="tests.cases.no_such_module") as watch, pytest.raises(MeasurementError, match="doesn't start"):
        watch.tried(Path("sound"))
