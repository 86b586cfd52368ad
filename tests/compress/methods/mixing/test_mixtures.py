"""Mixtures are made of the words of two texts."""

from __future__ import annotations

import re

import numpy as np

from compress.methods.mixing.mixtures import MOST_MIXTURES, mixed_texts


def test_mixtures_are_made_of_the_words_of_two_texts() -> None:
    texts = ["a b c d e f", "u v w x y z"]
    made, halves = mixed_texts(texts, 10, [0])
    assert len(made) == len(halves) == 20
    assert all(text.split()[0] in texts[first] and text.split()[-1] in texts[second]
               for text, (first, second) in zip(made, halves, strict=True))  # fmt: skip
    assert all(set(text.split()) & set(texts[0].split()) and set(text.split()) & set(texts[1].split()) for text in made)
    assert made == mixed_texts(texts, 10, [0])[0] != mixed_texts(texts, 10, [1])[0]
    none, halves = mixed_texts(["alone"], 5, [0])
    assert (none, halves.shape) == ((), (0, 2))
    assert len(mixed_texts(["", ""], 1.5, [0])[0]) == 3
    assert len(mixed_texts(texts, 2 * MOST_MIXTURES, [0])[0]) == MOST_MIXTURES


def test_without_blanks_texts_are_cut_at_characters_and_joined_without_a_blank() -> None:
    made, _ = mixed_texts(["深度学习入门教程", "かなと漢字の か゚ text"], 20, [3])
    assert len(set(made)) > 20
    own = "深度学习入门教程"
    assert not any(re.search(f"[{own}] |の [{own}]", text) for text in made)
    assert any(re.search(f"[{own}]か|の[{own}]", text) for text in made)  # two texts, no blank between them
    assert all(text.count("゚") == text.count("か゚") for text in made)
    assert all(text == " ".join(text.split()) for text in made)
    assert all("text" in text or not set(text) & set("text") for text in made)


def test_words_are_mixed_as_ever() -> None:
    texts = ["graph nets for molecules", "Image, segmentation!", "a survey of deep sets"]
    rng, made = np.random.default_rng([7]), []
    for _ in range(9):
        words = [texts[row].split() for row in rng.choice(3, size=2, replace=False)]
        runs = []
        for own in words:
            length = int(rng.integers(len(own) // 3, len(own) + 1)) if len(own) >= 3 else len(own)
            start = int(rng.integers(0, len(own) - length + 1)) if len(own) >= 3 else 0
            runs += own[start : start + length]
        made.append(" ".join(runs))
    assert mixed_texts(texts, 3, [7])[0] == tuple(made)
