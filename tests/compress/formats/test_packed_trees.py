"""Trees and neighbours in few bytes: nothing is lost, and what can't be walked is refused before memory is taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.models.learned.neighbours import Neighbours
from baselines.models.learned.rows import Rows
from baselines.models.learned.trees import Trees
from compress.formats.packed_neighbours import neighbours_of, packed_neighbours
from compress.formats.packed_trees import MAX_DEPTH, packed_trees, trees_of

N_FEATURES = 7


def grown(random: np.random.Generator, n_trees: int, most_depth: int) -> Trees:
    """Random trees in preorder, as scikit-learn stores them."""
    nodes: list[tuple[int, float, int, int, int]] = []

    def grow(depth: int) -> int:
        own = len(nodes)
        nodes.append((0, 0.0, own, own, int(random.integers(4))))
        if depth < most_depth and random.random() < 0.7:
            threshold = float(np.float32(random.random())) + random.choice([0.0, 1e-12, -1e-12])
            nodes[own] = (int(random.integers(N_FEATURES)), threshold, grow(depth + 1), grow(depth + 1), 0)
        return own

    roots = [grow(0) for _ in range(n_trees)]
    feature, threshold, left, right, answer = (np.array(column) for column in zip(*nodes, strict=True))
    whole = [array.astype(np.int32) for array in (feature, left, right, np.array(roots), answer)]
    answers = random.random((4, 3)).astype(np.float32)
    return Trees(whole[0], threshold.astype(np.float64), *whole[1:], answers)


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_packed_trees_answer_every_row_with_the_same_bits(seed: int, n_trees: int, most_depth: int) -> None:
    random = np.random.default_rng(seed)
    trees = grown(random, n_trees, most_depth)
    again = trees_of(packed_trees(trees))
    again.check(N_FEATURES, 3)
    rows = random.random((20, N_FEATURES)).astype(np.float32)
    # Values on a threshold are where a rounded one would send a text the other way.
    rows[:10, :] = random.choice(np.append(trees.threshold, 0.5), (10, N_FEATURES)).astype(np.float32)
    for row in rows:
        assert np.array_equal(trees.leaves(row), again.leaves(row))
        assert np.array_equal(trees.leaves(row), walked(trees, row))


def walked(trees: Trees, row: NDArray[np.float32]) -> NDArray[Any]:
    """Each tree's answer, node by node."""
    found = []
    for node in trees.roots.tolist():
        while trees.left[node] != node:
            node = (trees.left if row[trees.feature[node]] <= trees.threshold[node] else trees.right)[node]
        found.append(trees.answers[trees.answer[node]])
    return np.array(found)


def test_no_trees_at_all_are_packed_too() -> None:
    again = trees_of(packed_trees(Trees.of([], [])))
    assert len(again.roots) == len(again.feature) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inner": np.array([0b11100000], np.uint8)}, "bits of 1 are needed"),
        ({"inner": np.array([0b00100000], np.uint8)}, "end within a tree"),
        ({"inner": np.array([0b10000001], np.uint8)}, "after the last node"),
        ({"inner": np.zeros(9, np.uint8)}, "3 bits are needed"),
        ({"feature": np.array([-1], np.int32)}, "from 0 on"),
        ({"feature": np.array([0.5], np.float32)}, "uint16 or int32"),
        ({"threshold": np.zeros(2, np.float32)}, "threshold"),
        ({"answers": np.zeros(3, np.float32)}, "answers"),
        ({"answers": np.zeros((0, 1 << 25), np.float32)}, "answers of all trees together"),
    ],
)
def test_what_is_no_tree_is_refused(changes: dict[str, NDArray[Any]], said: str) -> None:
    sound: dict[str, NDArray[Any]] = {
        "inner": np.array([0b10000000], np.uint8),
        "feature": np.array([0], np.uint16),
        "threshold": np.array([0.5], np.float32),
        "answer": np.array([0, 1], np.uint16),
        "answers": np.eye(2, dtype=np.float32),
    }
    assert len(trees_of(sound).roots) == 1
    with pytest.raises(ArtifactError, match=said):
        trees_of({**sound, **changes})


def test_a_tree_that_is_too_deep_is_refused() -> None:
    n_inner = MAX_DEPTH + 1
    inner = np.zeros(2 * n_inner + 1, np.bool_)
    inner[:-1:2] = True  # each inner node has a leaf on its left and the next one on its right
    inner = np.array([bit for _ in range(n_inner) for bit in (True, False)] + [False])
    packed: dict[str, NDArray[Any]] = {
        "inner": np.packbits(inner),
        "feature": np.zeros(n_inner, np.uint16),
        "threshold": np.zeros(n_inner, np.float32),
        "answer": np.zeros(n_inner + 1, np.uint16),
        "answers": np.ones((1, 1), np.float32),
    }
    with pytest.raises(ArtifactError, match="levels are allowed"):
        trees_of(packed)


def test_neighbours_are_packed_without_loss() -> None:
    random = np.random.default_rng(3)
    starts = np.array([0, 2, 2, 5], np.int64)
    labels = random.integers(0, 2, (9, 11)).astype(np.uint8)
    rows = np.array([0, 8, 1, 2, 3], np.int32)
    model = Neighbours(starts, rows, random.random(5).astype(np.float32), labels)
    again = neighbours_of(packed_neighbours(model), 11)
    again.check(3, 11, "multilabel")
    for name in ("starts", "rows", "values", "labels"):
        ours, theirs = getattr(model, name), getattr(again, name)
        assert ours.dtype == theirs.dtype, name
        assert np.array_equal(ours, theirs), name
    rows = Rows.of([(np.array([0, 2]), np.array([0.6, 0.8], np.float32))])
    assert np.array_equal(model.shares(rows, 4), again.shares(rows, 4))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": np.full((2, 1), 0xFF, np.uint8)}, "after the last class"),
        ({"labels": np.zeros((2, 2), np.uint8)}, "bits of 3 classes"),
        ({"values": np.full(2, 1e9, np.float32)}, "from 0 to 1"),
        ({"lengths": np.array([-1, 3], np.int32)}, "from 0 on"),
    ],
)
def test_what_are_no_neighbours_is_refused(changes: dict[str, NDArray[Any]], said: str) -> None:
    sound: dict[str, NDArray[Any]] = {
        "lengths": np.array([1, 1], np.uint16),
        "rows": np.array([0, 1], np.uint16),
        "values": np.ones(2, np.float32),
        "labels": np.array([[0b10000000], [0b01000000]], np.uint8),
    }
    neighbours_of(sound, 3).check(2, 3, "multiclass")
    with pytest.raises(ArtifactError, match=said):
        neighbours_of({**sound, **changes}, 3)
