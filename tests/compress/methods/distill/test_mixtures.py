"""Mixtures are made of the words of two texts."""

from __future__ import annotations

from compress.methods.distill.mixtures import MOST_MIXTURES, mixed_texts


def test_mixtures_are_made_of_the_words_of_two_texts() -> None:
    texts = ["a b c d e f", "u v w x y z"]
    made = mixed_texts(texts, 10, [0])
    assert len(made) == 20
    assert all(set(text.split()) & set(texts[0].split()) and set(text.split()) & set(texts[1].split()) for text in made)
    assert made == mixed_texts(texts, 10, [0]) != mixed_texts(texts, 10, [1])
    assert mixed_texts(["alone"], 5, [0]) == ()
    assert len(mixed_texts(["", ""], 1.5, [0])) == 3
    assert len(mixed_texts(texts, 2 * MOST_MIXTURES, [0])) == MOST_MIXTURES
