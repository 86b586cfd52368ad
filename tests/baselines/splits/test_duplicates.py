"""The same text in another spelling is a duplicate; Chinese is compared by its characters."""

from __future__ import annotations

import unicodedata

import pytest

from baselines.splits.duplicates import duplicate_groups
from tests.cases.unicode_case import SAME


@pytest.mark.parametrize("pair", [*SAME, ("Deep nets!", "deep, NETS"), ("नमस्ते", unicodedata.normalize("NFD", "नमस्ते"))])
def test_another_spelling_is_an_exact_duplicate(pair: tuple[str, str]) -> None:
    assert duplicate_groups([*pair, "another text"], near=False).tolist() == [0, 0, 2]


def test_marks_tell_words_apart() -> None:
    assert len(set(duplicate_groups(["कि", "की", "क", "हिन्दी", "हिन्द"], near=True))) == 5


def test_texts_of_symbols_alone_are_duplicates_of_nothing() -> None:
    assert duplicate_groups(["", "!?", "!?", "😀", "\u200d"], near=True).tolist() == [0, 1, 2, 3, 4]


def test_chinese_texts_that_share_most_characters_are_near_duplicates() -> None:
    text = "今天我们介绍一种新的深度学习方法用于图像分割任务并且公开了全部代码"
    texts = [text, text.replace("全部", "所有"), "完全不同的一句话没有任何关系只是为了比较而写在这里"]
    assert duplicate_groups(texts, near=True).tolist() == [0, 0, 2]
    assert duplicate_groups(texts, near=False).tolist() == [0, 1, 2]
