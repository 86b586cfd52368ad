"""Answers in columns as bytes: the very lines of `exports.answering.written`, or the same columns for Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from exports.answering.many.batch import Batch
from exports.answering.many.said_in_columns import Said

ShardFormat = Literal["jsonl", "csv", "tsv", "parquet"]
SHARD_FORMATS: tuple[ShardFormat, ...] = get_args(ShardFormat)


@dataclass(frozen=True)
class Form:
    """What a shard of answers looks like.

    Attributes:
        format: of its file.
        one: whether a text gets one name at most.
        with_ids: whether there is a column for the user's own names.
        numbered: whether those are whole numbers, which Parquet keeps as such.
    """

    format: ShardFormat
    one: bool
    with_ids: bool
    numbered: bool = False

    @property
    def columns(self) -> list[str]:
        """Of a table."""
        names = ("label", "probability") if self.one else ("labels", "probabilities")
        return ["row", *(["id"] if self.with_ids else []), *names, "known", "error"]

    def encoded(self, batch: Batch, said: Said) -> bytes:
        """One batch and its answers, as they stand in the file; of Parquet a stream of Arrow."""
        return _ENCODE[self.format](self, batch, said)


def _json_lines(form: Form, batch: Batch, said: Said) -> bytes:
    heads = [f'{{"class": {encode_basestring(name)}, "probability": ' for name in said.names]
    parts = [heads[c] + p + "}" for c, p in zip(said.columns.tolist(), _short(said.values), strict=True)]
    nothing = [""] * len(batch)
    ids = [_id_field(own) for own in batch.ids] if len(batch.ids) else nothing
    positive = nothing if said.positive is None else [f'"positive": {p}, ' for p in _short(said.positive)]
    known = ["true" if own else "false" for own in said.known.tolist()]
    lines = [
        f'{{"row": {row}, {own}"labels": [{some}], {p}"known": {k}}}\n'
        for row, own, some, p, k in zip(batch.numbers, ids, _joined(parts, said), positive, known, strict=True)
    ]
    for place, error in batch.errors.items():
        lines[place] = json.dumps({"row": batch.numbers[place], "error": error}, ensure_ascii=False) + "\n"
    return "".join(lines).encode("utf-8", "surrogatepass")


def _table(form: Form, batch: Batch, said: Said) -> bytes:
    if form.one:
        labels = _first([said.names[c] for c in said.columns.tolist()], said)
        values = _first(_short(said.values), said)
    else:
        quoted = [encode_basestring(name) for name in said.names]
        labels = [f"[{some}]" for some in _joined([quoted[c] for c in said.columns.tolist()], said)]
        values = [f"[{some}]" for some in _joined(_short(said.values), said)]
    known = ["1" if own else "0" for own in said.known.tolist()]
    errors = [""] * len(batch)
    for place, error in batch.errors.items():
        labels[place] = values[place] = known[place] = ""
        errors[place] = error
    columns: list[Sequence[Any]] = [batch.numbers, labels, values, known, errors]
    if form.with_ids:
        columns.insert(1, [_id_cell(own) for own in batch.ids])
    stream = io.StringIO(newline="")
    table_writer(stream, form.format).writerows(zip(*columns, strict=True))
    return stream.getvalue().encode("utf-8", "surrogatepass")


def table_writer(stream: io.StringIO, format: ShardFormat) -> Any:
    """What writes CSV or TSV."""
    return csv.writer(stream, delimiter="\t" if format == "tsv" else ",", lineterminator="\n")


def arrow_schema(form: Form) -> Any:
    """The columns of a Parquet file of answers."""
    import pyarrow as pa

    kinds = {
        "row": pa.int64(),
        "id": pa.int64() if form.numbered else pa.string(),
        "label": pa.string(),
        "probability": pa.float32(),
        "labels": pa.list_(pa.string()),
        "probabilities": pa.list_(pa.float32()),
        "known": pa.bool_(),
        "error": pa.string(),
    }
    return pa.schema([(name, kinds[name]) for name in form.columns])


def _arrow(form: Form, batch: Batch, said: Said) -> bytes:
    import pyarrow as pa

    good = np.ones(len(batch), np.bool_)
    good[list(batch.errors)] = False
    ends = said.ends.astype(np.int32)
    names, values = pa.array(said.names, pa.string()).take(pa.array(said.columns)), pa.array(said.values)
    columns: dict[str, Any] = {"row": pa.array(np.asarray(batch.numbers, np.int64))}
    if form.with_ids:
        ids = batch.ids if form.numbered else [None if own is None else _id_cell(own) for own in batch.ids]
        columns["id"] = pa.array(ids, pa.int64() if form.numbered else pa.string())
    if form.one:
        counts = np.diff(ends, prepend=0)
        place = pa.array(np.maximum(ends - 1, 0), mask=(counts == 0) | ~good)
        columns |= {"label": names.take(place), "probability": values.take(place)}
    else:
        starts = pa.array(np.concatenate([[0], ends]).astype(np.int32), mask=np.append(~good, False))
        columns["labels"] = pa.ListArray.from_arrays(starts, names)
        columns["probabilities"] = pa.ListArray.from_arrays(starts, values)
    columns["known"] = pa.array(said.known, mask=~good)
    columns["error"] = pa.array([batch.errors.get(place) for place in range(len(batch))], pa.string())
    table = pa.table(columns, schema=arrow_schema(form))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


_ENCODE: dict[str, Callable[[Form, Batch, Said], bytes]] = {
    "jsonl": _json_lines,
    "csv": _table,
    "tsv": _table,
    "parquet": _arrow,
}


def _joined(parts: list[str], said: Said) -> list[str]:
    """What each text's names have, with commas between them."""
    return [", ".join(parts[start:end]) if end - start != 1 else parts[start] for start, end in _spans(said)]


def _first(parts: list[str], said: Said) -> list[str]:
    return [parts[start] if end > start else "" for start, end in _spans(said)]


def _spans(said: Said) -> Iterator[tuple[int, int]]:
    ends = said.ends.tolist()
    return zip([0, *ends[:-1]], ends, strict=True)


def _short(values: NDArray[np.float32]) -> list[str]:
    """The shortest decimals that read back as the same float32, as JSON writes them."""
    written = [str(value) for value in values]
    return [repr(float(text)) if "e" in text else text for text in written]


def _id_field(own: Any) -> str:
    if own is None:
        return ""
    return f'"id": {encode_basestring(own) if type(own) is str else json.dumps(own, ensure_ascii=False)}, '


def _id_cell(own: Any) -> str:
    if own is None:
        return ""
    return own if isinstance(own, str) else json.dumps(own, ensure_ascii=False)
