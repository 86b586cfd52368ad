"""Files as people have them, each written by a function that gives the words of the command line that read it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc, parquet

from tests.cases.file_case import workbook as write_workbook

N = 60
TEXTS = [
    f"note {i} about {('cats and mice', 'dogs; cars', 'birds, trees')[i % 3]} and {i * 7919 % 101}" for i in range(N)
]
LABELS = ["abc"[i % 3] for i in range(N)]
SETS = [["a", "b"] if i % 3 == 0 else ["b"] if i % 3 == 1 else ["c", "a"] for i in range(N)]
ROWS = list(zip(TEXTS, LABELS, strict=True))

Build = Callable[[Path], list[str]]


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def lines(separator: str = ",", header: bool = True, rows: list[tuple[str, str]] = ROWS, quotes: bool = True) -> str:
    shown = [f"{quoted(text) if quotes else text}{separator}{label}" for text, label in rows]
    return "\r\n".join(([f"text{separator}label"] if header else []) + shown) + "\r\n"


def file(name: str, content: str | bytes, *arguments: str) -> Build:
    def build(folder: Path) -> list[str]:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return ["--dataset", str(path), *arguments]

    return build


def of_json(name: str, records: Any, *arguments: str) -> Build:
    return file(name, json.dumps(records), *arguments)


def of_lines(labels: list[Any], *arguments: str, key: str = "labels") -> Build:
    return file(
        "x.jsonl",
        "\n".join(json.dumps({"text": t, key: own}) for t, own in zip(TEXTS, labels, strict=True)),
        *arguments,
    )


def column(header: str, cells: list[str], *arguments: str) -> Build:
    rows = [f"{quoted(text)},{cell}" for text, cell in zip(TEXTS, cells, strict=True)]
    return file("x.csv", "\n".join([f"text,{header}", *rows]), *arguments)


def zipped(content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("inside.csv", content)
    return out.getvalue()


CLASS_LABEL = {
    "info": {
        "features": {
            "label": {"_type": "ClassLabel", "names": ["a", "b", "c"]},
            "text": {"_type": "Value", "dtype": "string"},
        }
    }
}


def arrow_table(metadata: bool = True) -> pa.Table:
    table = pa.table({"text": TEXTS, "label": ["abc".index(label) for label in LABELS]})
    return table.replace_schema_metadata({"huggingface": json.dumps(CLASS_LABEL)}) if metadata else table


def parquet_with_class_names(folder: Path) -> list[str]:
    parquet.write_table(arrow_table(), folder / "x.parquet")
    return ["--dataset", str(folder / "x.parquet")]


def arrow_stream(folder: Path) -> list[str]:
    table = arrow_table()
    with ipc.new_stream(folder / "x.arrow", table.schema) as writer:
        writer.write_table(table)
    return ["--dataset", str(folder / "x.arrow")]


def saved_dataset(folder: Path) -> list[str]:
    own = folder / "saved"
    own.mkdir()
    table = arrow_table(metadata=False)
    for number, part in enumerate((table.slice(0, 30), table.slice(30))):
        with ipc.new_stream(own / f"data-0000{number}-of-00002.arrow", table.schema) as writer:
            writer.write_table(part)
    (own / "dataset_info.json").write_text(json.dumps(CLASS_LABEL["info"]))
    files = [{"filename": f"data-0000{number}-of-00002.arrow"} for number in range(2)]
    (own / "state.json").write_text(json.dumps({"_data_files": files, "_split": "train"}))
    return ["--dataset", str(own)]


def shards(folder: Path) -> list[str]:
    own = folder / "hub" / "data"
    own.mkdir(parents=True)
    table = arrow_table()
    parquet.write_table(table.slice(0, 25), own / "train-00000-of-00002.parquet")
    parquet.write_table(table.slice(25, 20), own / "train-00001-of-00002.parquet")
    parquet.write_table(table.slice(45), own / "test-00000-of-00001.parquet")
    return ["--dataset", str(own.parent)]


def workbook(folder: Path) -> list[str]:
    write_workbook(folder / "x.xlsx", {"Sheet1": [["text", "label"], *map(list, ROWS)]})
    return ["--dataset", str(folder / "x.xlsx")]


NESTED = [
    {"doc": {"text": text}, "labels": [{"name": name} for name in own]} for text, own in zip(TEXTS, SETS, strict=True)
]
MULTI = ("a", "b", "c")
FLAGS = [[str(int(name in own)) for name in MULTI] for own in SETS]


def flags(on: str, off: str, *arguments: str, extra: bool = False) -> Build:
    header = "text," + ",".join(MULTI) + (",id" if extra else "")
    rows = [
        f"{quoted(text)},{','.join(on if flag == '1' else off for flag in own)}" + (f",u{i}" if extra else "")
        for i, (text, own) in enumerate(zip(TEXTS, FLAGS, strict=True))
    ]
    return file("x.csv", "\n".join([header, *rows]), *(arguments or ("--label-columns", ",".join(MULTI))))
