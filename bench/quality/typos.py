"""Texts as people type them: swapped, missing, added and wrong characters, at a given rate."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from baselines.dataset import Part
from baselines.scores.intervals import N_RESAMPLES
from baselines.scores.resampling import resample_scores
from baselines.task import Probabilities, Thresholds, decide
from bench.numbers.samples import MOST_ASKED, sampled_rows

RATES = (0.0, 0.05, 0.10)
KINDS = ("swap", "delete", "insert", "replace")
_LETTERS = np.array(list(string.ascii_lowercase))


def with_typos(text: str, rate: float, rng: np.random.Generator) -> str:
    """A text in which each character has a typo with probability `rate`.

    Swap (with the next character), delete, insert and replace (by a random letter a-z) are equally likely.
    """
    hit = rng.random(len(text)) < rate
    kinds = rng.integers(len(KINDS), size=len(text))
    letters = rng.choice(_LETTERS, size=len(text))
    out: list[str] = []
    position = 0
    while position < len(text):
        kind = KINDS[kinds[position]] if hit[position] else ""
        own = text[position]
        if kind == "swap" and position + 1 < len(text):
            out += [text[position + 1], own]
            position += 1
        elif kind == "insert":
            out += [str(letters[position]), own]
        elif kind == "replace":
            out.append(str(letters[position]))
        elif kind != "delete":
            out.append(own)
        position += 1
    return "".join(out)


@lru_cache(maxsize=8)
def texts_with_typos(texts: Sequence[str], rate: float, seed: int) -> tuple[str, ...]:
    """Every text with its typos: the same ones for the same seed, made once for all models."""
    rng = np.random.default_rng([seed, round(rate * 1_000)])
    return tuple(with_typos(text, rate, rng) for text in texts)


def score_under_typos(
    predict_proba: Callable[[Sequence[str]], Probabilities],
    thresholds: Thresholds,
    part: Part,
    seed: int,
    *,
    rates: Sequence[float] = RATES,
    n_resamples: int = N_RESAMPLES,
) -> list[dict[str, Any]]:
    """The part's metric on texts with typos; every model gets the same typos for the same seed.

    Args:
        predict_proba: texts -> float32 (n_texts, n_classes), columns as in `part.classes`.
        thresholds: float32 (n_classes,).
        part: texts and truth; at least one text. Of more than `MOST_ASKED` so many are drawn.
        seed: of typos and resamples.
        rates: shares of characters with a typo, in [0, 1].
        n_resamples: B of the bootstrap over texts.

    Returns:
        `{"rate", "score": {"value", "low", "high"}, "n"}` for each rate; `n` texts were asked again.
    """
    found, part = [], part if len(part) <= MOST_ASKED else part.take(sampled_rows(len(part)))
    for rate in rates:
        answers = predict_proba(texts_with_typos(part.texts, rate, seed))
        # The same resamples for every rate: the fall from rate to rate is then no accident of the draw.
        resampled = resample_scores(
            part.labels,
            {"": decide(answers, thresholds, part.task)},
            np.random.default_rng(seed),
            probabilities={"": answers},
            task=part.task,
            metric=part.judged_by,
            metrics=(),
            n_resamples=n_resamples,
        )
        found.append({"rate": rate, "score": resampled.interval("").to_json(), "n": len(part)})
    return found
