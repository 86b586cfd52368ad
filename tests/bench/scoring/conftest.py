"""Bundles that the tests of scoring share: of each task one, and one that learned from fewer texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cases.score_case import linear_bundle
from tests.cases.task_case import ALL_TASKS


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    place = tmp_path_factory.mktemp("bundles")
    found = {}
    for task in ALL_TASKS:
        found[task] = linear_bundle(task, place / f"new-{task}")
        found[f"old-{task}"] = linear_bundle(task, place / f"old-{task}", texts=20)
    return found
