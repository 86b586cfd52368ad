"""The synthetic texts keep what they promise: laws of words and labels, and chunks that know nothing of each other."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bench.growth.synthetic import CHUNK, SEPARATOR, Growth


def counts_of(texts: list[str]) -> Counter[str]:
    return Counter(word for text in texts for word in text.split())


def test_words_follow_zipfs_law() -> None:
    texts, _ = Growth(topical=0.0).chunk(0, 5_000)
    frequencies = np.array([n for _, n in counts_of(texts).most_common(1_000)], np.float64)
    ranks = np.arange(1, 1_001)
    middle = slice(9, 500)
    slope = np.polyfit(np.log(ranks[middle]), np.log(frequencies[middle]), 1)[0]
    assert slope == pytest.approx(-1, abs=0.12)


def test_the_vocabulary_goes_on_growing() -> None:
    growth, seen, sizes = Growth(), set[str](), []
    for number in range(4):
        seen |= set(counts_of(growth.chunk(number, 1_500)[0]))
        sizes.append(len(seen))
    gained = np.diff(sizes)
    assert (gained > 500).all()  # Heaps: slower and slower, never at an end
    assert sizes[-1] / sizes[0] < 4


def test_chunks_are_the_same_whoever_makes_them() -> None:
    first, labels = Growth().chunk(7, 50)
    Growth().chunk(3, 20)
    again, their = Growth().chunk(7, 50)
    assert first == again
    assert np.array_equal(labels, their)
    assert first != Growth(seed=1).chunk(7, 50)[0]
    assert first != Growth().chunk(8, 50)[0]


def test_fewer_texts_are_the_first_of_more() -> None:
    texts = [text for own, _ in Growth().chunks(CHUNK + 30) for text in own]
    assert len(texts) == CHUNK + 30
    assert [text for own, _ in Growth().chunks(40) for text in own] == texts[:40]


def test_labels_fall_with_their_rank_and_are_one_to_three() -> None:
    _, labels = Growth().chunk(0, 5_000)
    shares = labels.mean(axis=0)
    assert np.polyfit(np.log(np.arange(1, 29)), np.log(shares), 1)[0] == pytest.approx(-0.7, abs=0.25)
    assert set(labels.sum(axis=1).tolist()) == {1, 2, 3}
    _, one = Growth(task="multiclass").chunk(0, 200)
    assert (one.sum(axis=1) == 1).all()


def test_texts_are_about_as_long_as_comments() -> None:
    texts, _ = Growth().chunk(0, 2_000)
    assert 55 < np.mean([len(text) for text in texts]) < 90


def test_a_file_holds_what_the_chunks_hold(tmp_path: Path) -> None:
    growth = Growth(n_classes=4)
    with growth.write_csv(tmp_path / "texts.csv", 25).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    (texts, labels) = next(growth.chunks(25))
    assert [row["text"] for row in rows] == texts
    assert [set(row["labels"].split(SEPARATOR)) for row in rows] == [
        {name for name, has in zip(growth.classes, own, strict=True) if has} for own in labels
    ]
