"""More texts for a student to hear the teacher on: the words of two training texts put together.

A small set leaves most of what a teacher knows unsaid. Nobody has labelled a mixed text; the teacher's answer is its
target, or, for a control, the labels of both halves. After the idea of data-free and mixed-sample distillation, in its
plainest form: cut two texts at a word, join the pieces. Where no blanks stand between words, as in Chinese, a text may
be cut at every character.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from baselines.text.unicode import alone_apart, stands_alone

# A large set says most of what its teacher knows by itself, and every mixture costs an answer and training time.
MOST_MIXTURES = 20_000


def mixed_texts(texts: Sequence[str], share: float, seed: Sequence[int]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Texts that are a run of words of one text followed by a run of words of another.

    The runs are between a third and the whole of their text. Fewer than two texts give no mixtures.

    Args:
        texts: to draw from.
        share: mixtures per text, at least 0; no more than `MOST_MIXTURES` are made.
        seed: of the draw, integers >= 0.

    Returns:
        n mixtures, and the rows of both halves in `texts`, (n, 2).
    """
    if len(texts) < 2:
        return (), np.zeros((0, 2), np.intp)
    rng = np.random.default_rng(list(seed))
    # Of many texts few are cut, and cut texts take ten times the memory.
    words = lru_cache(MOST_MIXTURES)(lambda row: _pieces(texts[row]))
    made: list[str] = []
    rows: list[tuple[int, int]] = []
    for _ in range(min(round(share * len(texts)), MOST_MIXTURES)):
        first, second = rng.choice(len(texts), size=2, replace=False).tolist()
        made.append(_joined(_run(words(first), rng), _run(words(second), rng)))
        rows.append((first, second))
    return tuple(made), np.asarray(rows, np.intp).reshape(-1, 2)


def _pieces(text: str) -> list[str]:
    """What a text may be cut into; a piece behind a blank begins with one."""
    return [" " * (not n) + piece for run in text.split() for n, piece in enumerate(alone_apart(run))]


def _joined(first: list[str], second: list[str]) -> str:
    """No blank is made between two characters that need none."""
    left, right = "".join(first).strip(" "), "".join(second).strip(" ")
    blank = not (left and right and stands_alone(left[-1]) and stands_alone(right[0]))
    return f"{left}{' ' * blank}{right}".strip(" ")


def _run(words: list[str], rng: np.random.Generator) -> list[str]:
    if len(words) < 3:
        return words
    length = int(rng.integers(len(words) // 3, len(words) + 1))
    start = int(rng.integers(0, len(words) - length + 1))
    return words[start : start + length]
