"""Texts and label sets as they were read, each with its place, and what is mended before anything is counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from baselines.errors import DataError
from baselines.labels.table_labels import Columns, label_sets, texts_of
from baselines.tables.table import Table
from baselines.text.unicode import door

# Half of a character beyond U+FFFF: JSON can hold it, UTF-8 can't, so it could never be written to a report.
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Records:
    """Some texts with their labels.

    Attributes:
        source: file or data frame that they came from, for messages.
        texts: raw.
        labels: names of each text's classes, each once.
        rows: number of each record in the source, for messages.
        flag: name of the one 0/1 column that all labels came from; "" where they stand anywhere else.
        ids: the user's own name for each text; empty: none.
        parts: what the split's column says of each text; empty: no such column.
        groups: value of the group's column; empty: no such column.
        times: value of the time's column; empty: no such column.
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
    """The records of a table; raises DataError naming row, column and value."""
    flag = columns.flags[0] if len(columns.flags) == 1 else ""
    sides = columns.sides
    return Records(
        str(table.path),
        texts_of(table, columns),
        label_sets(table, columns),
        table.rows,
        label_name(flag),
        ids=[str(value) for value in table.column(sides.ids)] if sides.ids else (),
        parts=table.column(sides.parts) if sides.parts else (),
        groups=table.column(sides.groups) if sides.groups else (),
        times=table.column(sides.times) if sides.times else (),
    )


def label_name(name: str) -> str:
    """One spelling of a label: NFC, without characters that nobody sees, without blanks at its ends."""
    return door(name).strip()


def mended(groups: Sequence[Records]) -> tuple[list[Records], list[str]]:
    """The same records with writable texts and one spelling a label, and notes on what that changed.

    Raises:
        DataError: all texts of a group are empty.
    """
    found: list[Records] = []
    broken = 0
    spellings: dict[str, str] = {}
    for records in groups:
        broken += sum(_SURROGATE.search(text) is not None for text in records.texts)
        texts = [_SURROGATE.sub("\ufffd", text) for text in records.texts]
        if not any(text.strip() for text in texts):
            raise DataError(f"{records.source}: all {len(texts)} texts are empty; check --text-column")
        labels = [_in_one_spelling(names, spellings) for names in records.labels]
        found.append(replace(records, texts=texts, labels=labels))
    notes = [f"{broken} texts hold half an emoji (a lone surrogate), replaced by \ufffd"] if broken else []
    return found, notes + list(_joined_spellings(spellings))


def _in_one_spelling(names: Iterable[str], spellings: dict[str, str]) -> list[str]:
    """Labels of one text, each once; fills `spellings`, from what was read to what it became."""
    for name in names:
        if name not in spellings:
            spellings[name] = label_name(name)
    return [name for name in dict.fromkeys(spellings[name] for name in names) if name]


def _joined_spellings(spellings: dict[str, str]) -> Iterator[str]:
    counts = Counter(spellings.values())
    joined = [name for name, n in counts.items() if n > 1 and name]
    if joined:
        ways = [ascii(raw) for raw, name in spellings.items() if name == joined[0]]
        yield (
            f"{len(joined)} classes are written in several ways that Unicode takes for the same, and are one class "
            f"each: {' and '.join(ways[:2])} are {joined[0]}"
        )
