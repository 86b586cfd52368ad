"""Many rows: whole sets of labels are dealt first, copies are found band by band, and both as well as of few."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from baselines.splits import duplicates, stratify
from baselines.splits.duplicates import SIMILARITY, duplicate_groups
from baselines.splits.split import folds, split
from baselines.task import LabelMatrix


def _labels(n: int, n_classes: int) -> LabelMatrix:
    rng = np.random.default_rng(4)
    shares = 0.5 / np.arange(1, n_classes + 1)
    labels: LabelMatrix = rng.random((n, n_classes)) < shares
    labels[:, -1] = False
    labels[rng.choice(n, 4, replace=False), -1] = True  # a class with four texts
    return labels


def _farthest(labels: LabelMatrix, rows: NDArray[np.intp], share: float) -> float:
    """By how many texts a class misses its share at most."""
    return float(np.abs(labels[rows].sum(axis=0) - share * labels.sum(axis=0)).max())


@pytest.mark.parametrize("n_classes", [6, 30])
def test_sets_dealt_whole_keep_shares_as_well_as_the_way_for_few(
    n_classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = _labels(2_400, n_classes)
    before = split(labels, 3)
    monkeypatch.setattr(stratify, "MANY", 600)
    found = split(labels, 3)
    rows = np.concatenate([found.train, found.validation, found.test])
    assert sorted(rows.tolist()) == list(range(2_400))
    for name, share in (("train", 0.7), ("validation", 0.15), ("test", 0.15)):
        ours, theirs = getattr(found, name), getattr(before, name)
        assert abs(len(ours) - share * 2_400) <= max(4, abs(len(theirs) - share * 2_400))
        assert _farthest(labels, ours, share) <= max(6.0, 1.5 * _farthest(labels, theirs, share))
        assert labels[ours, -1].any()
    again = split(labels, 3)
    assert again.test.tolist() == found.test.tolist()
    assert split(labels, 4).test.tolist() != found.test.tolist()


def test_folds_of_many_rows_share_every_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratify, "MANY", 500)
    labels = _labels(2_000, 8)
    for own in folds(labels, 4, 1):
        assert abs(len(own.test) - 500) <= 4
        assert _farthest(labels, own.test, 0.25) <= 8
        assert labels[own.test, -1].sum() == 1


def test_few_rows_are_dealt_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratify, "_dealt_by_set", None)
    assert stratify.MANY == 20_000
    owner = stratify.stratify(_labels(300, 5), (14, 3, 3), np.random.default_rng(0))
    assert set(owner.tolist()) == {0, 1, 2}


def _texts() -> list[str]:
    rng = np.random.default_rng(2)
    words = [f"w{i}" for i in range(60)]
    texts = [" ".join(rng.choice(words, 14)) for _ in range(150)]
    for row in range(0, 150, 5):  # one word of fourteen is another
        own = texts[row].split()
        own[13] = "other"
        texts.append(" ".join(own))
    return [*texts, texts[3].upper(), f"{texts[4]}!", "", "  ", "…", "日本 語", "日本語"]


def test_near_copies_are_those_that_comparing_all_pairs_finds() -> None:
    texts = _texts()
    grams = [{tuple(own[i : i + 3]) for i in range(max(1, len(own) - 2))} for own in map(duplicates._words, texts)]
    parents = list(range(len(texts)))
    for a, b in combinations(range(len(texts)), 2):
        alike = grams[a] != {()} and len(grams[a] & grams[b]) >= SIMILARITY * len(grams[a] | grams[b])
        if alike and duplicates._words(texts[a]) and duplicates._words(texts[b]):
            low, high = sorted((parents[a], parents[b]))
            parents = [low if own == high else own for own in parents]
    assert duplicate_groups(texts, near=True).tolist() == parents


@pytest.mark.parametrize("block", [1, 7, 1 << 16])
def test_blocks_and_a_full_memory_of_pairs_change_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = _texts()
    whole = duplicate_groups(texts, near=True).tolist()
    monkeypatch.setattr(duplicates, "_BLOCK", block)
    monkeypatch.setattr(duplicates, "_MOST_SEEN", 0)
    assert duplicate_groups(texts, near=True).tolist() == whole


def test_equal_words_are_one_group_and_nothing_is_a_copy_of_nothing() -> None:
    texts = ["A b", "", "a, B", " ", "c", "…", "a b"]
    assert duplicate_groups(texts, near=False).tolist() == [0, 1, 0, 3, 4, 5, 0]
    assert duplicate_groups([], near=True).tolist() == []
    assert duplicate_groups([""], near=True).tolist() == [0]
