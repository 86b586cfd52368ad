"""A long text in stretches gets the answer that it gets in one piece, in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import ArtifactError
from compress.onnx_files import stretches
from compress.onnx_files.check import MAX_POSITIONS
from compress.onnx_files.session import OpenGraph, open_graph
from compress.onnx_files.stretches import checked, run_long, run_rows, run_text
from tests.cases.bundle_case import ROOT
from tests.cases.graph_case import OF_CHARACTERS, SORTS, graph_bytes, ids_of, task_of


def opened(sort: str) -> OpenGraph:
    return open_graph(
        graph_bytes(sort), 1, sort, n_ids=ids_of(sort), task=task_of(sort), most_ids=64 if sort == "words" else None
    )


def says(ids: np.ndarray) -> bool:
    return bool((ids > 1).any())


@pytest.mark.parametrize("sort", [sort for sort in OF_CHARACTERS if "dynamic" not in sort])
@settings(max_examples=30, deadline=None)
@given(length=st.integers(1, 90), at_once=st.integers(1, 30), seed=st.integers(0, 9))
def test_any_stretches_give_the_answer_of_the_whole(sort: str, length: int, at_once: int, seed: int) -> None:
    graph = opened_once(sort)
    ids = np.random.default_rng(seed).integers(1, ids_of(sort), length).astype(np.uint8)
    whole = run_rows(graph, ids.astype(np.int64)[None], np.array([length], np.int64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretches, "MAX_POSITIONS", at_once)
        parts = run_long(graph, ids, says)
    assert np.abs(whole - parts).max() < 1e-6


_OPEN: dict[str, OpenGraph] = {}


def opened_once(sort: str) -> OpenGraph:
    return _OPEN.setdefault(sort, opened(sort))


@pytest.mark.parametrize("sort", SORTS)
def test_no_texts_get_no_answers(sort: str) -> None:
    graph = opened(sort)
    for length in (1, 5):
        found = graph.session.run(None, {"ids": np.zeros((0, length), np.int64), "lengths": np.zeros(0, np.int64)})
        assert found[0].shape == (0, graph.bounds.n_classes)
        assert found[0].dtype == np.float32


@pytest.mark.parametrize("sort", SORTS)
def test_what_was_bounded_is_what_runs(sort: str) -> None:
    """The longest row and the largest batch that are ever run are answered."""
    graph, most = opened(sort), 64 if sort == "words" else MAX_POSITIONS
    assert run_text(graph, np.full(most, 2, np.uint8), says).shape == (1, graph.bounds.n_classes)
    ids = np.full((MAX_POSITIONS, 1), 2, np.int64)
    assert run_rows(graph, ids, np.ones(MAX_POSITIONS, np.int64)).shape == (MAX_POSITIONS, graph.bounds.n_classes)


def test_answers_that_are_no_numbers_are_no_answers() -> None:
    for value in (np.nan, np.inf):
        with pytest.raises(ArtifactError, match="not numbers"):
            checked(np.array([[0.5, value]], np.float32))


def test_a_text_of_200_000_characters_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(graph_bytes("pairs int8"))
    code = f"""
import resource, sys
import numpy as np
from compress.onnx_files.session import open_graph
from compress.onnx_files.stretches import run_text
model = open({str(tmp_path / "model.onnx")!r}, "rb").read()
graph = open_graph(model, 1, "graph", n_ids={ids_of("pairs int8")}, task="multilabel")
ids = np.random.default_rng(0).integers(2, {ids_of("pairs int8")}, 200_000).astype(np.uint8)
run_text(graph, ids[:2_000], lambda ids: True)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run_text(graph, ids, lambda ids: True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 40_000, "kB more"
