"""Of many texts some stand for all, always the same ones; of few all do."""

from __future__ import annotations

import numpy as np

from bench.numbers.samples import MOST_ASKED, sampled, sampled_rows


def test_few_texts_are_all_taken_as_they_are() -> None:
    texts = ("a", "b", "c")
    assert sampled(texts) is texts
    assert sampled_rows(MOST_ASKED).tolist() == list(range(MOST_ASKED))


def test_many_texts_are_drawn_at_random_in_their_order() -> None:
    texts = [str(number) for number in range(12_345)]
    rows = sampled_rows(len(texts), 1_000)
    assert len(set(rows.tolist())) == 1_000
    assert (np.diff(rows) > 0).all()
    assert list(sampled(texts, 1_000)) == [texts[row] for row in rows]
    assert np.array_equal(rows, sampled_rows(len(texts), 1_000))
    assert abs(rows.mean() / 12_345 - 0.5) < 0.03
