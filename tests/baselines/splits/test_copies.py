"""A copy never stands on both sides, unless it was asked to; equal texts with other labels are found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.data.building import build_dataset
from baselines.data.data_options import DataOptions
from baselines.dataset import Dataset, Part, Removed, Split
from baselines.errors import DataError
from baselines.splits.copies import conflict_facts, conflicts, copies_said, folds_within, without_copies
from baselines.splits.duplicates import duplicate_groups
from baselines.splits.of_dataset import fold_splits, split_again
from baselines.splits.rules import SplitWishes

TEXTS = ["one", "two", "three", "four", "five", "six", "One!", "TWO", "three", "seven"]
SPLIT = Split(np.array([0, 1, 2, 3, 4, 5]), np.array([6, 9]), np.array([7, 8]))


def twice(copies: str = "drop") -> Dataset:
    """150 texts, 75 of them once more at the end."""
    texts = [f"text number {i}" for i in range(150)]
    labels = [[("a", "b", "c")[i % 3]] for i in range(150)]
    wishes = SplitWishes(copies=copies)  # type: ignore[arg-type]
    return build_dataset("n", texts + texts[:75], labels + labels[:75], DataOptions(splitting=wishes))


def test_training_and_validation_lose_what_later_parts_hold() -> None:
    texts = [*(f"text {i}" for i in range(20)), "Text 0!", "text 1", "text 1", "other"]
    split = Split(np.arange(20), np.array([20, 21, 23]), np.array([22]))
    found, removed = without_copies(texts, split)
    assert removed == Removed((0, 1), (21,))
    assert found.train.tolist() == list(range(2, 20))
    assert (found.validation.tolist(), found.test.tolist()) == ([20, 23], [22])
    same, kept = without_copies(texts, split, "keep")
    assert same is split
    assert kept == Removed(kept=(0, 1, 21))


def test_too_little_is_left_without_copies() -> None:
    with pytest.raises(DataError, match=r"3 of 6 training texts .* 3 and 2 are left, at least 5 and 1 .*--copies keep"):
        without_copies(TEXTS, SPLIT)
    with pytest.raises(DataError, match="--copies keep"):
        build_dataset("n", ["the same", "another"] * 25, [["a"], ["b"]] * 25, DataOptions())


def test_75_texts_that_stand_twice_are_said() -> None:
    dataset = twice()
    assert len(dataset.removed) > 10
    groups = duplicate_groups(dataset.everything.texts, near=False)
    train, validation, test = (
        set(groups[rows].tolist()) for rows in (dataset.split.train, dataset.split.validation, dataset.split.test)
    )
    assert not train & validation
    assert not (train | validation) & test
    assert copies_said(dataset.removed.counts())[0] in dataset.notes
    rows = [
        *dataset.split.train,
        *dataset.split.validation,
        *dataset.split.test,
        *dataset.removed.from_train,
        *dataset.removed.from_validation,
    ]
    assert sorted(rows) == list(range(225))
    kept = twice("keep")
    assert len(kept.removed) == 0
    assert len(kept.removed.kept) == len(dataset.removed)
    assert kept.sha256 != dataset.sha256


def test_copies_are_in_no_fold_on_both_sides() -> None:
    dataset = twice()
    groups = duplicate_groups(dataset.everything.texts, near=False)
    found = fold_splits(dataset, 3, 0)
    assert sorted(np.concatenate([fold.test for fold in found]).tolist()) == list(range(225))
    for fold in found:
        assert not np.isin(groups[fold.train], groups[np.r_[fold.validation, fold.test]]).any()
        assert not np.isin(groups[fold.validation], groups[fold.test]).any()
    assert sum(len(fold.train) + len(fold.validation) for fold in fold_splits(twice("keep"), 3, 0)) == 2 * 225
    assert (split_again(dataset, 0).train == dataset.split.train).all()


def test_folds_within_a_part_keep_copies_and_groups_together() -> None:
    part = twice().everything
    groups = np.arange(225) // 2
    for own in ((), tuple(groups.tolist())):
        fold_of = folds_within(part, 5, np.random.default_rng(0), own)
        assert set(fold_of.tolist()) == set(range(5))
        for together in (duplicate_groups(part.texts, near=False), *([groups] if own else [])):
            assert all(len(set(fold_of[together == number].tolist())) == 1 for number in np.unique(together))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=30))
def test_conflicts_are_groups_with_unlike_labels(pairs: list[tuple[int, int]]) -> None:
    texts = tuple(f"text {text}" for text, _ in pairs)
    labels = np.array([[bool(label & 1), bool(label & 2)] for _, label in pairs])
    part = Part(texts, labels, ("a", "b"))
    found = conflicts(part, duplicate_groups(texts, near=False))
    expected = {
        text: [row for row, own in enumerate(texts) if own == text]
        for text in texts
        if len({tuple(labels[row]) for row, own in enumerate(texts) if own == text}) > 1
    }
    assert sorted(map(list, found)) == sorted(expected.values())
    facts = conflict_facts(part, duplicate_groups(texts, near=False))
    assert (facts["groups"], facts["documents"]) == (len(expected), sum(map(len, expected.values())))


def test_what_is_said_of_copies() -> None:
    assert copies_said({"from_train": 75, "from_validation": 0, "kept": 0}) == [
        "75 training texts that also stand in validation or test were left out"
    ]
    assert copies_said({"from_train": 1, "from_validation": 2}) == [
        "1 training text that also stands in validation or test was left out",
        "2 validation texts that also stand in test were left out",
    ]
    assert "scores are higher than new texts will get" in copies_said({"kept": 3})[0]
    assert copies_said(None) == copies_said({}) == copies_said({"from_train": "x"}) == []
