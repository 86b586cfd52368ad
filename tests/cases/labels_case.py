"""Files whose labels are written in some way, and what is said where they are stopped at."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from baselines.data.sources import load
from baselines.errors import DataError
from tests.cases.data_case import options, write

Cells = Sequence[Any]


def csv_file(folder: Path, columns: dict[str, Cells], name: str = "own.csv") -> str:
    """A CSV file with a text a row beside the given columns."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["text", *columns])
    for i, row in enumerate(zip(*columns.values(), strict=True)):
        writer.writerow([f"text number {i}", *row])
    return write(folder, name, out.getvalue())


def json_lines(folder: Path, labels: Cells, name: str = "own.jsonl") -> str:
    records = [{"text": f"text number {i}", "labels": own} for i, own in enumerate(labels)]
    return write(folder, name, "\n".join(json.dumps(record) for record in records))


def stopped(path: str, *arguments: str) -> str:
    with pytest.raises(DataError) as caught:
        load(options("--dataset", path, *arguments))
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)
