"""Candidates for the tests of the measurement: three without content for simulated processes, one for real ones."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from baselines.dataset import Part
from baselines.models.chance import ChanceClassifier, ChanceConfig
from baselines.storage.artifact import Lineage, save
from bench.candidate import Candidate
from tests.cases.measure_case import TEXTS


@pytest.fixture(autouse=True)
def thaw() -> Iterator[None]:
    """Blocks that are timed in this process leave its objects frozen."""
    yield
    gc.unfreeze()


@pytest.fixture
def candidates(tmp_path: Path) -> list[Candidate]:
    found = []
    for name in ("cnn", "same", "slowed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
        found.append(Candidate(name, tmp_path / name, "python"))
    return found


@pytest.fixture(scope="module")
def coin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Candidate, np.ndarray]:
    folder = tmp_path_factory.mktemp("artifacts") / "coin"
    labels = np.random.default_rng(0).random((len(TEXTS), 3)) < 0.5
    part = Part(tuple(TEXTS), labels, ("a", "b", "c"))
    classifier = ChanceClassifier(ChanceConfig("coin", 0)).fit(part)
    save(classifier, folder, Lineage("coin", "baseline"))
    return Candidate("coin", folder, "python"), classifier.predict_proba(TEXTS)
