"""Files of every format with texts and labels, and the options that read them."""

import argparse
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather, parquet

from baselines.data.data_options import DataOptions
from baselines.data.options import add_data_options, options_from
from tests.cases.file_case import workbook


def options(*arguments: str) -> DataOptions:
    parser = argparse.ArgumentParser()
    add_data_options(parser)
    return options_from(parser.parse_args(arguments))


def write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def many_rows(n: int = 30) -> str:
    return "".join(f"text number {i},{'ab'[i % 2]}\n" for i in range(n))


FORMATS: dict[str, Callable[[list[dict[str, Any]], Path], None]] = {
    ".csv": lambda records, path: path.write_text(csv_of(records, ","), newline="", encoding="utf-8"),
    ".tsv": lambda records, path: path.write_text(csv_of(records, "\t"), newline="", encoding="utf-8-sig"),
    ".jsonl": lambda records, path: path.write_text("\n".join(json.dumps(r) for r in records), encoding="utf-8"),
    ".json": lambda records, path: path.write_text(json.dumps(records, indent=1), encoding="utf-16"),
    ".csv.gz": lambda records, path: path.write_bytes(gzip.compress(csv_of(records, ";").encode())),
    ".parquet": lambda records, path: parquet.write_table(pa.Table.from_pylist(records), path),
    ".feather": lambda records, path: feather.write_feather(pa.Table.from_pylist(records), str(path)),
    ".xlsx": lambda records, path: workbook(path, {"Sheet1": [list(records[0]), *(list(r.values()) for r in records)]}),
}  # fmt: skip


def csv_of(records: list[dict[str, Any]], delimiter: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(records[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


GOOD = "text,label\n" + many_rows()
