"""Any strings as a tree of their characters, all nodes of one depth at a time.

What follows a node is foretold by its last one or two characters and its depth. A string ends with symbol 0; the
others number the characters that occur, in ascending order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.errors import ArtifactError
from compress.coding.bits import Coder, Whole
from compress.coding.numbers import code_numbers, number_model
from compress.coding.sets import SETS, Hashed, code_sets, mixed

# Longer strings don't share the tree, whose depth is what takes time.
_LONGEST = 255
_NODES = 1024
_FIRST_NODES = 16


def code_strings(coder: Coder, n: int, known: Sequence[str] | None = None) -> list[str]:
    """Distinct strings, sorted; n of them.

    Args:
        known: the strings, sorted; None where they are decoded.
    """
    if not n:
        return []
    coder.take(n)
    long = [] if known is None else [string for string in known if len(string) > _LONGEST]
    model = number_model(1, 1)
    first = np.zeros((1, 1), np.int64)
    n_long = int(code_numbers(coder, model, first, 0, None if known is None else np.array([len(long)]))[0])
    if n_long > n:
        raise ArtifactError("coded bytes are damaged: more strings than promised; make it again")
    short = known if known is None or not long else [string for string in known if len(string) <= _LONGEST]
    found = _code_short(coder, n - n_long, short)
    return sorted(found + _code_long(coder, n_long, None if known is None else long)) if n_long else found


def _code_long(coder: Coder, n: int, known: Sequence[str] | None) -> list[str]:
    """Strings that would be the only ones of their depth: their lengths, then one character after the other."""
    model = number_model(2, 1)
    lengths = None if known is None else np.array([len(string) for string in known])
    size = code_numbers(coder, model, np.zeros((1, n), np.int64), 0, lengths)
    coder.take(int(size.sum()))
    points = None if known is None else code_points("".join(known))
    found = code_numbers(coder, model, np.ones((1, int(size.sum())), np.int64), 0, points)
    if found.max(initial=0) > 0x10FFFF:
        raise ArtifactError("coded bytes are damaged: no such character; make it again")
    text = text_of(found)
    ends = np.cumsum(size).tolist()
    return [text[end - length : end] for end, length in zip(ends, size.tolist(), strict=True)]


def _code_short(coder: Coder, n: int, known: Sequence[str] | None) -> list[str]:
    if not n:
        return []
    points = starts = None
    if known is not None:
        points = code_points("".join(known))
        starts = np.cumsum([0, *map(len, known)])
    alphabet = _code_alphabet(coder, None if points is None else np.unique(points))
    digits = len(alphabet).bit_length()
    table_digits = min(max(int(8 * n).bit_length(), 12), 20)
    if coder.kernel is not None and known is None:
        return coder.kernel.strings(table_digits, n, alphabet)
    hashed = Hashed(table_digits, 4, SETS)
    symbols = None if points is None else np.searchsorted(alphabet, points) + 1
    parents, letters = _code_tree(coder, hashed, digits, n, len(alphabet), symbols, starts)
    return _read_back(parents, letters, alphabet)


def code_points(text: str) -> Whole:
    """Of each character; int64 (n,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)


def text_of(points: Whole) -> str:
    """Undoes `code_points`."""
    return points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _code_alphabet(coder: Coder, known: Whole | None) -> Whole:
    """Ascending code points."""
    model = number_model(4, 1)
    one = np.zeros((1, 1), np.int64)
    size = int(code_numbers(coder, model, one, 0, None if known is None else np.array([len(known)]))[0])
    if size > 0x110000:
        raise ArtifactError("coded bytes are damaged: more characters than there are; make it again")
    steps = None if known is None else np.diff(known, prepend=-1) - 1
    found = []
    for start in range(0, size, 256):
        here = np.full((1, min(256, size - start)), 1 + (start > 0))
        found.append(code_numbers(coder, model, here, 0, None if steps is None else steps[start : start + 256]))
    alphabet = np.cumsum(np.concatenate(found) + 1) - 1 if found else np.zeros(0, np.int64)
    if len(alphabet) and alphabet[-1] > 0x10FFFF:
        raise ArtifactError("coded bytes are damaged: no such character; make it again")
    return alphabet


def _code_tree(
    coder: Coder, hashed: Hashed, digits: int, n: int, size: int, symbols: Whole | None, starts: Whole | None
) -> tuple[list[Whole], list[Whole]]:
    """For each depth: the parent of each node among those of the depth before, and its symbol."""
    parents: list[Whole] = []
    letters: list[Whole] = []
    tail = np.zeros((2, 1), np.int64)  # the last two symbols of each node
    # Encoding: terms of each open node, as ranges that follow each other.
    terms = None if starts is None else np.arange(n)
    groups = None if starts is None else np.zeros(n, np.int64)
    ended, depth, chunk = 0, 0, _FIRST_NODES
    while tail.shape[1]:
        if depth > _LONGEST:
            raise ArtifactError("coded bytes are damaged: a string is too long; make it again")
        here = tail.shape[1]
        known = None
        if symbols is not None and starts is not None and terms is not None and groups is not None:
            at = starts[terms] + depth
            over = at >= starts[terms + 1]
            symbol = (
                np.where(over, 0, symbols[np.minimum(at, len(symbols) - 1)])
                if len(symbols)
                else np.zeros(len(terms), np.int64)
            )
            keys = groups << digits | symbol
            distinct, group = np.unique(keys, return_inverse=True)
            known = distinct >> digits, distinct & ((1 << digits) - 1)
        last, second = tail
        contexts = np.stack(
            [
                mixed(0, np.full(here, min(depth, 9))),
                mixed(1, last, np.full(here, min(depth, 9))),
                mixed(2, last, second),
                mixed(3, np.full(here, min(depth, 9))),
            ]
        )
        nodes, found = [], []
        start = 0
        while start < here:
            stop = min(here, start + chunk)
            part = None
            if known is not None:
                inside = slice(*np.searchsorted(known[0], (start, stop)))
                part = known[0][inside] - start, known[1][inside]
            node, symbol = code_sets(coder, hashed, contexts[:, start:stop], digits, part)
            nodes.append(node + start)
            found.append(symbol)
            start, chunk = stop, min(2 * chunk, _NODES)
        parent, letter = np.concatenate(nodes), np.concatenate(found)
        if letter.max() > size:
            raise ArtifactError("coded bytes are damaged: no such character; make it again")
        parents.append(parent)
        letters.append(letter)
        going = letter > 0
        ended += int(np.count_nonzero(~going))
        if ended > n:
            raise ArtifactError("coded bytes are damaged: more strings than promised; make it again")
        tail = np.vstack([letter[going], tail[:1, parent[going]]])
        if terms is not None and groups is not None:
            stays = going[group]
            number = np.cumsum(going) - 1
            terms, groups = terms[stays], number[group[stays]]
        depth += 1
    if ended != n:
        raise ArtifactError("coded bytes are damaged: fewer strings than promised; make it again")
    return parents, letters


def _read_back(parents: list[Whole], letters: list[Whole], alphabet: Whole) -> list[str]:
    numbers = np.r_[0, alphabet]
    strings: list[str] = []
    for depth, letter in enumerate(letters):
        at = np.flatnonzero(letter == 0)
        if not len(at):
            continue
        columns = np.empty((len(at), depth), np.int64)
        node = parents[depth][at]
        # Nodes that go on are numbered without those that end.
        for place in range(depth - 1, -1, -1):
            index = np.flatnonzero(letters[place])[node]
            columns[:, place] = numbers[letters[place][index]]
            node = parents[place][index]
        text = text_of(columns)
        strings += [text[start : start + depth] for start in range(0, len(text), depth)] if depth else [""]
    return sorted(strings)
