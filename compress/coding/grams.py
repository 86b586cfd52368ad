"""n-grams of characters that words imply: a yes or no for each that occurs in a word, the others spelled out.

Each word stands between its marks. Length by length, n-grams are those of one character less with one more behind, so
they are found by numbers, not by strings; of each it is known how many texts hold the words it occurs in, and whether
the two that it begins and ends with are there. The kernel does all of that at once where it reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from baselines.errors import ArtifactError
from compress.coding.bits import Coder, Whole
from compress.coding.kinship import marked_words
from compress.coding.rarity import CLASSES, Rarity, size_class
from compress.coding.sets import Hashed, mixed
from compress.coding.strings import code_strings, text_of

IMPLIED, SPELLED, LONGER = 2, 3, 4  # sorts of numbers
_WORTH = 32
# A table of all characters below is quicker than sorting them.
_FEW_POINTS = 1 << 14


def code_grams(
    coder: Coder,
    rarity: Rarity,
    words: Sequence[str],
    numbers: Whole,
    marks: tuple[int, int],
    lengths: tuple[int, int],
    n_terms: int,
    known: Mapping[str, int] | None = None,
) -> tuple[list[str], Whole]:
    """Terms, in no order, and their numbers.

    Args:
        words, numbers: what implies n-grams, and how many texts hold it, -1 where that isn't known.
        marks: code points before and after a word.
        lengths: of n-grams that words imply; longer and shorter ones are spelled out.
        n_terms: how many terms there are.
        known: number of each term; None where they are decoded.
    """
    terms: list[str] = []
    found: list[Whole] = []
    # So many words don't pay for so few n-grams.
    if sum(map(len, words)) <= _WORTH * n_terms:
        terms, found = _implied(coder, rarity, words, numbers, marks, lengths, known)
    n_spelled = n_terms - len(terms)
    if n_spelled < 0:
        raise ArtifactError("coded bytes are damaged: more n-grams than promised; make it again")
    spelled = None
    if known is not None:
        implied = set(terms)
        spelled = sorted(term for term in known if term not in implied)
    strings = code_strings(coder, n_spelled, spelled)
    none = np.full(n_spelled, -1)
    size = np.array([len(string) for string in strings], np.int64)
    values = None if known is None else np.array([known[string] for string in strings], np.int64)
    found.append(rarity.code(SPELLED, none, none, size, values))
    return terms + strings, np.concatenate(found)


def _implied(
    coder: Coder, rarity: Rarity, words: Sequence[str], numbers: Whole, marks: Any, lengths: Any, known: Any
) -> tuple[list[str], list[Whole]]:
    if not words:
        return [], []
    points, starts = marked_words(words, marks)
    coder.take(len(points))
    size = np.diff(starts)
    end = np.repeat(starts[1:], size)
    weight = np.repeat(np.maximum(numbers, 0) + 1, size)
    text = text_of(points)
    letter = _letters(points)
    n_letters = int(letter.max()) + 1
    table_digits = min(max(len(points).bit_length(), 12), 18)
    if coder.kernel is not None and known is None:
        starts_of, lengths_of, numbers_of = coder.kernel.grams(
            rarity.model, table_digits, letter, size, numbers, lengths
        )
        places = zip(starts_of.tolist(), (starts_of + lengths_of).tolist(), strict=True)
        return [text[start:stop] for start, stop in places], [numbers_of]
    hashed = Hashed(table_digits, 3, 1)
    group = np.zeros(len(points), np.int64)  # of the n-gram that begins at each place
    before = np.full(1, -1)  # number of each n-gram of one character less
    place = np.arange(len(points))
    terms: list[str] = []
    found: list[Whole] = []
    for n in range(1, lengths[1] + 1):
        place = place[place + n <= end[place]]
        if not len(place):
            break
        keys, first, inverse = np.unique(
            group[place] * n_letters + letter[place + n - 1], return_index=True, return_inverse=True
        )
        # Numbered by where they first stand.
        order = np.argsort(first)
        inverse = np.argsort(order)[inverse]
        at = place[first[order]]
        begins, ends = before[group[at]], before[group[at + 1]] if n > 1 else np.full(len(at), -1)
        total = np.bincount(inverse, weight[place]).astype(np.int64)
        group = np.full(len(points), -1)
        group[place] = inverse
        before = np.full(len(keys), -1)
        if n < lengths[0]:
            continue
        strings = [text[start : start + n] for start in at.tolist()]
        value = None if known is None else np.array([known.get(string, -1) for string in strings], np.int64)
        a, b, c = size_class(begins), size_class(ends), size_class(total)
        long = np.full(len(at), min(n, 8))
        edge = (letter[at] == letter[starts[0]]) * 2 + (letter[at + n - 1] == letter[starts[1] - 1])
        contexts = np.stack(
            [
                mixed(1, c, a > 0, b > 0, long),
                mixed(4, letter[at + n - 1], a > 0, long),
                mixed(6, a - c + CLASSES, b - c + CLASSES, edge),
            ]
        )
        flags = coder.bits(
            hashed.model, hashed.slots(contexts, np.zeros(len(at))), 0, None if value is None else value >= 0
        )
        inside = np.flatnonzero(flags)
        own = rarity.code(
            IMPLIED if n < 3 else LONGER,
            begins[inside],
            ends[inside],
            total[inside],
            None if value is None else value[inside],
        )
        before[inside] = own
        found.append(own)
        terms += [strings[i] for i in inside.tolist()]
    return terms, found


def _letters(points: Whole) -> Whole:
    """Characters as numbers of those that occur, in ascending order."""
    if int(points.max()) >= _FEW_POINTS:
        return np.unique(points, return_inverse=True)[1]
    letters: Whole = (np.cumsum(np.bincount(points) > 0) - 1)[points]
    return letters
