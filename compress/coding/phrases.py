"""Words and neighbouring words: which words stand alone, and which follow which.

Terms are sequences of words with one blank between two of them; every string is one, since a word may be empty. What
words there are is known before. Words that follow are numbered from the most frequent on, so that the halves of a set
have much to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from compress.coding.bits import Coder, Model, Whole
from compress.coding.rarity import CLASSES, Rarity, size_class
from compress.coding.sets import SETS, Hashed, code_sets, mixed

# Of one term; longer ones are spelled out.
MOST_WORDS = 64
_CHUNK = 1024
_LENGTHS = 16

Counted = tuple[list[str], Whole]


def code_phrases(
    coder: Coder, rarity: Rarity, words: Sequence[str], known: Mapping[str, int] | None = None
) -> tuple[list[str], Whole, Whole]:
    """Terms, in no order, their numbers, and those of each word (-1 where it is no term).

    Args:
        words: sorted; every term consists of them.
        known: number of each term; None where they are decoded.
    """
    return _Phrases(coder, rarity, words, known).coded()


class _Phrases:
    def __init__(self, coder: Coder, rarity: Rarity, words: Sequence[str], known: Mapping[str, int] | None) -> None:
        self.coder, self.rarity, self.words, self.known = coder, rarity, words, known
        self.members = Model(2 * _LENGTHS + 4 * CLASSES, 2, 2)
        self.ends = Model(_LENGTHS * 4 + 2 * 2 * CLASSES, 2, 2)
        n = len(words)
        self.digits = max(n - 1, 0).bit_length()
        self.hashed = Hashed(min(max(int(8 * n).bit_length(), 10), 20), 5, SETS)
        self.sizes = np.array([len(word) for word in words], np.int64)
        self.lengths = np.minimum(self.sizes, _LENGTHS - 1)

    def coded(self) -> tuple[list[str], Whole, Whole]:
        n = len(self.words)
        tree = None if self.known is None else _Tree(self.words, self.known)
        texts = list(self.words)
        last = np.arange(n)
        numbers = self._members(0, last, np.full(n, -1), np.full(n, -1), tree)
        alone = numbers
        rank = np.argsort(np.argsort(-alone, kind="stable"), kind="stable")
        word_of_rank = np.argsort(rank)
        terms = [text for text, number in zip(texts, numbers.tolist(), strict=True) if number >= 0]
        all_numbers = [numbers[numbers >= 0]]
        depth, size = 1, self.sizes
        while len(last):
            kind = min(depth - 1, 1)
            contexts = np.stack(
                [
                    (kind * _LENGTHS + self.lengths[last]) * 2 + (numbers >= 0),
                    4 * _LENGTHS + (size_class(numbers) * 2 + kind) * 2 + 0,
                ]
            )
            goes_on = self.coder.bits(self.ends, contexts, kind, None if tree is None else tree.goes_on())
            at = np.flatnonzero(goes_on)
            if not len(at):
                break
            parent, follower = self._followers(at, last, numbers, rank, kind, tree)
            if depth > MOST_WORDS or follower.max() >= n:
                raise ArtifactError("coded bytes are damaged: words that don't exist; make it again")
            follower, parent = word_of_rank[follower], at[parent]
            size = size[parent] + 1 + self.sizes[follower]
            self.coder.take(int(size.sum()))
            texts = [f"{texts[p]} {self.words[w]}" for p, w in zip(parent.tolist(), follower.tolist(), strict=True)]
            if tree is not None:
                tree.descend(parent, follower)
            near = numbers[parent]
            last, depth = follower, depth + 1
            numbers = self._members(1, last, near, alone[last], tree)
            terms += [text for text, number in zip(texts, numbers.tolist(), strict=True) if number >= 0]
            all_numbers.append(numbers[numbers >= 0])
        return terms, np.concatenate(all_numbers), alone

    def _members(self, kind: int, last: Whole, near: Whole, far: Whole, tree: _Tree | None) -> Whole:
        contexts = np.stack([kind * _LENGTHS + self.lengths[last], 2 * _LENGTHS + size_class(near) * 4 + kind])
        known = None if tree is None else tree.numbers()
        member = self.coder.bits(self.members, contexts, kind, None if known is None else known >= 0)
        numbers = np.full(len(last), -1)
        at = np.flatnonzero(member)
        third = self.lengths[last[at]] if not kind else np.full(len(at), -1)
        numbers[at] = self.rarity.code(kind, near[at], far[at], third, None if known is None else known[at])
        return numbers

    def _followers(
        self, at: Whole, last: Whole, numbers: Whole, rank: Whole, kind: int, tree: _Tree | None
    ) -> tuple[Whole, Whole]:
        size, own = size_class(numbers[at]), last[at]
        n = len(at)
        contexts = np.stack(
            [
                mixed(0, np.full(n, kind)),
                mixed(1, np.full(n, kind)),
                mixed(2, size),
                mixed(3, rank[own]),
                mixed(4, self.lengths[own], np.full(n, kind)),
            ]
        )
        parents, followers = [], []
        pairs = None if tree is None else tree.followers(at, rank)
        for start in range(0, n, _CHUNK):
            part = None
            if pairs is not None:
                inside = slice(*np.searchsorted(pairs[0], (start, start + _CHUNK)))
                part = pairs[0][inside] - start, pairs[1][inside]
            parent, follower = code_sets(
                self.coder, self.hashed, contexts[:, start : start + _CHUNK], self.digits, part
            )
            parents.append(parent + start)
            followers.append(follower)
        return np.concatenate(parents), np.concatenate(followers)


class _Tree:
    """The known terms as a tree of words; one level of it at a time."""

    def __init__(self, words: Sequence[str], known: Mapping[str, int]) -> None:
        number_of = {word: number for number, word in enumerate(words)}
        self._next: list[dict[int, Any]] = [{} for _ in words]
        self._numbers: list[int] = [-1] * len(words)
        for term, number in known.items():
            first, *rest = [number_of[word] for word in term.split(" ")]
            if not rest:
                self._numbers[first] = number
                continue
            node = self._next[first]
            for word in rest[:-1]:
                node = node.setdefault(word, [-1, {}])[1]
            node.setdefault(rest[-1], [-1, {}])[0] = number

    def numbers(self) -> Whole:
        return np.array(self._numbers, np.int64)

    def goes_on(self) -> NDArray[np.bool_]:
        return np.array([bool(node) for node in self._next], bool)

    def followers(self, at: Whole, rank: Whole) -> tuple[Whole, Whole]:
        pairs = [(place, word) for place, node in enumerate(at.tolist()) for word in self._next[node]]
        parents, words = np.array(pairs, np.int64).T
        ranks = rank[words]
        order = np.lexsort((ranks, parents))
        return parents[order], ranks[order]

    def descend(self, parents: Whole, words: Whole) -> None:
        nodes = [self._next[parent][word] for parent, word in zip(parents.tolist(), words.tolist(), strict=True)]
        self._numbers, self._next = [node[0] for node in nodes], [node[1] for node in nodes]
