"""A linear model over n-grams in whole numbers: what `linear-int` runs, here with NumPy, in C and in JavaScript alike.

The same bits everywhere, because nothing is rounded but single operations that IEEE 754 defines. With `k` bits behind
the point:

- `I[row] = rint(idf[row] · 2^k)`, below 2^16 in magnitude;
- `T[tf] = rint(4096 · f(tf))`, where `f` is tf itself, 1, or `1 + ln(tf)`; beyond the table its last entry counts;
- `x = (I · T + 2048) >> 12`, of signed counts with the sign of the count, within ±65,535;
- per group of blocks that share a norm: `q = Σ x²` (l2) or `Σ |x|` (l1), n-grams without a row included where they
  count, as if their idf were 1; and `A[c] = Σ x · level[row, c]`;
- `inv = 1 / sqrt(q)`, `1 / q`, or `2^-k` without a norm; 0 where q is 0;
- `logit[c] = float32((Σ A[c] · inv) · scale[c] + intercept[c])` in float64, group by group, no fused operations.

Bounds: at most 2^21 rows, so that `|A| < 2^44` and, of rows alone, `q < 2^53`; with buckets without a row `q < 2^63`
as long as a text has fewer than 2^31 n-grams. Sums of whole numbers below 2^53 are exact in float64 in any order, which
is how `A` is computed here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import BY_TASK, Known, Link
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.formats.packed import Int8
from compress.formats.packed_linear import PackedLinear

Int64 = NDArray[np.int64]
MOST_BITS, FEWEST_BITS = 12, -12
MOST_UNITS = 65535
# A count is looked up to here; 1 + ln(4095) is 9.3.
_TABLE, _LONG_TABLE = 1 << 12, 1 << 16
# Room for counts above an n-gram's idf, before `x` is cut: 1 + ln(1096) is 8.
_ROOM_SUBLINEAR, _ROOM = 8, 64
# Rows that are gathered at once, so that a long text takes no more memory than a short one.
_MOST_WEIGHTS = 1 << 13


@dataclass(frozen=True)
class Found:
    """What a group of blocks that share a norm found in one text.

    Attributes:
        columns: rows that occur; (n,).
        units: `x` of each; int64 (n,).
        inverse: what a sum over them is multiplied by.
    """

    columns: NDArray[np.intp]
    units: Int64
    inverse: float


@dataclass(frozen=True)
class IntRows:
    """A model in whole numbers.

    Attributes:
        vectorizer: text to n-grams.
        levels: int8 (n_features, C), the levels of a row side by side.
        scale, intercept: float32 (C,).
        idf: `I`, int32 (n_features,).
        bits: `k`.
        link: how logits become probabilities.
    """

    vectorizer: NgramTfidf
    levels: Int8
    scale: NDArray[np.float32]
    intercept: NDArray[np.float32]
    idf: NDArray[np.int32]
    bits: int
    link: Link = BY_TASK

    @classmethod
    def of(cls, packed: PackedLinear) -> IntRows:
        """The whole numbers of a stored model.

        Raises:
            ArtifactError: a block whose counts have a sign and are asked for their logarithm.
        """
        for place, block in enumerate(packed.vectorizer.blocks):
            own = block.settings
            if block.hashing is not None and block.hashing.signed and own.sublinear and not own.binary:
                raise ArtifactError(
                    f"vocabulary: block {place}: signed counts have no logarithm; sublinear or signed is allowed"
                )
        bits = bits_of(packed.vectorizer.blocks)
        idf = np.rint(packed.vectorizer.idf().astype(np.float64) * 2.0**bits).astype(np.int32)
        levels = np.ascontiguousarray(packed.levels.T)
        return cls(packed.vectorizer, levels, packed.scale, packed.intercept, idf, bits, packed.link)

    @property
    def without(self) -> int:
        """`I` of an n-gram without a row."""
        return int(np.rint(2.0**self.bits))

    def answer(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], Known]:
        """Logits (n_texts, C), and whether any row occurs in each text (n_texts,)."""
        return self.run([self.encode(text) for text in texts])

    def run(self, encoded: Sequence[Sequence[Found]]) -> tuple[NDArray[np.float32], Known]:
        """`answer` of texts that are encoded already."""
        logits = np.empty((len(encoded), len(self.scale)), np.float32)
        for out, groups in zip(logits, encoded, strict=True):
            out[:] = self._logits(groups)
        return logits, np.array([any(len(group.columns) for group in groups) for groups in encoded], np.bool_)

    def encode(self, text: str) -> list[Found]:
        """What a text holds, a group at a time."""
        read: dict[int, tuple[str, Sequence[str]]] = {}
        groups: list[list[tuple[NDArray[np.intp], Int64, Int64]]] = []
        for place, block in enumerate(self.vectorizer.blocks):
            reading = block.reading or self.vectorizer.cleaning
            if id(reading) not in read:
                clean = reading(text)
                read[id(reading)] = clean, reading.words(clean)
            if not block.settings.joined:
                groups.append([])
            groups[-1].append(self._units(place, *read[id(reading)]))
        return [self._found(group, norm) for group, norm in zip(groups, self._norms, strict=True)]

    def shares(self, text: str) -> tuple[list[str], NDArray[np.float64]]:
        """Each row that occurs, and what it adds to each logit; they sum to the logits without intercept.

        Returns:
            names: of vocabularies the n-gram, of hashed blocks the n-grams of this text that share the bucket.
            shares: float64 (n, C).
        """
        groups = self.encode(text)
        columns = np.concatenate([group.columns for group in groups])
        values = np.concatenate([group.units * group.inverse for group in groups])
        names = self._hit_by(text)
        shares = self.levels[columns] * self.scale.astype(np.float64) * values[:, None]
        return [names.get(column, self._names[column]) for column in columns.tolist()], shares

    def _hit_by(self, text: str) -> dict[int, str]:
        """n-grams of a text that fall on a row of a hashed block."""
        found: dict[int, dict[str, None]] = {}
        for place, block in enumerate(self.vectorizer.blocks):
            if block.hashing is None or block.buckets is None:
                continue
            rows = {bucket: self.offsets[place] + row for row, bucket in enumerate(block.buckets.tolist())}
            reading = block.reading or self.vectorizer.cleaning
            clean = reading(text)
            for term in (term for group in block.settings.groups(clean, reading.words(clean)) for term in group):
                if (row := rows.get(block.hashing.place(term)[0])) is not None:
                    found.setdefault(row, {})[term] = None
        return {row: " | ".join(terms) for row, terms in found.items()}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self.vectorizer.names

    def tf_table(self, place: int) -> Int64:
        """`T` of a block."""
        return tf_table(self.vectorizer.blocks[place].settings)

    @cached_property
    def offsets(self) -> list[int]:
        """First row of each block."""
        return [0, *np.cumsum([len(block) for block in self.vectorizer.blocks]).tolist()][:-1]

    @cached_property
    def _counting(self) -> list[NgramBlock]:
        """The blocks with counts for values."""
        plain = [
            replace(block, settings=replace(block.settings, sublinear=False, binary=False), idf=np.ones(len(block)))
            for block in self.vectorizer.blocks
        ]
        return plain

    @cached_property
    def _norms(self) -> list[str]:
        """Of each group."""
        return [block.settings.norm for block in self.vectorizer.blocks if not block.settings.joined]

    @cached_property
    def _tables(self) -> list[Int64]:
        return [self.tf_table(place) for place in range(len(self.vectorizer.blocks))]

    def _units(self, place: int, clean: str, words: Sequence[str]) -> tuple[NDArray[np.intp], Int64, Int64]:
        """Rows of a block with their `x`, and those of n-grams without a row."""
        block = self._counting[place]
        (columns, counts), without = block.encode(clean, words)
        columns = columns + self.offsets[place]
        binary = self.vectorizer.blocks[place].settings.binary
        table = self._tables[place]
        own = units(self.idf[columns].astype(np.int64), counts.astype(np.int64), table, binary)
        return columns, own, units(np.int64(self.without), without.astype(np.int64), table, binary)

    def _found(self, blocks: Sequence[tuple[NDArray[np.intp], Int64, Int64]], norm: str) -> Found:
        columns, own, _ = blocks[0]
        if len(blocks) > 1:
            columns, own = (np.concatenate([block[part] for block in blocks]) for part in (0, 1))
        if norm == "none":
            return Found(columns, own, 2.0**-self.bits)
        everything = [own, *(without for _, _, without in blocks if len(without))]
        if norm == "l1":
            size = float(sum(int(np.abs(each).sum()) for each in everything))
        else:
            size = math.sqrt(float(sum(int(each @ each) for each in everything)))
        return Found(columns, own, 1.0 / size if size else 0.0)

    def _logits(self, groups: Sequence[Found]) -> NDArray[np.float32]:
        total = np.zeros(len(self.scale))
        for group in groups:
            total += self._sums(group) * group.inverse
        with np.errstate(over="ignore"):  # a hostile scale may leave float32: infinite in every engine
            return np.asarray(total * self.scale + self.intercept, np.float64).astype(np.float32)

    def _sums(self, group: Found) -> NDArray[np.float64]:
        rows = max(1, _MOST_WEIGHTS // self.levels.shape[1])
        sums = np.zeros(self.levels.shape[1])
        for start in range(0, len(group.columns), rows):
            part = slice(start, start + rows)
            sums += group.units[part].astype(np.float64) @ self.levels[group.columns[part]].astype(np.float64)
        return sums


def units(idf: Any, counts: Int64, table: Int64, binary: bool) -> Int64:
    """`x` of n-grams: their `I`, how often they occur (signed), and `T`."""
    # By the functions themselves: for one text, NumPy's wrappers take longer than the arithmetic.
    if not len(counts):
        return np.zeros(0, np.int64)
    value: Int64 = (idf * table[np.minimum(np.absolute(counts), len(table) - 1)] + 2048) >> 12
    if not binary and np.minimum.reduce(counts) < 0:
        value = np.where(counts < 0, -value, value)
    return np.maximum(np.minimum(value, MOST_UNITS), -MOST_UNITS)


def tf_table(settings: NgramSettings) -> Int64:
    """`T` of 0, 1, 2, …; int64."""
    counts = np.arange(_TABLE if settings.binary or settings.sublinear else _LONG_TABLE, dtype=np.float64)
    if settings.binary:
        values = np.minimum(counts, 1)
    elif settings.sublinear:
        # Python's own logarithm: NumPy's may differ in the last bit from machine to machine.
        values = np.array([0.0, *(1 + math.log(count) for count in range(1, len(counts)))])
    else:
        values = counts
    table: Int64 = np.rint(4096 * values).astype(np.int64)
    return table


def bits_of(blocks: Sequence[NgramBlock]) -> int:
    """`k`: as many bits as leave room for counts; fewer where all idf are whole numbers of larger units."""
    largest = 0.0
    for block in blocks:
        own = block.settings
        room = 1 if own.binary else _ROOM_SUBLINEAR if own.sublinear else _ROOM
        idf = float(np.abs(block.idf.astype(np.float64)).max(initial=1.0 if block.hashing is not None else 0.0))
        largest = max(largest, room * idf)
    bits = MOST_BITS
    while bits > FEWEST_BITS and largest * 2.0**bits >= MOST_UNITS:
        bits -= 1
    if not any(block.settings.sublinear and not block.settings.binary for block in blocks):
        every = np.concatenate([block.idf.astype(np.float64) for block in blocks])
        for fewer in range(bits):
            if np.array_equal(every * 2.0**fewer, np.rint(every * 2.0**fewer)):
                return fewer
    return bits
