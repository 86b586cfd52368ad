"""Seconds that trainings take on two cores: the first guess of the time left, which what is seen soon outweighs."""

from __future__ import annotations

from collections.abc import Mapping

# For the training part of the embedded sample; the first baseline also tries the cleanings.
_TRAINING_S: Mapping[str, float] = {
    "cnn": 35,
    "rnn": 30,
    "tfidf-boosting": 30,
    "linear": 12,
    "ensemble": 5,
    "tfidf-forest": 5,
}
_OTHERS_S = 2.0
_SAMPLE_TEXTS = 1030


def training_s(baseline: str) -> float:
    """Expected seconds of a baseline's training on the embedded sample."""
    return _TRAINING_S.get(baseline, _OTHERS_S)


def size_factor(n_texts: int) -> float:
    """How much longer a training of so many texts takes than one of the embedded sample."""
    return max(0.1, n_texts / _SAMPLE_TEXTS)
