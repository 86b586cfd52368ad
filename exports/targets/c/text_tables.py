"""Tables of Unicode as bytes: runs of code points, found by an index of places where reading may begin.

A table of what characters become is records in order: a head (kind of record in 3 bits, how many code points in 2, how
far behind the last one in 3; what is more stands behind it), and what they become. The table of properties is runs
without gaps, of half bytes. Frequent characters are numbers of one byte (`codes`), others two or four.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exports.targets.c.text_classes import Data
from exports.targets.c.text_records import ANY, COUNT, PAIRS, SAME, SECOND_PAIRS, Record, pair_records, records_of
from exports.targets.c.unicode_data import END, Points

# Index entries hold code points without these bits.
GRAIN = 5
# A head's largest distance and largest count less 1: what is more stands behind it.
_FAR, _MANY, _MANY_PAIRS = 7, 3, 15
_CODES = (15, 31, 47, 63, 95, 127)
# A half byte below 12 is the length, less 1, of a run of the usual next value; 12 a longer one of it; 13 and 14 those
# of the values 2 and 3; 15 of the value that follows.
_LONG, _OTHER, _NAMED = 12, 13, 15

Runs = list[tuple[int, int, int]]


@dataclass(frozen=True)
class Tables:
    """All tables of a model.

    Attributes:
        content: of all, one after the other.
        starts, offsets: where reading may begin: code point without its last bits, and byte; one offset more.
        bounds: of each table the first entry of the index; one more at the end.
        codes: characters of one byte.
        values: of properties, by their numbers.
    """

    content: bytes
    starts: tuple[int, ...]
    offsets: tuple[int, ...]
    bounds: tuple[int, ...]
    codes: Points
    values: tuple[int, ...]

    @property
    def n_bytes(self) -> int:
        """Of const data."""
        two_bytes = (*self.starts, *self.offsets, *self.bounds, *self.codes, *self.values)
        return len(self.content) + 2 * len(two_bytes)


def tables_of(datas: Sequence[Data], properties: NDArray[np.int32], block: int) -> Tables:
    """The smallest of some choices of `codes`.

    Args:
        datas: three tables each.
        properties: of every code point, below 0x10000; -1 where any will do.
        block: bytes, about, between two places where reading may begin.
    """
    cut = [
        each for data in datas for each in (records_of(data.spelled), pair_records(data.pairs), records_of(data.folded))
    ]
    used = Counter(point for records in cut for each in records for item in each.written for point in item)
    frequent = [point for point, n in used.most_common(max(_CODES)) if n > 2 and point < 0x10000]
    runs, values = _runs(properties)
    return min((_written(cut, runs, values, tuple(frequent[:n]), block) for n in _CODES), key=lambda made: made.n_bytes)


def _written(cut: Sequence[list[Record]], runs: Runs, values: Points, codes: Points, block: int) -> Tables:
    out = _Writer(codes, block)
    for records in cut:
        out.records(records)
    out.runs(runs)
    bounds = (*out.bounds, len(out.starts))
    return Tables(bytes(out.content), tuple(out.starts), (*out.offsets, len(out.content)), bounds, codes, values)


@dataclass
class _Writer:
    codes: Points
    block: int
    content: bytearray = field(default_factory=bytearray)
    starts: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    bounds: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._code_of = {point: code for code, point in enumerate(self.codes)}

    def number(self, value: int) -> None:
        one, two = len(self.codes), (255 - len(self.codes)) << 8
        if value < one:
            self.content.append(value)
        elif value < two:
            self.content += bytes((one + (value >> 8), value & 255))
        else:
            self.content += b"\xff" + value.to_bytes(3, "big")

    def point(self, point: int) -> None:
        code = self._code_of.get(point)
        if code is not None:
            self.content.append(code)
        elif point < len(self.codes):
            self.content += bytes((len(self.codes), point))
        else:
            self.number(point)

    def restart(self, point: int) -> int:
        """An entry of the index; returns where reading begins."""
        self.starts.append(point >> GRAIN)
        self.offsets.append(len(self.content))
        return point >> GRAIN << GRAIN

    def records(self, records: Iterable[Record]) -> None:
        self.bounds.append(len(self.starts))
        last = end = 0
        block = -self.block
        waiting = list(records)[::-1]
        while waiting:
            each = waiting.pop()
            if len(self.content) - block >= self.block:
                # No code point with the bits of an entry may stand before it: a record is cut where it has new ones.
                place = -(-last >> GRAIN) << GRAIN
                if each.start < place < each.end and each.step == 1:
                    cut = place - each.start
                    waiting.append(Record(each.kind, place, each.items[cut:]))
                    each = Record(each.kind, each.start, each.items[:cut])
                elif each.start >= place:
                    block, end = len(self.content), self.restart(each.start)
            self._record(each, end)
            last = end = each.end

    def _record(self, record: Record, end: int) -> None:
        # A run that was cut may have one code point left, which counts nothing.
        kind = SAME if record.kind == COUNT and len(record.items) == 1 else record.kind
        gap, more = record.start - end, len(record.items) - 1
        in_pairs = kind in (PAIRS, SECOND_PAIRS)
        most = _MANY_PAIRS if in_pairs else _MANY
        head = (kind == SECOND_PAIRS) << 7 if in_pairs else kind << 5
        self.content.append(head | min(more, most) << 3 | min(gap, _FAR))
        if gap >= _FAR:
            self.number(gap - _FAR)
        if more >= most:
            self.number(more - most)
        if kind == COUNT:
            self.number(record.counts)
        for item in record.written:
            if kind in (ANY, SAME, COUNT):
                self.number(len(item))
            for point in item:
                self.point(point)

    def runs(self, runs: Runs) -> None:
        """Half bytes, the low one first; each block begins with a whole byte."""
        self.bounds.append(len(self.starts))
        halves: list[int] = []
        last = 1
        for first, end, value in runs:
            place = -(-first >> GRAIN) << GRAIN
            if not self.starts[self.bounds[-1] :] or (len(halves) >= 2 * self.block and place < end):
                # An entry's code point ends with zeros: the run is cut there.
                if first < place:
                    halves += _run(place - first, value, last)
                self.content += _joined(halves)
                halves, last, first = [], 1, self.restart(place)
            halves += _run(end - first, value, last)
            last = value
        self.content += _joined(halves)


def _run(length: int, value: int, last: int) -> list[int]:
    usual = 0 if last else 1
    if value == usual and length <= _LONG:
        return [length - 1]
    head = [_LONG] if value == usual else [_OTHER + value - 2] if value in (2, 3) else [_NAMED, value & 15, value >> 4]
    rest, length = [(length - 1) & 7], (length - 1) >> 3
    while length:
        rest, length = [length & 7 | 8, *rest], length >> 3
    return head + rest


def _joined(halves: list[int]) -> bytes:
    halves = [*halves, *[0] * (len(halves) % 2)]
    return bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))


def _runs(properties: NDArray[np.int32]) -> tuple[Runs, Points]:
    """Runs of one property, those where any will do joined to what stands before; and the values by their numbers."""
    asked = np.flatnonzero(properties >= 0)
    changes = np.flatnonzero(np.diff(properties[asked], prepend=-1))
    starts, found = asked[changes], properties[asked[changes]]
    starts[0] = 0
    values, counts = np.unique(found, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    number = {int(values[place]): i for i, place in enumerate(order)}
    ends = np.append(starts[1:], END)
    runs = [(int(a), int(b), number[int(v)]) for a, b, v in zip(starts, ends, found, strict=True)]
    return runs, tuple(number)
