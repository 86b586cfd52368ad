"""Groups stand in one part, time goes one way, and both at once; too little of either is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.dataset import PARTS, Split
from baselines.errors import DataError
from baselines.splits.by_time import cut_by_time
from baselines.splits.grouped import group_numbers, joined
from baselines.splits.rules import SplitRules
from baselines.splits.split import folds, split
from baselines.task import LabelMatrix


def labels_of(n: int, seed: int, classes: int = 4) -> LabelMatrix:
    return np.random.default_rng(seed).random((n, classes)) < 0.3


def rows_of(found: Split) -> np.ndarray:
    return np.sort(np.concatenate([getattr(found, part) for part in PARTS]))


def apart(groups: np.ndarray, found: Split) -> bool:
    own = [set(groups[getattr(found, part)].tolist()) for part in PARTS]
    return not (own[0] & own[1] or own[0] & own[2] or own[1] & own[2])


@settings(deadline=None, max_examples=40)
@given(st.integers(20, 200), st.integers(5, 60), st.integers(0, 2**31))
def test_groups_are_never_split(n: int, n_groups: int, seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, n_groups, n)
    rules = SplitRules(groups=groups)
    labels = labels_of(n, seed)
    found = split(labels, seed, rules=rules)
    assert (rows_of(found) == np.arange(n)).all()
    assert apart(groups, found)
    assert all(len(getattr(found, part)) for part in PARTS)
    again = split(labels, seed, rules=rules)
    assert all((getattr(found, part) == getattr(again, part)).all() for part in PARTS)


def test_groups_keep_shares_of_texts_and_classes() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 400, 4_000)
    habits = rng.integers(0, 5, 400)  # what a user mostly writes about
    labels = np.eye(5, dtype=bool)[np.where(rng.random(4_000) < 0.7, habits[groups], rng.integers(0, 5, 4_000))]
    found = split(labels, 0, rules=SplitRules(groups=groups))
    for part, share in zip(PARTS, (0.7, 0.15, 0.15), strict=True):
        rows = getattr(found, part)
        assert abs(len(rows) / 4_000 - share) < 0.01
        assert (np.abs(labels[rows].mean(axis=0) / labels.mean(axis=0) - 1) < 0.1).all()


def test_a_class_of_three_groups_stands_in_every_part() -> None:
    groups = np.repeat(np.arange(60), 5)
    labels = np.zeros((300, 3), np.bool_)
    labels[:150, 0] = labels[150:, 1] = True
    labels[[10, 11, 100, 290], 2] = True
    for seed in range(10):
        found = split(labels, seed, rules=SplitRules(groups=groups))
        assert all(labels[getattr(found, part)][:, 2].any() for part in PARTS)
        assert apart(groups, found)


@settings(deadline=None, max_examples=40)
@given(st.integers(20, 200), st.integers(4, 80), st.booleans(), st.integers(0, 2**31))
def test_time_goes_one_way(n: int, n_moments: int, grouped: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.r_[np.arange(4), rng.integers(0, n_moments, n - 4)].astype(float)
    groups = rng.permutation(n) if grouped else None
    found = split(labels_of(n, seed), seed, rules=SplitRules(groups, times))
    assert (rows_of(found) == np.arange(n)).all()
    assert times[found.train].max() < times[found.validation].min()
    assert times[found.validation].max() < times[found.test].min()
    other = split(labels_of(n, seed), seed + 1, rules=SplitRules(groups, times))
    assert (other.test == found.test).all()


def test_shares_of_time_are_as_near_as_ties_allow() -> None:
    assert np.bincount(cut_by_time(np.arange(200.0), (14, 3, 3))).tolist() == [140, 30, 30]
    days = np.repeat(np.arange(10.0), 20)
    assert np.bincount(cut_by_time(days, (14, 3, 3))).tolist() in ([140, 20, 40], [140, 40, 20], [120, 40, 40])
    assert np.bincount(cut_by_time(np.r_[np.zeros(90), 1, 2], (14, 3, 3))).tolist() == [90, 1, 1]


def test_a_group_belongs_where_its_latest_text_is() -> None:
    times = np.arange(100.0)
    groups = np.arange(100)
    groups[[0, 99]] = 500  # an early and the latest text of one user
    found = split(labels_of(100, 0), 0, rules=SplitRules(groups, times))
    assert {0, 99} <= set(found.test.tolist())
    assert apart(groups, found)
    assert times[found.train].max() < times[found.validation].min()


def test_a_given_test_part_must_follow_the_rules_and_validation_is_cut_by_them() -> None:
    labels, times = labels_of(120, 0), np.arange(120.0)
    groups = np.repeat(np.arange(24), 5)
    test = np.arange(100, 120)
    by_group = split(labels, 0, {"test": test}, SplitRules(groups))
    assert apart(groups, by_group)
    by_time = split(labels, 0, {"test": test}, SplitRules(times=times))
    assert (by_time.validation == np.arange(90, 100)).all()
    with pytest.raises(DataError, match=r"1 groups stand in train and validation and in the given test"):
        split(labels, 0, {"test": np.arange(98, 120)}, SplitRules(groups))
    with pytest.raises(DataError, match=r"100 of the 100 texts of train and validation aren't earlier"):
        split(labels, 0, {"test": np.arange(20)}, SplitRules(times=times))
    with pytest.raises(DataError, match="give a test part too"):
        split(labels, 0, {"validation": test}, SplitRules(times=times))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (SplitRules(groups=np.arange(40) % 2), "3 parts need at least 3 groups, got 2"),
        (SplitRules(times=np.arange(40.0) % 2), "at least 3 different moments, got 2"),
        (SplitRules(np.arange(40) % 2, np.arange(40.0)), "at least 3 different moments, got 2"),
    ],
)
def test_too_few_groups_or_moments(rules: SplitRules, message: str) -> None:
    with pytest.raises(DataError, match=message):
        split(labels_of(40, 0), 0, rules=rules)


@settings(deadline=None, max_examples=20)
@given(st.integers(60, 200), st.integers(2, 5), st.integers(0, 2**31))
def test_folds_keep_groups_together(n: int, k: int, seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, 30, n)
    found = folds(labels_of(n, seed), k, seed, SplitRules(groups))
    assert (np.sort(np.concatenate([fold.test for fold in found])) == np.arange(n)).all()
    for fold in found:
        assert apart(groups, fold)
        assert (rows_of(fold) == np.arange(n)).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(60, 200), st.integers(2, 5), st.booleans(), st.integers(0, 2**31))
def test_folds_in_time_learn_from_the_past_alone(n: int, k: int, grouped: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = rng.permutation(n).astype(float)
    groups = rng.integers(0, n // 2, n) if grouped else None
    found = folds(labels_of(n, seed), k, seed, SplitRules(groups, times))
    assert len(found) == k
    tested = np.concatenate([fold.test for fold in found])
    assert len(np.unique(tested)) == len(tested) < n
    for fold in found:
        if groups is None:
            assert times[fold.train].max() < times[fold.validation].min()
            assert times[fold.validation].max() < times[fold.test].min()
        else:
            assert apart(groups, fold)
            assert times[fold.train].max() < times[fold.test].max()
    sizes = [len(fold.train) for fold in found]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == k


def test_groups_are_the_same_where_they_are_written_the_same() -> None:
    numbers, blank = group_numbers(["a", " a", 7, 7.0, "7", None, "", float("nan"), "b"])
    assert numbers.tolist() == [0, 0, 1, 1, 1, 2, 3, 4, 5]
    assert blank == 3


def test_joined_groups_reach_over_both_groupings() -> None:
    found = joined(np.array([0, 0, 1, 2, 3]), np.array([5, 6, 6, 7, 8]))
    assert len(set(found[:3].tolist())) == 1
    assert len(set(found.tolist())) == 3
