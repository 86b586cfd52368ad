"""Seconds that trainings take on one usual core: the first guess of the time left, soon outweighed by what is seen."""

from __future__ import annotations

from collections.abc import Mapping

# Texts of the training part of the embedded sample, and its classes.
SAMPLE_TEXTS = 1_030
_SAMPLE_CLASSES = 35
# CPU seconds of a training there; the first baseline also tries the cleanings.
_TRAINING_S: Mapping[str, float] = {
    "cnn": 25,
    "rnn": 18,
    "tfidf-boosting": 28,
    "linear": 10,
    "ensemble": 5,
    "tfidf-forest": 4,
    "transformer-frozen": 20,
    "transformer-tuned": 200,
    "rules": 0.1,
    **dict.fromkeys(("chance-coin", "chance-frequency", "chance-majority"), 0.01),
}
_OTHERS_S = 1.0
# Trees are grown a class.
_BY_CLASS = ("tfidf-boosting",)
# Networks are trained for a bounded number of steps, so that more texts than these cost no more.
MOST_TEXTS: Mapping[str, int] = dict.fromkeys(("cnn", "rnn", "transformer-tuned"), 32_000)


def training_s(baseline: str, n_texts: int = SAMPLE_TEXTS, n_classes: int = _SAMPLE_CLASSES) -> float:
    """Expected seconds of a baseline's training with so many texts and classes."""
    times = max(0.1, min(n_texts, MOST_TEXTS.get(baseline, n_texts)) / SAMPLE_TEXTS)
    if baseline in _BY_CLASS:
        times *= n_classes / _SAMPLE_CLASSES
    return _TRAINING_S.get(baseline, _OTHERS_S) * times
