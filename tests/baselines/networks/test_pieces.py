"""Word dropout leaves out words, and short runs where no blanks stand between words; never part of a character."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.networks.batches import WordDropout
from baselines.networks.pieces import pieces_of
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import UNITS, Tokenizer, Unit

TEXTS = ("深度学习入门", "PyTorch入門 guide", "かな か゚ 한국어로", "café हिन्दी 😀", "")


def drawn(unit: Unit, rate: float, seeds: int) -> tuple[Tokenizer, list[list[str]]]:
    """The texts that are left of each of `TEXTS`, over several draws."""
    tokenizer = Tokenizer.learn(TEXTS, min_count=1, cleaning=Cleaning("raw"), unit=unit)
    dropout = WordDropout(tokenizer.encode_batch(TEXTS), pieces_of(tokenizer))
    draws = [dropout.draw(rate, np.random.default_rng(seed)) for seed in range(seeds)]
    return tokenizer, [[_decoded(tokenizer, ids) for ids in texts] for texts in zip(*draws, strict=True)]


def _decoded(tokenizer: Tokenizer, ids: np.ndarray) -> str:
    chars = "".join(tokenizer.alphabet[i - 2] for i in ids)
    return chars.encode("latin-1").decode("utf-8") if tokenizer.unit == "bytes" else chars


@pytest.mark.parametrize("unit", UNITS)
def test_what_is_left_is_whole_characters_in_order_without_new_blanks(unit: Unit) -> None:
    _, left = drawn(unit, 0.4, 80)
    for text, found in zip(TEXTS, left, strict=True):
        for one in found:
            rest = iter(text)
            assert all(char in rest for char in one), one  # a subsequence
            assert not one.startswith(" ")
    assert {part for one in left[3] for part in one.split()} <= {"café", "हिन्दी", "😀"}
    assert {one for one in left[1] if "P" in one or "guide" in one} <= {
        f"{word}{rest}".strip() for word in ("PyTorch", "") for rest in ("入門 guide", "入 guide", "門 guide", " guide",
                                                                        "入門", "入", "門", "")
    }  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_chinese_loses_short_runs_not_everything(unit: Unit) -> None:
    _, left = drawn(unit, 0.3, 200)
    assert len(set(left[0])) > 15
    assert 0.6 < np.mean([len(one) for one in left[0]]) / len(TEXTS[0]) < 0.85
    assert all(one.count("゚") == one.count("か゚") for one in left[2])


@pytest.mark.parametrize("unit", UNITS)
def test_without_a_rate_texts_stay_as_they_are(unit: Unit) -> None:
    _, left = drawn(unit, 0.0, 2)
    assert [set(found) for found in left] == [{Cleaning("raw")(text)} for text in TEXTS]


def test_plain_words_are_dropped_as_by_hand() -> None:
    tokenizer = Tokenizer("abcdefghijklmnopqrstuvwxyz ", Cleaning("course"))
    texts = ["graph neural networks", "image", "deep sets"]
    draws = WordDropout(tokenizer.encode_batch(texts), pieces_of(tokenizer)).draw(0.5, np.random.default_rng(4))
    kept = iter((np.random.default_rng(4).random(6) >= 0.5).tolist())
    expected = []
    for text in texts:
        words = [(word, next(kept)) for word in text.split()]
        expected.append(" ".join(word for word, stays in words if stays) or text)
    assert [_decoded(tokenizer, ids) for ids in draws] == expected
