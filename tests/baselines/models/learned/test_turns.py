"""Trees answered from turn to turn find the leaves that a walk level by level finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.models.learned.neighbours import Neighbours, smallest
from baselines.models.learned.rows import BLOCK_TEXTS, Rows
from baselines.models.learned.trees import Trees, mean_of_leaves

N_FEATURES = 9


def grown(random: np.random.Generator, n_trees: int) -> Trees:
    """Random trees in preorder, deep on the left as those over words are."""
    nodes: list[tuple[int, float, int, int, int]] = []

    def grow(likely: float) -> int:
        own = len(nodes)
        nodes.append((0, 0.0, own, own, int(random.integers(4))))
        if random.random() < likely and len(nodes) < 400:
            threshold = float(random.choice([0.0, 0.25, 0.5, random.random()]))
            nodes[own] = (int(random.integers(N_FEATURES)), threshold, grow(0.9), grow(likely / 2), 0)
        return own

    roots = [grow(0.95) for _ in range(n_trees)]
    feature, threshold, left, right, answer = (np.array(column) for column in zip(*nodes, strict=True))
    whole = [array.astype(np.int32) for array in (feature, left, right, np.array(roots), answer)]
    return Trees(whole[0], threshold.astype(np.float64), *whole[1:], random.random((4, 3)).astype(np.float32))


def texts(random: np.random.Generator, n_texts: int) -> Rows:
    """Sparse rows whose values stand on thresholds now and then, some empty, some with a column no tree compares."""
    rows = []
    for _ in range(n_texts):
        columns = np.flatnonzero(random.random(N_FEATURES + 2) < random.choice([0.0, 0.2, 0.6]))
        values = random.choice([0.25, 0.5, -0.25, random.random()], len(columns))
        rows.append((columns, values.astype(np.float32)))
    return Rows.of(rows)


@pytest.mark.parametrize("seed", range(8))
def test_leaves_are_those_of_a_walk_level_by_level(seed: int) -> None:
    random = np.random.default_rng(seed)
    trees, rows = grown(random, 5), texts(random, BLOCK_TEXTS + 7)
    for number, found in enumerate(trees.leaves_of(rows)):
        assert np.array_equal(found, trees.leaves(rows.dense(number, N_FEATURES + 2)))
    alone = Rows.of([rows.row(BLOCK_TEXTS)])
    assert np.array_equal(mean_of_leaves(trees, alone)[0], mean_of_leaves(trees, rows)[BLOCK_TEXTS])


def test_trees_that_send_an_absent_word_right_are_walked_level_by_level() -> None:
    random = np.random.default_rng(3)
    trees, rows = grown(random, 3), texts(random, 20)
    turned = replace(trees, threshold=np.where(trees.threshold == 0.25, -0.5, trees.threshold))
    assert trees._turns is not None
    assert turned._turns is None
    for number, found in enumerate(turned.leaves_of(rows)):
        assert np.array_equal(found, turned.leaves(rows.dense(number, N_FEATURES + 2)))


def test_no_texts_and_no_trees_have_no_leaves() -> None:
    trees = grown(np.random.default_rng(0), 2)
    assert mean_of_leaves(trees, Rows.of([])).shape == (0, 3)
    assert next(iter(Trees.of([], []).leaves_of(texts(np.random.default_rng(0), 1)))).shape == (0, 1)


@pytest.mark.parametrize("most", [1, 3, 50, 99, 100, 1000])
def test_the_smallest_are_the_head_of_a_stable_sort(most: int) -> None:
    numbers = np.random.default_rng(1).integers(0, 12, 100).astype(np.float32)
    assert np.array_equal(smallest(numbers, most), np.argsort(numbers, kind="stable")[:most])


def test_equally_near_texts_count_in_their_order() -> None:
    # One word, that every second of ten texts has; of equal ones the earlier vote.
    rows, values = np.arange(0, 10, 2, dtype=np.int32), np.ones(5, np.float32)
    labels = np.eye(10, dtype=np.uint8)
    model = Neighbours(np.array([0, 5], np.int64), rows, values, labels)
    near, empty = Rows.of([(np.array([0]), np.ones(1, np.float32))]), Rows.of([(np.zeros(0, int), np.zeros(0))])
    assert np.flatnonzero(model.shares(near, 3)[0]).tolist() == [0, 2, 4]
    assert np.flatnonzero(model.shares(empty, 3)[0]).tolist() == [1, 3, 5]
