"""What others serve text classifiers with, trained on the embedded sample: text in and decision out, one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from baselines.storage.run_folder import RunFolder
from bench.cost.footprint import footprint
from bench.peers.contestants import NAMES, made
from bench.peers.served import opened, weighed
from bench.suite.timed_models import Suite

pytestmark = pytest.mark.benchmark(group="peers: one text a call, text in and decision out, 1 thread", disable_gc=True)


@pytest.fixture(scope="session")
def places(suite: Suite) -> Mapping[str, Path | str]:
    """Where each contestant lies, or why it couldn't be made."""
    with RunFolder.working(suite.folder.with_name("bench-peers"), dataset_sha256=suite.dataset.sha256) as run:
        return made(run, suite.dataset, 0, lambda line: None)


@pytest.mark.parametrize("name", NAMES)
def test_peers(name: str, suite: Suite, places: Mapping[str, Path | str], time_calls: Callable[..., Any]) -> None:
    place = places[name]
    if isinstance(place, str):
        pytest.skip(place)
    contestant = opened(place)
    n_bytes = weighed(place)
    time_calls(
        contestant.predict_proba,
        [[text] for text in suite.texts],
        {"bytes": footprint(place).bytes if n_bytes is None else n_bytes},
    )
