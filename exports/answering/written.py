"""Answers as JSON Lines, CSV or TSV, each written as soon as it is there."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO, get_args

from baselines.errors import DataError
from baselines.streams import plain_rule
from baselines.whole_files import named, sync

Format = Literal["jsonl", "csv", "tsv"]
FORMATS: tuple[Format, ...] = get_args(Format)
_OF_ENDING: Mapping[str, Format] = {".csv": "csv", ".tsv": "tsv"}


def format_of(out: Path | None) -> Format:
    """By the ending of the file that is written: CSV, TSV, else JSON Lines."""
    return _OF_ENDING.get(out.suffix.lower(), "jsonl") if out else "jsonl"


class AnswerWriter:
    """Writes answers in one format.

    The tables have the columns `row`, `id`, `labels`, `probabilities`, `known` and `error`; `row`, `id` and `error`
    where `places` says that there are some. Cells of several labels are JSON lists, which every reader of ours reads;
    where each text has one class, `label` and `probability` hold it as it is.

    Args:
        stream: takes text.
        format: of the answers.
        one: whether a text gets one label at most.
        places: whether the texts came from a file, and whether with ids.
    """

    def __init__(self, stream: TextIO, format: Format, one: bool, places: tuple[bool, bool]) -> None:
        self._stream, self._format, self._one = stream, format, one
        from_file, with_ids = places
        names = ("label", "probability") if one else ("labels", "probabilities")
        before = [name for name, there in (("row", from_file), ("id", with_ids)) if there]
        self._columns = [*before, *names, "known", *(["error"] if from_file else [])]
        self._table = csv.writer(stream, delimiter="\t" if format == "tsv" else ",", lineterminator="\n")
        if format != "jsonl":
            self._table.writerow(self._columns)

    def write(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Write answers, and let nothing of them wait."""
        for answer in answers:
            if self._format == "jsonl":
                self._stream.write(json.dumps(answer, ensure_ascii=False) + "\n")
            else:
                self._table.writerow([self._cell(answer, name) for name in self._columns])
        self._stream.flush()

    def _cell(self, answer: Mapping[str, Any], name: str) -> str:
        if name in ("row", "id", "error"):
            value = answer.get(name, "")
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if "error" in answer:
            return ""
        if name == "known":
            return "1" if answer["known"] else "0"
        field = "class" if name.startswith("label") else "probability"
        values = [label[field] for label in answer["labels"]]
        return str(next(iter(values), "")) if self._one else json.dumps(values, ensure_ascii=False)


@contextmanager
def opened(out: Path | None) -> Iterator[TextIO]:
    """Where answers go: stdout, or a file that has its name once it is whole.

    Until then it is called `NAME.part`, and so it stays where the work was stopped.

    Raises:
        DataError: a file that can't be written.
    """
    if out is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # JSON is UTF-8, whatever the console speaks; csv ends its lines itself.
            sys.stdout.reconfigure(encoding="utf-8", errors=plain_rule(), newline="\n")
        yield sys.stdout
        return
    part = out.with_name(f"{out.name}.part")
    try:
        stream = part.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise DataError(f"{part}: can't be written ({error.strerror or error}); choose another --out") from None
    with named(part):
        with stream:
            yield stream
        sync(part)
        part.replace(out)
