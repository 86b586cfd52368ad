"""A linear model is served with the numbers of the one it was made from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from baselines.dataset import Dataset
from baselines.models.linear import LinearClassifier, LinearConfig
from exports import runtime
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from tests.cases.import_case import ROOT
from tests.cases.table_case import lineage


def test_a_linear_model_is_served_with_the_same_numbers(tiny: Dataset, tmp_path: Path) -> None:
    classifier = LinearClassifier(LinearConfig(max_iterations=100)).fit(tiny.part("train"))
    folder = write_bundle(classifier, lineage("linear"), tmp_path / "b", "linear")
    texts = [*tiny.part("test").texts, *AWKWARD]
    got, want = runtime.load(folder).predict_proba(texts), classifier.predict_proba(texts)
    assert np.abs(got - want).max() < 1e-6


OF_MANY = """
import hashlib
import numpy as np
from exports.runtime.linear_predictor import weighted_sum
random = np.random.default_rng(0)
for n, n_classes in ((1, 1), (300, 36), (20_000, 36), (20_000, 1), (3_000, 2), (50, 20_000)):
    values, weights = (random.random(shape, dtype=np.float32) for shape in (n, (n, n_classes)))
    columns = random.permutation(n)
    found = weighted_sum(values, weights, columns)
    assert np.allclose(found, values.astype(float) @ weights[columns].astype(float), rtol=1e-5)
    print(hashlib.sha256(found.tobytes()).hexdigest())
"""


def test_a_sum_has_the_same_bits_with_any_number_of_cores() -> None:
    found = set()
    for threads in ("1", "2", "3"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", OF_MANY], env=environment, capture_output=True, text=True, timeout=120, check=True
        )
        found.add(done.stdout)
    assert len(found) == 1
