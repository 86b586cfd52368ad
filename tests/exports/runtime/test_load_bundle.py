"""A loaded bundle answers in every form, from many threads and without the training packages, and names bad input."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.errors import ArtifactError
from exports import runtime
from exports.bundles.parity import AWKWARD
from tests.cases.bundle_case import blocked_process
from tests.cases.table_case import TEXTS


def test_encode_then_run_is_predict_proba_where_anything_is_known(table: Path, graph: Path) -> None:
    texts = [*TEXTS, *AWKWARD]
    for folder in (table, graph):
        predictor = runtime.load(folder)
        want, known = predictor.answered(texts)
        encoded = predictor.encode(texts)
        assert np.array_equal(predictor.known(encoded), known)
        assert 0 < known.sum() < len(texts)
        assert np.allclose(predictor.run(encoded)[known], want[known], atol=1e-6)
        assert np.array_equal(want, predictor.predict_proba(texts))


def test_predict_names_the_classes_that_reach_their_thresholds(table: Path) -> None:
    predictor = runtime.load(table)
    probabilities = predictor.predict_proba(TEXTS)
    for text, row, names in zip(TEXTS, probabilities, predictor.predict(TEXTS), strict=True):
        want = [c for c, p, t in zip(predictor.classes, row, predictor.thresholds, strict=True) if p >= t]
        assert names == want == predictor.predict([text])[0]
    assert predictor.predict([]) == []


@pytest.mark.parametrize("bad", [None, b"bytes", 3, ["nested"]])
def test_an_entry_that_is_no_string_is_named(table: Path, graph: Path, bad: object) -> None:
    for folder in (table, graph):
        with pytest.raises(TypeError, match=r"texts\[1\]"):
            runtime.load(folder).predict(["fine", bad])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="wrap it in a list"):
        runtime.load(table).predict("one string")


def test_many_threads_may_call_one_predictor(table: Path, graph: Path) -> None:
    for folder in (table, graph):
        predictor = runtime.load(folder, threads=2)
        want = predictor.predict_proba(TEXTS)
        with ThreadPoolExecutor(8) as pool:
            for got in pool.map(lambda _: predictor.predict_proba(TEXTS), range(40)):  # noqa: B023
                assert np.allclose(got, want, atol=1e-6)


def test_it_runs_where_training_packages_cannot_be_imported(table: Path, graph: Path) -> None:
    for folder in (table, graph):
        result = blocked_process(folder, f"print(predictor.predict({TEXTS[:2]!r}))")
        assert result.returncode == 0, result.stderr
        assert result.stdout.strip() == str(runtime.load(folder).predict(TEXTS[:2]))


@pytest.mark.parametrize("threads", [0, -1, 257, 10**9, 1.5, True, "2", None])
def test_a_number_of_threads_without_meaning_is_refused(table: Path, graph: Path, threads: Any) -> None:
    for folder in (table, graph):
        with pytest.raises(ArtifactError, match="threads: a whole number from 1 to 256 is allowed, got"):
            runtime.load(folder, threads=threads)


def test_as_many_threads_as_allowed_answer(table: Path, graph: Path) -> None:
    for folder in (table, graph):
        predictor = runtime.load(folder, threads=256)
        assert predictor.predict(TEXTS * 100) == runtime.load(folder).predict(TEXTS) * 100
