"""How code points that become something are cut into records, so that they take the fewest bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exports.targets.c.unicode_data import Points

# Kinds of records, as in parts/text.c: neighbours with one shift, every second one, each its own 1, 2, 3 or any number
# of characters, all the same, one character that counts upwards in a spelling. Pairs have records of their own.
SHIFT, SECOND, ONE, TWO, THREE, ANY, SAME, COUNT, PAIRS, SECOND_PAIRS = range(10)
OWN = (ONE, TWO, THREE, ANY, PAIRS, SECOND_PAIRS)
MOST_OWN = 31
_LEAST_SECONDS = 3
# Bytes that a record and a character take, about.
_RECORD, _CHARACTER = 1.6, 1.3


@dataclass
class Record:
    """Code points from `start`; `items` are what each becomes."""

    kind: int
    start: int
    items: list[Points]

    @property
    def step(self) -> int:
        return 2 if self.kind in (SECOND, SECOND_PAIRS) else 1

    @property
    def end(self) -> int:
        """Behind the last code point."""
        return self.start + self.step * (len(self.items) - 1) + 1

    @property
    def written(self) -> list[Points]:
        return self.items if self.kind in OWN else self.items[:1]

    @property
    def counts(self) -> int:
        """Which character counts upwards; 0 where none does."""
        return _counting(self.items[0], self.items[1])


def records_of(table: Mapping[int, Points]) -> list[Record]:
    """In order; the cheapest cut of each run of neighbours."""
    points, found, at = sorted(table), list[Record](), 0
    while at < len(points):
        n = _seconds(table, points, at)
        if n >= _LEAST_SECONDS:
            found.append(Record(SECOND, points[at], [table[point] for point in points[at : at + n]]))
        else:
            n = 1
            while at + n < len(points) and points[at + n] == points[at] + n:
                n += 1
            found += _cut(points[at], [table[point] for point in points[at : at + n]])
        at += n
    return found


def pair_records(table: Mapping[int, tuple[int, int]]) -> list[Record]:
    """Of pairs: neighbours, or every second code point."""
    points, found, at = sorted(table), list[Record](), 0
    while at < len(points):
        lengths = {}
        for step in (1, 2):
            n = 1
            while n < MOST_OWN and at + n < len(points) and points[at + n] == points[at] + step * n:
                n += 1
            lengths[step] = n
        step = 1 if lengths[1] >= lengths[2] else 2
        items: list[Points] = [table[point] for point in points[at : at + lengths[step]]]
        found.append(Record(PAIRS if step == 1 else SECOND_PAIRS, points[at], items))
        at += len(items)
    return found


def _seconds(table: Mapping[int, Points], points: Sequence[int], at: int) -> int:
    """How many code points, every second from here, become single characters at one distance."""
    n, shift = 0, table[points[at]][0] - points[at] if table[points[at]] else 0
    while (
        at + n < len(points)
        and points[at + n] == points[at] + 2 * n
        and table[points[at + n]] == (points[at + n] + shift,)
    ):
        n += 1
    return n


def _cut(start: int, items: Sequence[Points]) -> list[Record]:
    """By dynamic programming from the last to the first: (bytes from here on, kind and length of the record here)."""
    best: list[tuple[float, int, int]] = [(0.0, 0, 0)] * (len(items) + 1)
    runs = [1] * len(items)
    for at in reversed(range(len(items))):
        if at + 1 < len(items) and _counting(*items[at : at + 2]) > -2:
            more = at + 2 < len(items) and _counting(*items[at : at + 2]) == _counting(*items[at + 1 : at + 3])
            runs[at] = 1 + (runs[at + 1] if more else 1)
        best[at] = min((cost + best[at + n][0], kind, n) for cost, kind, n in _choices(items, at, runs[at]))
    found, at = list[Record](), 0
    while at < len(items):
        _, kind, n = best[at]
        found.append(Record(kind, start + at, list(items[at : at + n])))
        at += n
    return found


def _choices(items: Sequence[Points], at: int, run: int) -> list[tuple[float, int, int]]:
    """Records that can begin here: bytes, kind, how many code points."""
    length = len(items[at])
    found: list[tuple[float, int, int]] = []
    if run > 1 or not length:
        counts = _counting(*items[at : at + 2]) if run > 1 else -1
        kind = SAME if counts < 0 else SHIFT if length == 1 else COUNT
        found.append((_RECORD + _CHARACTER * length + (kind == SAME) + 2 * (kind == COUNT), kind, run))
    own = {1: ONE, 2: TWO, 3: THREE}.get(length, ANY)
    exact = _RECORD
    mixed = _RECORD
    same_length = True
    for n in range(1, min(MOST_OWN, len(items) - at) + 1):
        item = items[at + n - 1]
        exact += _CHARACTER * len(item) + (own == ANY)
        mixed += _CHARACTER * len(item) + 1
        same_length = same_length and len(item) == length
        if same_length:
            found.append((exact, own, n))
        found.append((mixed, ANY, n))
    return found


def _counting(one: Points, other: Points) -> int:
    """Which character of two spellings counts upwards by 1; -1 where they are the same, -2 where neither."""
    if one == other:
        return -1
    places = [place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    if len(one) != len(other) or len(places) != 1 or other[places[0]] != one[places[0]] + 1:
        return -2
    return places[0]
