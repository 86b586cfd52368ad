"""Values of JSON one after the other: one in a line, or the objects of an array, without the array in memory."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from baselines.escaping.visible import cut
from baselines.inputs.counted import repeated
from baselines.tables.formats.record_columns import RecordColumns
from baselines.tables.table import Table

_MOST_NOTES, _SHOWN = 5, 60
_BLANKS = re.compile(r"[ \t\n\r]*")
_GOT = 20


class JsonReader:
    """Reads values and counts the keys that were named twice."""

    def __init__(self) -> None:
        self.twice: dict[str, int] = {}
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=_whole,
            parse_constant=lambda word: None if word == "NaN" else word,
        )

    def read(self, text: str) -> Any:
        """One value; raises ValueError or RecursionError."""
        return self._decoder.decode(text)

    def read_at(self, text: str, at: int) -> tuple[Any, int]:
        """The value that begins there, and where it ends; raises ValueError or RecursionError."""
        return self._decoder.raw_decode(text, at)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            for name in repeated(name for name, _ in pairs):
                self.twice[name] = self.twice.get(name, 0) + 1
        return made

    def notes(self, path: Path) -> tuple[str, ...]:
        """What to say of keys that were named twice."""
        said = [
            f"{path.name}: {count:,} objects name {cut(name, _SHOWN)!r} twice; the last value counts"
            for name, count in list(self.twice.items())[:_MOST_NOTES]
        ]
        more = len(self.twice) - len(said)
        return (*said, *([f"{path.name}: so do objects with {more:,} other names"] if more else []))


def _whole(digits: str) -> int | str:
    """Python refuses more than 4,300 digits, which take it minutes."""
    return int(digits) if len(digits) <= 4_000 else digits


class JsonArrayError(ValueError):
    """What is wrong in an array, and in which of its records, counted from 1."""

    def __init__(self, row: int, problem: Exception) -> None:
        said = "nested too deeply" if isinstance(problem, RecursionError) else str(problem)
        if isinstance(problem, json.JSONDecodeError):
            came = problem.doc[problem.pos : problem.pos + _GOT]
            said += f", got {came!r}" if came else ", got the end of the file"
        super().__init__(said)
        self.row = row


def array_table(text: str, path: Path) -> Table | None:
    """The table of an array of objects, read object by object; None where the text is anything else that is whole.

    Raises:
        JsonArrayError: it begins as one, and breaks off or isn't JSON; names the record.
        DataError: so many names that nearly every cell would be empty.
    """
    at = _after_blanks(text, 0)
    if text[at : at + 1] != "[":
        return None
    reader, found = JsonReader(), RecordColumns()
    at = _after_blanks(text, at + 1)
    while True:
        if not len(found) and text[at : at + 1] != "{":
            return None
        try:
            record, end = reader.read_at(text, at)
        except (ValueError, RecursionError) as problem:
            raise JsonArrayError(len(found) + 1, problem) from None
        if not isinstance(record, dict):  # it is read whole, and what is wrong with its shape is said there
            return None
        found.add(record)
        at = _after_blanks(text, end)
        if text[at : at + 1] != ",":
            break
        at = _after_blanks(text, at + 1)
    _check_end(text, at, len(found))
    return Table(path, found.columns(path), range(1, len(found) + 1), reader.notes(path))


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _check_end(text: str, at: int, row: int) -> None:
    """Raise JsonArrayError unless the array is closed there and nothing follows."""
    if text[at : at + 1] != "]":
        raise JsonArrayError(row, json.JSONDecodeError("Expecting ',' delimiter", text, at))
    if (end := _after_blanks(text, at + 1)) < len(text):
        raise JsonArrayError(row, json.JSONDecodeError("Extra data", text, end))
