"""The rows of a vectorizer, whatever they are found by: terms of words and of characters, and numbers of buckets.

Words come first, all blocks together, since they imply the n-grams of characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.errors import ArtifactError
from baselines.text.ngram_settings import NgramSettings
from compress.coding.bits import Coder, Whole
from compress.coding.grams import code_grams
from compress.coding.numbers import code_numbers, number_model
from compress.coding.phrases import MOST_WORDS, code_phrases
from compress.coding.rarity import Rarity
from compress.coding.strings import code_strings

_SPELLED, _HASHED = 5, 6  # sorts of numbers
_BLANK = (32, 32)


@dataclass(frozen=True)
class Rows:
    """What the rows of one block are.

    Attributes:
        terms: sorted; of a hashed block empty.
        buckets: ascending; None unless the block is hashed.
        numbers: of each row: how many texts hold it, or another number that grows with that.
    """

    terms: Sequence[str]
    buckets: Whole | None
    numbers: Whole


@dataclass(frozen=True)
class Shape:
    """What is known of a block's rows before they are decoded.

    Attributes:
        settings: of its n-grams.
        hashed: whether rows are found by a hash.
        n: rows.
    """

    settings: NgramSettings
    hashed: bool
    n: int

    @property
    def wordy(self) -> bool:
        """Whether its terms are words and neighbouring words."""
        return self.settings.analyzer == "word"

    @property
    def marks(self) -> tuple[int, int]:
        """Code points before and after a word in n-grams of characters."""
        return (ord("<"), ord(">")) if self.settings.analyzer == "subword" else _BLANK


def code_vocabulary(coder: Coder, shapes: Sequence[Shape], known: Sequence[Rows] | None = None) -> list[Rows]:
    """Rows of each block.

    Args:
        shapes: of the blocks.
        known: their rows; None where they are decoded.
    """
    for shape in shapes:
        coder.take(shape.n)
    rarity = Rarity(coder)
    mapped = (
        None
        if known is None
        else [dict(zip(rows.terms, rows.numbers.tolist(), strict=True)) if rows.terms else {} for rows in known]
    )
    words = _code_words(coder, shapes, known)
    weights = np.full(len(words), -1)
    found: list[Rows | None] = [None] * len(shapes)
    for place, shape in enumerate(shapes):
        if shape.hashed:
            found[place] = _code_buckets(coder, rarity, shape, None if known is None else known[place])
        elif shape.wordy and shape.n:
            mine = None if mapped is None else mapped[place]
            found[place], alone = _code_terms(coder, rarity, shape, words, mine)
            weights = np.maximum(weights, alone)
    for place, shape in enumerate(shapes):
        if found[place] is None:
            mine = None if mapped is None else mapped[place]
            lengths = shape.settings.low, shape.settings.high
            terms, numbers = code_grams(coder, rarity, words, weights, shape.marks, lengths, shape.n, mine)
            found[place] = _sorted(terms, numbers)
    return [rows for rows in found if rows is not None]


def _code_words(coder: Coder, shapes: Sequence[Shape], known: Sequence[Rows] | None) -> list[str]:
    """All words of the terms of all blocks of words, sorted."""
    if not any(shape.wordy and shape.n and not shape.hashed for shape in shapes):
        return []
    words = None
    if known is not None:
        terms = (term for shape, rows in zip(shapes, known, strict=True) if shape.wordy for term in rows.terms)
        words = sorted({word for term in terms if not _spelled(term) for word in term.split(" ")})
    one = np.zeros((1, 1), np.int64)
    n = int(code_numbers(coder, number_model(1, 1), one, 0, None if words is None else np.array([len(words)]))[0])
    return code_strings(coder, n, words)


def _spelled(term: str) -> bool:
    return term.count(" ") >= MOST_WORDS


def _code_terms(
    coder: Coder, rarity: Rarity, shape: Shape, words: Sequence[str], known: dict[str, int] | None
) -> tuple[Rows, Whole]:
    """Terms of words, and the number of each word."""
    phrases = None if known is None else {term: number for term, number in known.items() if not _spelled(term)}
    spelled = None if known is None else sorted(term for term in known if _spelled(term))
    terms, numbers, alone = code_phrases(coder, rarity, words, phrases)
    if len(terms) > shape.n:
        raise ArtifactError("coded bytes are damaged: more terms than promised; make it again")
    strings = code_strings(coder, shape.n - len(terms), spelled)
    none = np.full(len(strings), -1)
    values = None if known is None else np.array([known[string] for string in strings], np.int64)
    others = rarity.code(_SPELLED, none, none, none, values)
    return _sorted([*terms, *strings], np.concatenate([numbers, others])), alone


def _sorted(terms: list[str], numbers: Whole) -> Rows:
    order = sorted(range(len(terms)), key=terms.__getitem__)
    return Rows(tuple([terms[place] for place in order]), None, numbers[order])


def _code_buckets(coder: Coder, rarity: Rarity, shape: Shape, known: Rows | None) -> Rows:
    model = number_model(1, 1)
    steps = None if known is None or known.buckets is None else np.diff(known.buckets, prepend=-1) - 1
    found = code_numbers(coder, model, np.zeros((1, shape.n), np.int64), 0, steps)
    none = np.full(shape.n, -1)
    numbers = rarity.code(_HASHED, none, none, none, None if known is None else known.numbers)
    return Rows((), np.cumsum(found + 1) - 1, numbers)
