"""A shard as batches of questions, read in a quick way for as long as nothing in it is unusual.

From the first record on that is, the records are those of `exports.answering.questions`, which reads every form and
names what is wrong with a record: both ways say the same of what both can read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from baselines.tables.opened import data_name, is_packed
from baselines.tables.stream import BadRow
from exports.answering.many.batch import Batch, Unusual
from exports.answering.many.quick_columns import columns_of
from exports.answering.many.quick_texts import blocks_of
from exports.answering.questions import Question, Source, questions, streamable

# Of the slow way: enough for work on whole arrays, few enough to be no memory to speak of.
_RECORDS = 4096


def batches(source: Source) -> Iterator[Batch]:
    """All records of a shard in order; raises what `questions` raises, also in the midst of it."""
    done = 0
    try:
        for batch in _quick(source, Path(source.place)):
            yield batch
            done += len(batch)
    except Unusual:
        yield from _from_record(source, done)


def _quick(source: Source, path: Path) -> Iterator[Batch]:
    named = (*source.text_columns, source.id_column)
    # A dot may lead into nested values.
    if not path.is_file() or is_packed(path) or any("." in name or "[" in name for name in named):
        raise Unusual
    if source.kind is None and Path(data_name(path)).suffix.lower() == ".parquet":
        return columns_of(source, path)
    kind = source.kind or streamable(path, source.reading)
    if kind is None or kind == "lines":
        raise Unusual
    return blocks_of(source, path, kind)


def _from_record(source: Source, first: int) -> Iterator[Batch]:
    """The records from one on; those before it are read once more, and left out."""
    records = islice((record for some in questions(source) for record in some), first, None)
    while some := list(islice(records, _RECORDS)):
        yield _batch(some, bool(source.id_column))


def _batch(records: list[Question | BadRow], with_ids: bool) -> Batch:
    numbers = [record.number if isinstance(record, BadRow) else record.row or 0 for record in records]
    texts = ["" if isinstance(record, BadRow) else record.text for record in records]
    ids = [None if isinstance(record, BadRow) else record.id for record in records] if with_ids else ()
    errors = {place: record.error for place, record in enumerate(records) if isinstance(record, BadRow)}
    return Batch(numbers, texts, ids, errors)
