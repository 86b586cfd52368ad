"""A class with enough texts stands in every part wherever an assignment exists, and parts keep their sizes."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.splits import coverage
from baselines.splits.items import Items, Lack, Rows, lack
from baselines.splits.stratify import stratify
from baselines.task import LabelMatrix

MATRICES = 240
SHARES = ((1, 1, 1), (14, 3, 3), (1, 1))


def matrix(rows: str) -> LabelMatrix:
    return np.array([[mark == "1" for mark in row] for row in rows.split()])


def sizes_of(owner: Rows, n_parts: int) -> tuple[int, ...]:
    return tuple(np.bincount(owner, minlength=n_parts).tolist())


def single(labels: LabelMatrix) -> Items:
    return Items(labels, np.ones(len(labels), np.intp))


def best_of_all(labels: LabelMatrix, sizes: tuple[int, ...]) -> Lack:
    """The least lack of all assignments with parts of these sizes, by going through all that can be told apart."""
    n_parts = len(sizes)
    states = {((0,) * n_parts, (0,) * n_parts)}
    for row in labels:
        marks = sum(1 << int(column) for column in np.flatnonzero(row))
        states = {
            (
                tuple(n + (p == part) for p, n in enumerate(used)),
                tuple(seen | (marks if p == part else 0) for p, seen in enumerate(found)),
            )
            for used, found in states
            for part in range(n_parts)
            if used[part] < sizes[part]
        }
    totals = labels.sum(axis=0)
    every = sum(1 << int(column) for column in np.flatnonzero(totals))
    enough = sum(1 << int(column) for column in np.flatnonzero(totals >= n_parts))
    return min(
        (
            (enough & ~found[0]).bit_count(),
            sum((enough & ~seen).bit_count() for seen in found),
            (every & ~found[0]).bit_count(),
            sum((every & ~seen).bit_count() for seen in found),
        )
        for _, found in states
    )


def test_eleven_texts_in_equal_thirds_show_every_class_everywhere() -> None:
    labels = matrix("000 011 000 000 010 101 000 100 000 100 011")
    for seed in range(20):
        owner = stratify(labels, (1, 1, 1), np.random.default_rng(seed))
        assert lack(labels, owner, 3) == (0, 0, 0, 0)
        thirds = np.random.default_rng(seed).permutation(11) % 3
        owner = coverage.covered(single(labels), thirds, 3)
        assert all(labels[owner == part][:, 2].any() for part in range(3))
        assert sizes_of(owner, 3) == sizes_of(thirds, 3) == (4, 4, 3)


def test_nothing_is_missed_that_another_assignment_has(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for number in range(MATRICES):
        labels = rng.random((int(rng.integers(9, 13)), int(rng.integers(2, 5)))) < rng.choice([0.15, 0.25, 0.35, 0.5])
        shares = SHARES[number % len(SHARES)]
        with monkeypatch.context() as patch:
            patch.setattr("baselines.splits.stratify.covered", lambda items, owner, n_parts: owner)
            sizes = sizes_of(stratify(labels, shares, np.random.default_rng(number)), len(shares))
        owner = stratify(labels, shares, np.random.default_rng(number))
        best = best_of_all(labels, sizes)
        assert lack(labels, owner, len(shares)) <= best
        # Parts may only grow or shrink for a class that would be missing in training.
        assert sizes_of(owner, len(shares)) == sizes or best[2]


@settings(deadline=None, max_examples=30)
@given(st.integers(6, 40), st.integers(1, 5), st.integers(2, 4), st.integers(0, 2**31))
def test_parts_that_lack_nothing_stay_and_none_gets_worse(n: int, classes: int, n_parts: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.random((n, classes)) < rng.random(classes) / 2
    owner = rng.permutation(np.arange(n) % n_parts)
    before = owner.copy()
    found = coverage.covered(single(labels), owner, n_parts)
    assert (owner == before).all()
    old, new = lack(labels, owner, n_parts), lack(labels, found, n_parts)
    assert new <= old
    if new == old:
        assert (found == owner).all()
    assert (coverage.covered(single(labels), owner, n_parts) == found).all()


def test_of_yes_and_no_both_sides_stand_in_every_part() -> None:
    labels = np.ones((60, 1), np.bool_)
    labels[[3, 4, 50]] = False
    for seed in range(10):
        owner = stratify(labels, (14, 3, 3), np.random.default_rng(seed))
        assert [int((~labels[owner == part]).sum()) for part in range(3)] == [1, 1, 1]


def test_rare_classes_among_many_texts_find_their_places_quickly() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random((20_000, 300)) < 0.004
    labels[:, :60] = False
    for column in range(60):
        labels[rng.choice(20_000, 3, replace=False), column] = True
    owner = rng.choice(3, 20_000, p=(0.7, 0.15, 0.15))
    start = time.process_time()
    found = coverage.covered(single(labels), owner, 3)
    assert time.process_time() - start < 30
    assert lack(labels, found, 3) == (0, 0, 0, 0)
    assert sizes_of(found, 3) == sizes_of(owner, 3)
    assert (found != owner).sum() <= 2 * 3 * 60
