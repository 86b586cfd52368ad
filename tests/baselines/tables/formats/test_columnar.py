"""Parquet and Arrow files in every form give plain values, and class numbers the names of their metadata."""

import datetime
import gzip
import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, ipc, parquet

from baselines.errors import DataError, MissingExtra
from baselines.tables.lazy_columns import readable
from baselines.tables.read_table import read_table
from tests.cases.file_case import columns, error_of

LABEL = {"_type": "ClassLabel", "names": ["neg", "pos"]}


def with_features(table: pa.Table, features: dict[str, Any]) -> pa.Table:
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def write_ipc(table: pa.Table, path: Path, form: Callable[..., Any]) -> None:
    with pa.OSFile(str(path), "wb") as sink, form(sink, table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "f.parquet": parquet.write_table,
    "file.arrow": lambda table, path: write_ipc(table, path, ipc.new_file),
    "stream.arrow": lambda table, path: write_ipc(table, path, ipc.new_stream),
    "f.ipc": lambda table, path: write_ipc(table, path, ipc.new_file),
    "f.feather": lambda table, path: feather.write_feather(table, str(path)),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("packed", [False, True])
def test_every_form(name: str, packed: bool, tmp_path: Path) -> None:
    made = pa.table({"text": ["a", None, "c"], "labels": [["x", "y"], [], None]})
    WRITERS[name](made, path := tmp_path / name)
    if packed:
        path.with_name(f"{name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path = path.with_name(f"{name}.gz")
    table = read_table(path)
    assert columns(table) == {"text": ["a", None, "c"], "labels": [["x", "y"], [], None]}
    assert list(table.rows) == [1, 2, 3]


@pytest.mark.parametrize("name", ["f.parquet", "file.arrow", "stream.arrow"])
def test_class_numbers_are_names(name: str, tmp_path: Path) -> None:
    made = with_features(pa.table({"text": ["a", "b", "c", "d"], "label": [0, 1, -1, None]}), {"label": LABEL})
    WRITERS[name](made, tmp_path / name)
    table = read_table(tmp_path / name)
    assert columns(table)["label"] == ["neg", "pos", None, None]
    assert table.notes == (f"{name}: class numbers in 'label' are read as the names in its metadata: 0 = neg, 1 = pos",)


@pytest.mark.parametrize(
    "feature",
    [
        {"_type": "Sequence", "feature": LABEL},
        {"_type": "Sequence", "feature": LABEL, "length": -1},
        {"_type": "List", "feature": LABEL},
        {"_type": "LargeList", "feature": LABEL},
        [LABEL],
    ],
)
def test_lists_of_class_numbers_are_lists_of_names(feature: Any, tmp_path: Path) -> None:
    made = with_features(pa.table({"labels": [[0, 1], [], [-1, 1], None]}), {"labels": feature})
    parquet.write_table(made, tmp_path / "f.parquet")
    assert columns(read_table(tmp_path / "f.parquet"))["labels"] == [["neg", "pos"], [], ["pos"], None]


def test_class_numbers_inside_structs(tmp_path: Path) -> None:
    features = {
        "one": {"kind": LABEL, "n": {"_type": "Value", "dtype": "int64"}},
        "many": {"_type": "Sequence", "feature": {"kind": LABEL}},
        "list": [{"kind": LABEL}],
    }
    made = pa.table({"one": [{"kind": 1, "n": 1}], "many": [{"kind": [0, 1]}], "list": [[{"kind": 0}]]})
    parquet.write_table(with_features(made, features), tmp_path / "f.parquet")
    table = read_table(tmp_path / "f.parquet")
    assert columns(table) == {
        "one": [{"kind": "pos", "n": 1}],
        "many": [{"kind": ["neg", "pos"]}],
        "list": [[{"kind": "neg"}]],
    }
    assert table.column("one.kind") == ["pos"]
    assert table.column("list[].kind") == [["neg"]]


def test_a_class_number_without_a_name_has_its_place(tmp_path: Path) -> None:
    parquet.write_table(with_features(pa.table({"label": [0, 2]}), {"label": LABEL}), tmp_path / "f.parquet")
    with pytest.raises(DataError, match=r"row 2, column 'label': class number 2, but the metadata name 2 classes"):
        read_table(tmp_path / "f.parquet").column("label")


@pytest.mark.parametrize(
    "metadata", [b"{", b"[]", b'{"info": 3}', b'{"info": {"features": {"label": {"names": 3}}}}', b"\xff"]
)
def test_metadata_that_say_nothing_change_nothing(metadata: bytes, tmp_path: Path) -> None:
    made = pa.table({"label": [0, 1]}).replace_schema_metadata({"huggingface": metadata})
    parquet.write_table(made, tmp_path / "f.parquet")
    assert columns(read_table(tmp_path / "f.parquet"))["label"] == [0, 1]


def test_plain_values(tmp_path: Path) -> None:
    time = datetime.datetime(2026, 1, 2, 3, 4, 5, 123456)
    made = pa.table(
        {
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "number": pa.array([1.5, float("nan"), None]),
            "bytes": pa.array([b"caf\xc3\xa9", b"x", None]),
            "time": pa.array([time, None, time], pa.timestamp("ns")),
            "large": pa.array(["x", "y", "z"], pa.large_string()),
        }
    )
    parquet.write_table(made, tmp_path / "f.parquet")
    assert columns(read_table(tmp_path / "f.parquet")) == {
        "kind": ["a", "b", "a"],
        "number": [1.5, None, None],
        "bytes": ["café", "x", None],
        "time": [time, None, time],
        "large": ["x", "y", "z"],
    }


def test_what_pandas_adds_is_dropped(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["a", "b"], "label": pd.Categorical(["x", "y"])}, index=[5, 9])
    frame.to_parquet(tmp_path / "f.parquet")
    assert columns(read_table(tmp_path / "f.parquet")) == {"text": ["a", "b"], "label": ["x", "y"]}


def test_names_of_folders_are_no_columns(tmp_path: Path) -> None:
    (folder := tmp_path / "lang=en").mkdir()
    parquet.write_table(pa.table({"text": ["a"]}), folder / "f.parquet")
    assert columns(read_table(folder / "f.parquet")) == {"text": ["a"]}


@pytest.mark.parametrize(("name", "kind"), [("f.parquet", "Parquet"), ("f.arrow", "Arrow"), ("f.feather", "Arrow")])
@pytest.mark.parametrize("content", [b"nope", b"PAR1PAR1", b"ARROW1\0\0" + b"x" * 40, b"\xff\xff\xff\xff\x00"])
def test_what_is_none_is_named(name: str, kind: str, content: bytes, tmp_path: Path) -> None:
    assert f"not a readable {kind} file" in error_of(tmp_path, name, content)


@pytest.mark.parametrize("name", ["f.parquet", "file.arrow", "stream.arrow"])
def test_a_file_cut_short(name: str, tmp_path: Path) -> None:
    WRITERS[name](pa.table({"text": ["some text"] * 1000, "labels": [["x"]] * 1000}), path := tmp_path / name)
    assert "not a readable" in error_of(tmp_path, name, path.read_bytes()[:-400])


def test_the_first_form_of_feather_is_named(tmp_path: Path) -> None:
    assert "first form of Feather" in error_of(tmp_path, "f.feather", b"FEA1" + b"x" * 40)


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f.arrow").write_bytes(b"x")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"reading Arrow needs pyarrow: pip install 'tagpress\[data\]'"):
        read_table(tmp_path / "f.arrow")


def test_a_column_that_nobody_asks_for_is_not_read(tmp_path: Path) -> None:
    n = 50_000
    junk = pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int32()), pa.array(["x" * 100_000]))
    texts = pa.array([f"text {i}" for i in range(n)])
    nested = pa.array([["y" * 5_000] * 10] * 4_000 + [[]] * (n - 4_000))
    table = pa.table({"text": texts, "junk": junk, "nested": nested})
    path = tmp_path / "junk.parquet"
    parquet.write_table(table, path, compression="zstd", store_schema=False)
    assert path.stat().st_size < 1_000_000
    begun = memory_now()
    read = read_table(path)
    assert read.column("text")[-1] == f"text {n - 1}"
    assert len(read.columns["junk"]) == n  # one text in memory, however often it is meant
    assert memory_now() - begun < 200e6
    with pytest.raises(DataError, match=r"column 'nested': [\d,]+ bytes expand to more than"):
        read.column("nested")
    assert memory_now() - begun < 400e6
    assert list(readable(read.columns, ["nested", "text"])) == ["text"]


def memory_now() -> float:
    """The most that this process has taken so far, bytes."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_a_file_of_endless_rows_is_refused(tmp_path: Path) -> None:
    n = 3_000_000
    junk = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array(["x"]))
    parquet.write_table(pa.table({"text": junk}), tmp_path / "rows.parquet", store_schema=False)
    assert (tmp_path / "rows.parquet").stat().st_size < 10_000
    with pytest.raises(DataError, match="3,000,000 rows; no file of texts does"):
        read_table(tmp_path / "rows.parquet")
