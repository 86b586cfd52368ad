"""One shard answered: its records read, answered batch by batch, and written beside the place of its answers."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselines.endings import sentence_of
from baselines.errors import UserError
from baselines.tables.reading import AS_FOUND, Reading
from baselines.tables.stream import Kind
from baselines.whole_files import named, sync
from exports import runtime
from exports.answering.many.batch import Batch
from exports.answering.many.batches import batches
from exports.answering.many.lines import Form, arrow_schema, table_writer
from exports.answering.many.said_in_columns import said_of
from exports.answering.many.shards import Shard
from exports.answering.questions import Source
from exports.runtime.predictor import Predictor

# So many bad records of a shard are said one by one, the rest is counted.
MOST_SAID = 20
# Takes how many more bytes of texts have been answered.
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Work:
    """What every shard is asked, for any process of any machine.

    Attributes:
        bundle: full path of the bundle.
        sha256: of its manifest.
        task: of the bundle.
        threads, abstain: see `exports.runtime.load`.
        top: None for what is decided, else so many names.
        kind, reading, text_columns, id_column: see `exports.answering.questions.Source`.
        files: of the bundle, by name, where a machine may not see its folder; None reads the folder.
    """

    bundle: str
    sha256: str
    task: str
    threads: int = 1
    abstain: float | None = None
    top: int | None = None
    kind: Kind | None = None
    reading: Reading = AS_FOUND
    text_columns: tuple[str, ...] = ()
    id_column: str = ""
    files: Mapping[str, bytes] | None = None

    def asked(self) -> dict[str, Any]:
        """What decides about answers beside texts and bundle, as JSON."""
        reading = [self.reading.delimiter, self.reading.encoding, self.reading.header]
        columns = [list(self.text_columns), self.id_column]
        return {"top": self.top, "abstain": self.abstain, "kind": self.kind, "reading": reading, "columns": columns}


@dataclass
class Outcome:
    """What became of a shard.

    Attributes:
        name: of the shard.
        failed: why it has no answers, "" where it has.
        answered, bad, named: records that were answered, that can't be read, and that have an id.
        said: the first of the bad records, as sentences.
        notes: what was found while reading.
        n_bytes: of the answers.
    """

    name: str
    failed: str = ""
    answered: int = 0
    bad: int = 0
    named: int = 0
    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    n_bytes: int = 0

    def count(self, batch: Batch, place: Path) -> None:
        """Add a batch."""
        self.bad += len(batch.errors)
        self.answered += len(batch) - len(batch.errors)
        self.named += sum(own is not None for own in batch.ids)
        for number, error in list(batch.errors.items())[: MOST_SAID - len(self.said)]:
            self.said.append(f"{place}: row {batch.numbers[number]}: {error}")


def answer_shard(work: Work, shard: Shard, out: Path, advance: Advance = lambda n: None) -> Outcome:
    """Write a shard's answers to `part_of`; a shard that can't be read or written is an outcome, too."""

    def encoded(given: Iterator[Batch], form: Form) -> Iterator[bytes]:
        predictor = predictor_of(work)
        return (form.encoded(batch, said_of(predictor, batch, work.top)) for batch in given)

    return written(work, shard, out, encoded, advance)


def written(
    work: Work,
    shard: Shard,
    out: Path,
    encoded: Callable[[Iterator[Batch], Form], Iterator[bytes]],
    advance: Advance,
) -> Outcome:
    """`answer_shard`, the answers of its batches made by `encoded`, in order."""
    outcome, before = Outcome(shard.name), 0

    def counted() -> Iterator[Batch]:
        nonlocal before
        for batch in batches(_source(work, shard, outcome)):
            outcome.count(batch, shard.source)
            yield batch
            now = max(before, int(batch.read * shard.size))
            advance(now - before)
            before = now

    part = part_of(out, shard)
    try:
        form = form_of(work, shard)
        part.parent.mkdir(parents=True, exist_ok=True)
        with named(part), _opened(part, form) as write:
            for piece in encoded(counted(), form):
                write(piece)
        sync(part)
        outcome.n_bytes = part.stat().st_size
    except (UserError, OSError) as error:
        part.unlink(missing_ok=True)
        outcome.failed = str(error) if isinstance(error, UserError) else sentence_of(error) or f"{part}: {error}"
    advance(shard.size - before)
    return outcome


def part_of(out: Path, shard: Shard) -> Path:
    """Where answers stand until they are whole."""
    place = out / shard.name
    return place.with_name(f".{place.name}.part")


def form_of(work: Work, shard: Shard) -> Form:
    """What a shard's answers look like."""
    one = work.task != "multilabel" and work.top in (None, 1)
    numbered = shard.format == "parquet" and bool(work.id_column) and _numbered(shard.source, work.id_column)
    return Form(shard.format, one, bool(work.id_column), numbered)


_LOADED: dict[tuple[str, int, float | None], Predictor[Any]] = {}


def predictor_of(work: Work) -> Predictor[Any]:
    """The bundle, opened once in a process."""
    key = (work.sha256, work.threads, work.abstain)
    if key not in _LOADED:
        keep_open(work, _loaded(work))
    return _LOADED[key]


def keep_open(work: Work, predictor: Predictor[Any]) -> None:
    """Let this process take a bundle that is open already."""
    _LOADED.clear()
    _LOADED[work.sha256, work.threads, work.abstain] = predictor


def _loaded(work: Work) -> Predictor[Any]:
    from exports.runtime.load_bundle import load_again

    if work.files is None:
        return load_again(work.bundle, work.sha256, work.threads, "auto", work.abstain)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in work.files.items():
            (Path(folder) / name).write_bytes(content)
        return runtime.load(folder, threads=work.threads, abstain=work.abstain)


def _source(work: Work, shard: Shard, outcome: Outcome) -> Source:
    place = str(shard.source)
    return Source(place, work.kind, work.reading, work.text_columns, work.id_column, outcome.notes.append)


def _numbered(path: Path, column: str) -> bool:
    """Whether a Parquet file has whole numbers in a column."""
    if ".parquet" not in path.name.lower():
        return False
    import pyarrow as pa
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(path)
        return bool(pa.types.is_integer(schema.field(column).type)) and b"huggingface" not in (schema.metadata or {})
    except (pa.ArrowException, OSError, KeyError):
        return False


@contextmanager
def _opened(part: Path, form: Form) -> Iterator[Callable[[bytes], Any]]:
    """What takes encoded batches."""
    if form.format == "parquet":
        with _parquet(part, form) as write:
            yield write
        return
    with part.open("wb") as file:
        if form.format != "jsonl":
            file.write(_header(form))
        yield file.write


def _header(form: Form) -> bytes:
    stream = io.StringIO(newline="")
    table_writer(stream, form.format).writerow(form.columns)
    return stream.getvalue().encode()


@contextmanager
def _parquet(part: Path, form: Form) -> Iterator[Callable[[bytes], Any]]:
    import pyarrow as pa
    from pyarrow import parquet

    # Names repeat, and rows are counted on; of probabilities a dictionary would be as long as they are.
    packing = {"use_dictionary": ["label", "labels.list.element"], "column_encoding": {"row": "DELTA_BINARY_PACKED"}}
    with parquet.ParquetWriter(part, arrow_schema(form), **packing) as writer:
        yield lambda piece: writer.write_table(pa.ipc.open_stream(piece).read_all())
