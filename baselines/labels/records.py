"""Texts and label sets as they were read, each with its place, and what is mended before anything is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from baselines.errors import DataError
from baselines.labels.columns import Columns
from baselines.labels.doubts import Doubt
from baselines.labels.label_sets import label_sets
from baselines.labels.missing_words import is_missing
from baselines.labels.spellings import SURROGATE, Spellings, label_name, variants, variants_doubt
from baselines.labels.texts import number_notes, texts_of
from baselines.tables.table import Table


@dataclass(frozen=True)
class Records:
    """Some texts with their labels.

    Attributes:
        source: file or data frame that they came from, for messages.
        texts: raw; "" where there is none.
        labels: names of each text's classes, each once.
        rows: number of each record in the source, for messages.
        flag: name of the one yes/no column that all labels came from; "" where they stand anywhere else.
        ids: the user's own name for each text; empty: none.
        parts: what the split's column says of each text; empty: no such column.
        groups: value of the group's column; empty: no such column.
        times: value of the time's column; empty: no such column.
        stated: whether a text without labels is said to have none, as by zeros or an empty list; else it may have
            been overlooked.
        named: whether the user named the classes one by one, by columns or a file: then no name is a missing value.
        notes: what a reader should know of how they were read, as sentences.
        doubts: what looks wrong in the columns.
    """

    source: str
    texts: Sequence[str]
    labels: Sequence[Sequence[str]]
    rows: Sequence[int]
    flag: str = ""
    ids: Sequence[str] = ()
    parts: Sequence[Any] = ()
    groups: Sequence[Any] = ()
    times: Sequence[Any] = ()
    stated: bool = False
    named: bool = False
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def where(self, record: int) -> str:
        """Place of one record, as an editor numbers it."""
        return f"{self.source}: row {self.rows[record]}"

    def take(self, kept: Sequence[int]) -> Records:
        """The given records, in the given order."""
        return replace(
            self,
            texts=[self.texts[i] for i in kept],
            labels=[self.labels[i] for i in kept],
            rows=[self.rows[i] for i in kept],
            ids=[self.ids[i] for i in kept] if self.ids else (),
            parts=[self.parts[i] for i in kept] if self.parts else (),
            groups=[self.groups[i] for i in kept] if self.groups else (),
            times=[self.times[i] for i in kept] if self.times else (),
        )


def records_of(table: Table, columns: Columns) -> Records:
    """The records of a table; raises DataError naming row, column and value.

    Records of which yes/no columns say neither yes nor no are left out, with a note.
    """
    flag = columns.flags[0] if len(columns.flags) == 1 else ""
    sides = columns.sides
    found = label_sets(table, columns)
    ids, id_notes = _ids(table, sides.ids)
    records = Records(
        str(table.path),
        texts_of(table, columns),
        [own or [] for own in found],
        table.rows,
        label_name(flag),
        ids=ids,
        parts=table.column(sides.parts) if sides.parts else (),
        groups=table.column(sides.groups) if sides.groups else (),
        times=table.column(sides.times) if sides.times else (),
        stated=_stated(table, columns),
        named=bool(columns.flags or columns.form.vector or columns.form.names),
        notes=(*table.notes, *columns.notes, *number_notes(table, columns.texts), *id_notes),
        doubts=columns.doubts,
    )
    unsaid = [i for i, own in enumerate(found) if own is None]
    if not unsaid:
        return records
    place, name = records.where(unsaid[0]), columns.labels or ", ".join(columns.flags[:3])
    if len(unsaid) == len(found):
        raise DataError(f"{place}, column {name!r}: no text has a label; check --labels-column or --label-columns")
    said = f"{len(unsaid)} of {len(found)} texts are left out, as {name} says neither yes nor no (the first: {place})"
    kept = [i for i, own in enumerate(found) if own is not None]
    return replace(records.take(kept), notes=(*records.notes, said))


def _stated(table: Table, columns: Columns) -> bool:
    """Whether an empty set of labels is an answer: of zeros, blank flags or empty lists."""
    if columns.flags or columns.form.vector or columns.form.lists:
        return True
    return any(not isinstance(value, str | int | float | None) for value in table.column(columns.labels))


def _ids(table: Table, name: str) -> tuple[list[str], list[str]]:
    """The user's names of texts, the number of the row where there is none, and notes on both."""
    if not name:
        return [], []
    given = ["" if value is None else str(value).strip() for value in table.column(name)]
    ids = [own or str(row) for own, row in zip(given, table.rows, strict=True)]
    notes = []
    if blank := given.count(""):
        row = table.rows[given.index("")]
        notes.append(f"{blank} ids in column {name!r} are blank (the first: row {row}), replaced by the row's number")
    if twice := {own: n for own, n in Counter(ids).items() if n > 1}:
        own, n = next(iter(twice.items()))
        notes.append(f"{len(twice)} ids in column {name!r} stand there more than once (such as {own!r}, {n} times)")
    return ids, notes


@dataclass(frozen=True)
class Mended:
    """The same records with writable texts and one spelling a label, what that changed, and what looks wrong."""

    groups: list[Records]
    notes: list[str]
    doubts: list[Doubt]


def mended(groups: Sequence[Records], merge: bool = False) -> Mended:
    """Texts that can be written, labels in one spelling.

    Args:
        groups: training records, then those of given parts.
        merge: whether labels that differ in case, blanks or Unicode form alone become one class; else they are a doubt.

    Raises:
        DataError: all texts of a group are empty, or a label is too long.
    """
    spellings = Spellings()
    found: list[Records] = []
    broken = 0
    for records in groups:
        broken += sum(SURROGATE.search(text) is not None for text in records.texts if not text.isascii())
        texts = [text if text.isascii() else SURROGATE.sub("\ufffd", text) for text in records.texts]
        if not any(text.strip() for text in texts):
            raise DataError(f"{records.source}: all {len(texts)} texts are empty; check --text-column")
        labels = [spellings.join(names, partial(records.where, i)) for i, names in enumerate(records.labels)]
        found.append(replace(records, texts=texts, labels=labels))
    notes = list(dict.fromkeys(note for records in groups for note in records.notes))
    doubts = list(dict.fromkeys(doubt for records in groups for doubt in records.doubts))
    if broken:
        notes.append(f"{broken} texts hold half an emoji (a lone surrogate), replaced by \ufffd")
    notes += spellings.notes()
    counts = Counter(name for records in found for names in records.labels for name in names if not is_missing(name))
    ways = variants(counts)
    if not ways.ways:
        return Mended(found, notes, doubts)
    if not merge:
        return Mended(found, notes, [*doubts, variants_doubt(ways, groups[0].source)])
    merged = [replace(own, labels=[_renamed(names, ways.names) for names in own.labels]) for own in found]
    return Mended(merged, [*notes, f"merged by --merge-labels: {ways.said()}"], doubts)


def _renamed(names: Iterable[str], new: dict[str, str]) -> list[str]:
    return list(dict.fromkeys(new.get(name, name) for name in names))
