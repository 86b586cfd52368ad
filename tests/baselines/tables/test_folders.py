"""Folders: what the datasets library saves, shards, one file a part; and what is no data set is called what it is."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from baselines.errors import DataError
from baselines.tables.parts import part_of
from baselines.tables.read_table import read_parts, read_table
from baselines.tables.reading import Reading
from tests.cases.file_case import PUBLIC, columns

FEATURES = {"text": {"_type": "Value", "dtype": "string"}, "label": {"_type": "ClassLabel", "names": ["neg", "pos"]}}
CSV = "text,label\nhi,a\nyou,b\n"


def save(folder: Path, shards: list[dict[str, list[Any]]], features: Any = FEATURES) -> Path:
    """As `Dataset.save_to_disk` does."""
    folder.mkdir(parents=True)
    names = [f"data-{i:05d}-of-{len(shards):05d}.arrow" for i in range(len(shards))]
    for name, shard in zip(names, shards, strict=True):
        table = pa.table(shard)
        with pa.OSFile(str(folder / name), "wb") as sink, ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    state = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "1", "_split": "train"}
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}), encoding="utf-8")
    return folder


def files(folder: Path, **content: str | bytes) -> Path:
    for name, held in content.items():
        path = folder / name.replace("__", ".").replace("_in_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(held if isinstance(held, bytes) else held.encode())
    return folder


def test_a_saved_data_set(tmp_path: Path) -> None:
    folder = save(tmp_path / "d", [{"text": ["a", "b"], "label": [0, 1]}, {"text": ["c"], "label": [-1]}])
    table = read_table(folder)
    assert columns(table) == {"text": ["a", "b", "c"], "label": ["neg", "pos", None]}
    assert list(table.rows) == [1, 2, 3]
    assert any("2 files read as one" in note for note in table.notes)
    assert list(read_parts(folder)) == [""]


def test_a_saved_dictionary_of_parts(tmp_path: Path) -> None:
    for part, text in (("test", "x"), ("train", "y"), ("dev", "z"), ("unsupervised", "w")):
        save(tmp_path / part, [{"text": [text], "label": [0]}])
    splits = {"splits": ["test", "train", "dev", "unsupervised"]}
    (tmp_path / "dataset_dict.json").write_text(json.dumps(splits), encoding="utf-8")
    parts = read_parts(tmp_path)
    assert {part: table.columns["text"] for part, table in parts.items()} == {
        "train": ["y"], "validation": ["z"], "test": ["x"],
    }  # fmt: skip
    assert list(parts) == ["train", "validation", "test"]
    assert "not read, since no part is said: unsupervised" in parts["train"].notes[-1]
    with pytest.raises(DataError, match=r"several parts: train \(1 records\).*--dataset alone"):
        read_table(tmp_path)


@pytest.mark.parametrize("extension", ["csv", "tsv", "jsonl", "json", "txt", "csv.gz", "parquet"])
def test_one_file_a_part(extension: str, tmp_path: Path) -> None:
    write = WRITERS[extension]
    for name in ("train", "val", "test"):
        write(tmp_path / f"{name}.{extension}", [{"text": f"{name} {i}", "label": "ab"[i % 2]} for i in range(4)])
    (tmp_path / "README.md").write_text("about", encoding="utf-8")
    parts = read_parts(tmp_path)
    assert {part: table.columns["text"][0] for part, table in parts.items()} == {
        "train": "train 0", "validation": "val 0", "test": "test 0",
    }  # fmt: skip


def _csv(path: Path, records: list[dict[str, str]]) -> None:
    end = "\t" if ".tsv" in path.name or ".txt" in path.name else ","
    lines = [end.join(["text", "label"]), *(end.join(record.values()) for record in records)]
    content = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


WRITERS: dict[str, Callable[[Path, list[dict[str, str]]], Any]] = {
    **dict.fromkeys(["csv", "tsv", "txt", "csv.gz"], _csv),
    "jsonl": lambda path, records: path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8"),
    "json": lambda path, records: path.write_text(json.dumps(records), encoding="utf-8"),
    "parquet": lambda path, records: parquet.write_table(pa.Table.from_pylist(records), path),
}


def test_shards_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for part, count in (("train", 2), ("test", 1)):
        for i in range(count):
            made = pa.table({"text": [f"{part} {i}"], "label": [i]})
            parquet.write_table(made, tmp_path / "data" / f"{part}-{i:05d}-of-{count:05d}.parquet")
    parts = read_parts(tmp_path)
    assert columns(parts["train"]) == {"text": ["train 0", "train 1"], "label": [0, 1]}
    assert len(parts["test"]) == 1


def test_a_cached_data_set_takes_names_from_its_info(tmp_path: Path) -> None:
    save(tmp_path / "d", [{"text": ["a"], "label": [1]}])
    (tmp_path / "d" / "state.json").unlink()
    (tmp_path / "d" / "data-00000-of-00001.arrow").rename(tmp_path / "d" / "imdb-train.arrow")
    assert columns(read_parts(tmp_path / "d")["train"]) == {"text": ["a"], "label": ["pos"]}


def test_parts_as_folders(tmp_path: Path) -> None:
    folder = files(tmp_path, train_in_a__csv=CSV, train_in_b__csv=CSV, dev_in_a__csv=CSV)
    parts = read_parts(folder)
    assert {part: len(table) for part, table in parts.items()} == {"train": 4, "validation": 2}


def test_shards_of_no_part(tmp_path: Path) -> None:
    table = read_table(
        files(tmp_path, **{"part-0__csv": CSV, "part-1__csv": CSV, "_SUCCESS": "", "__hidden__csv": "x"})
    )
    assert columns(table) == {"text": ["hi", "you"] * 2, "label": ["a", "b"] * 2}
    assert "part-0.csv to part-1.csv" in table.notes[-1]


def test_what_has_no_part_is_left_out_and_said(tmp_path: Path) -> None:
    parts = read_parts(files(tmp_path, train__csv=CSV, test__csv=CSV, more__csv=CSV))
    assert list(parts) == ["train", "test"]
    assert "not read, since no part is said: more.csv" in parts["train"].notes[-1]


def test_the_user_says_how_its_files_are_read(tmp_path: Path) -> None:
    parts = read_parts(files(tmp_path, train__csv="hi~a\n", test__csv="yo~b\n"), Reading(delimiter="~", header=False))
    assert columns(parts["train"]) == {"1": ["hi"], "2": ["a"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"train-00000-of-00002__csv": CSV}, "shard 00001 of 2 of 'train' is missing"),
        ({"train__csv": CSV, "train__jsonl": '{"text": "a"}'}, "train in several forms"),
        ({"a__csv": CSV, "b__csv": "body,topic\nx,y\n"}, "its columns aren't those of a.csv"),
        ({"notes__md": "x"}, "a folder without data files ('notes.md')"),
        ({}, "a folder without data files (nothing)"),
        ({"train__csv": "text,label\n"}, "no records"),
        ({"manifest__json": "{}", "labels__json": "[]"}, "this is a bundle of tagpress"),
        ({"results__json": "{}"}, "this is the folder of a finished run"),
        ({"run__json": "{}"}, "this is the folder of a run"),
        ({"model__safetensors": "x"}, "this is a model's folder"),
        ({"dataset_dict__json": '{"splits": []}'}, "expected the names of parts"),
        ({"dataset_dict__json": '{"splits": ["a", "b"]}'}, "parts 'a', 'b'; expected train"),
        ({"dataset_dict__json": "{"}, "not valid JSON"),
        (
            {"dataset_dict__json": '{"splits": ["../train"]}'},
            "expected the name of a file in the folder, got '../train'",
        ),
        ({"state__json": '{"_data_files": [{"filename": "../../secret.arrow"}]}'}, "got '../../secret.arrow'"),
        ({"state__json": '{"_data_files": [{"filename": "gone.arrow"}]}'}, "gone.arrow is missing"),
        ({"state__json": "[]"}, "expected file names under '_data_files'"),
    ],
)
def test_what_is_no_data_set(content: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_parts(files(tmp_path, **content))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train.csv", "train"),
        ("train-00000-of-00002.parquet", "train"),
        ("imdb-test.arrow", "test"),
        ("my_dev_set.tsv", "validation"),
        ("valid.csv.gz", "validation"),
        ("test1.csv", "test"),
        ("data/val/part-0.csv", "validation"),
        ("train/data-00000-of-00001.arrow", "train"),
        ("latest.csv", ""),
        ("contest_entries.csv", ""),
        ("trainers.csv", ""),
        ("train_test.csv", ""),
    ],
)
def test_parts_by_name(name: str, part: str) -> None:
    assert part_of(Path(name)) == part


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public data sets are not beside the project")
@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("trec", {"train": 5452, "test": 500}),
        ("sst2", {"train": 6920, "validation": 872, "test": 1821}),
        ("banking77", {"train": 10003, "test": 3080}),
        ("subj", {"": 10_000}),
        ("mpqa", {"": 10_606}),
    ],
)
def test_published_folders(name: str, sizes: dict[str, int]) -> None:
    assert {part: len(table) for part, table in read_parts(PUBLIC / name).items()} == sizes
