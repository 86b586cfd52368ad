"""A linear model is served with the numbers of the one it was made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from baselines.dataset import Dataset
from baselines.models.linear import LinearClassifier, LinearConfig
from exports import runtime
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import lineage


def test_a_linear_model_is_served_with_the_same_numbers(tiny: Dataset, tmp_path: Path) -> None:
    classifier = LinearClassifier(LinearConfig(max_iterations=100)).fit(tiny.part("train"))
    folder = write_bundle(classifier, lineage("linear"), tmp_path / "b", "linear")
    texts = [*tiny.part("test").texts, *AWKWARD]
    got, want = runtime.load(folder).predict_proba(texts), classifier.predict_proba(texts)
    assert np.abs(got - want).max() < 1e-6
