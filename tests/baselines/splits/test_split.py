"""Parts and folds: complete, disjoint, the same for the same seed, and fair to every class."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.data.data_options import DataOptions
from baselines.data.sources import load
from baselines.dataset import PARTS, Dataset, PartName, Split
from baselines.errors import DataError
from baselines.splits import split as splits
from baselines.task import LabelMatrix


def random_labels(n: int, classes: int, seed: int = 0) -> LabelMatrix:
    """Classes of very different frequency, some texts without any."""
    rng = np.random.default_rng(seed)
    return rng.random((n, classes)) < rng.dirichlet(np.ones(classes) / 2) * 2


def all_rows(split: Split) -> np.ndarray:
    return np.sort(np.concatenate([getattr(split, part) for part in PARTS]))


@settings(deadline=None, max_examples=25)
@given(st.integers(10, 300), st.integers(2, 12), st.integers(0, 2**31))
def test_every_row_is_in_one_part(n: int, classes: int, seed: int) -> None:
    labels = random_labels(n, classes, seed)
    split = splits.split(labels, seed)
    assert (all_rows(split) == np.arange(n)).all()
    assert all((np.diff(getattr(split, part)) > 0).all() for part in PARTS)
    enough = labels.sum(axis=0) >= 3
    assert labels[split.train].any(axis=0)[enough].all()


@pytest.mark.parametrize("n", [200, 12_000])
def test_shares_are_kept_for_texts_and_classes(n: int) -> None:
    labels = random_labels(n, 20)
    split = splits.split(labels, 0)
    for part, share in zip(PARTS, (0.7, 0.15, 0.15), strict=True):
        rows = getattr(split, part)
        # 20 chunks of rounding, at most half a fold each
        assert abs(len(rows) / n - share) < 0.035
        frequent = labels.sum(axis=0) >= 20
        found = labels[rows][:, frequent].sum(axis=0) / labels[:, frequent].sum(axis=0)
        assert np.abs(found - share).max() < 0.11


def test_stratified_is_fairer_than_chance() -> None:
    labels = random_labels(1500, 30)
    frequent = labels.sum(axis=0) >= 20

    def unfairness(test: np.ndarray) -> float:
        return float(np.abs(labels[test][:, frequent].sum(axis=0) / labels[:, frequent].sum(axis=0) - 0.15).mean())

    by_chance = [unfairness(np.random.default_rng(s).permutation(1500)[:225]) for s in range(20)]
    stratified = [unfairness(splits.split(labels, seed).test) for seed in range(5)]
    assert np.mean(stratified) < np.mean(by_chance) / 2


def test_same_seed_same_split_and_numpy_is_left_alone() -> None:
    labels = random_labels(200, 8)
    np.random.seed(7)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    first, again, other = splits.split(labels, 3), splits.split(labels, 3), splits.split(labels, 4)
    assert (np.random.random(3) == expected).all()  # noqa: NPY002
    assert (first.test == again.test).all()
    assert len(first.test) != len(other.test) or (first.test != other.test).any()


def test_three_positives_reach_three_parts() -> None:
    labels = np.zeros((500, 3), np.bool_)
    labels[:250, 0] = labels[250:, 1] = True
    labels[[10, 20, 300], 2] = True
    for seed in range(5):
        split = splits.split(labels, seed)
        assert [int(labels[getattr(split, part)][:, 2].sum()) for part in PARTS] == [1, 1, 1]


def test_two_positives_serve_training_first() -> None:
    labels = np.zeros((60, 2), np.bool_)
    labels[:, 0] = True
    labels[[5, 50], 1] = True
    for seed in range(5):
        split = splits.split(labels, seed)
        assert labels[split.train][:, 1].any()
        absent = splits.missing_classes(labels, ("many", "few"), split)
        assert list(absent.values()) == [["few"]]


@pytest.mark.parametrize(
    ("n", "shares"),
    [
        (20_000, np.ones(77) / 77),
        (20_000, np.arange(1, 78) ** 2 / np.sum(np.arange(1, 78) ** 2)),
        (5_000, np.array([0.13, 0.87])),
        (600, np.arange(1, 11) / 55),
    ],
)
def test_one_label_a_text_is_dealt_fairly_and_quickly(n: int, shares: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    labels = np.eye(len(shares), dtype=bool)[rng.choice(len(shares), n, p=shares)]
    for matrix in (labels, labels[:, :1]):
        start = time.process_time()
        found = splits.split(matrix, 0)
        assert time.process_time() - start < 20
        for part, share in zip(PARTS, (0.7, 0.15, 0.15), strict=True):
            rows = getattr(found, part)
            assert abs(len(rows) - share * n) <= 20
            wanted = share * matrix.sum(axis=0)
            assert (np.abs(matrix[rows].sum(axis=0) - wanted) <= 3 + 0.03 * wanted).all()
        enough = matrix.sum(axis=0) >= 3
        assert all(matrix[getattr(found, part)].any(axis=0)[enough].all() for part in PARTS)


@settings(deadline=None, max_examples=20)
@given(
    st.integers(40, 200),
    st.sets(st.sampled_from(["validation", "test"]), min_size=1),
    st.integers(0, 2**31),
)
def test_given_parts_stay_and_the_rest_is_dealt(n: int, names: set[PartName], seed: int) -> None:
    labels = random_labels(n, 4, seed)
    rows = np.random.default_rng(seed).permutation(n)
    given_rows = {name: rows[10 * i : 10 * i + 10] for i, name in enumerate(sorted(names))}
    found = splits.split(labels, seed, given_rows)
    assert (all_rows(found) == np.arange(n)).all()
    for name, own in given_rows.items():
        assert (getattr(found, name) == np.sort(own)).all()
    left = n - 10 * len(names)
    dealt = 1.0 if len(names) == 2 else 0.85
    assert abs(len(found.train) - dealt * left) <= 0.05 * left + 4


def test_too_little_is_left_beside_given_parts() -> None:
    with pytest.raises(DataError, match="at least 10 texts are needed, got 9"):
        splits.split(np.ones((29, 2), np.bool_), 0, {"test": np.arange(20)})


def test_texts_without_labels_are_split_too() -> None:
    split = splits.split(np.zeros((100, 2), np.bool_), 0)
    assert (all_rows(split) == np.arange(100)).all()
    assert 60 <= len(split.train) <= 80


def test_folds_test_every_text_once() -> None:
    labels = random_labels(400, 10)
    found = splits.folds(labels, 5, 0)
    assert (np.sort(np.concatenate([fold.test for fold in found])) == np.arange(400)).all()
    for fold in found:
        assert (all_rows(fold) == np.arange(400)).all()
        assert abs(len(fold.test) - 80) <= 8
        assert abs(len(fold.validation) - 40) <= 8
        frequent = labels.sum(axis=0) >= 15
        assert labels[fold.train][:, frequent].any(axis=0).all()
        assert labels[fold.test][:, frequent].any(axis=0).all()
    assert all((a.train == b.train).all() for a, b in zip(found, splits.folds(labels, 5, 0), strict=True))


@pytest.mark.parametrize(("n", "k", "message"), [(100, 1, "at least 2"), (11, 3, "at least 12 texts"), (9, 2, "10")])
def test_too_little_to_fold(n: int, k: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        splits.folds(np.ones((n, 2), np.bool_), k, 0)


def test_real_data_has_every_class_in_every_part(madewithml_dir: Path) -> None:
    dataset = load(DataOptions("madewithml", data_dir=madewithml_dir, seed=3))
    assert splits.missing_classes(dataset.everything.labels, dataset.classes, dataset.split) == {}
    for fold in splits.folds(dataset.everything.labels, 5, 0):
        assert splits.missing_classes(dataset.everything.labels, dataset.classes, fold) == {}


def test_sample_has_every_class_in_every_part(sample: Dataset) -> None:
    assert splits.missing_classes(sample.everything.labels, sample.classes, sample.split) == {}
