"""Every source gives the same kind of data set, and every mistake in a file is named with its place."""

import argparse
import csv
import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from baselines.data import download
from baselines.data.options import add_data_options, dataset_from, options_from
from baselines.data.readers import Table, read_table
from baselines.data.sources import DataOptions, build_dataset, load
from baselines.data.table_labels import Labels, label_sets, texts_of
from baselines.data.taxonomy import check_taxonomy, parse_taxonomy, read_taxonomy, restrict
from baselines.dataset import Dataset, TaxonomyEntry
from baselines.errors import DataError, DownloadError, MissingExtra

# No lone surrogates: they can't be written as UTF-8.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
# Quotes, separators and line ends more often than chance would have them.
AWKWARD = st.one_of(ANY_TEXT, st.text(',;\t"\n\r\u2028é😀\ufeff', max_size=8))


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


# --- the sources -----------------------------------------------------------------------------------------------------


def test_sample_is_complete(sample: Dataset) -> None:
    assert (len(sample.everything), len(sample.classes)) == (1470, 36)
    assert sample.classes == tuple(sorted(sample.classes))
    assert {entry.tag for entry in sample.everything.taxonomy} >= set(sample.classes)
    assert sample.notes == ()
    assert sample.everything.labels.any(axis=1).all()


def test_sample_is_the_same_every_time(sample: Dataset) -> None:
    assert load().sha256 == sample.sha256
    assert load(DataOptions(seed=1)).sha256 != sample.sha256


def test_madewithml_has_the_figures_of_the_course(madewithml_dir: Path) -> None:
    dataset = load(options("--dataset", "madewithml", "--data-dir", str(madewithml_dir)))
    assert (len(dataset.everything), len(dataset.classes)) == (1444, 35)
    assert dataset.everything.labels.sum(axis=0).min() >= 30
    assert dataset.everything.labels.any(axis=1).all()
    assert all(dataset.part(part).labels.any(axis=0).all() for part in ("train", "validation", "test"))
    assert dataset.licence == "MIT"


def test_tiny_fixture_is_small_and_whole(tiny: Dataset) -> None:
    assert (len(tiny.everything), len(tiny.classes)) == (120, 6)
    assert tiny.part("train").labels.any(axis=0).all()


FORMATS: dict[str, Callable[[list[dict[str, Any]], Path], None]] = {
    ".csv": lambda records, path: path.write_text(_csv_of(records, ","), newline="", encoding="utf-8"),
    ".tsv": lambda records, path: path.write_text(_csv_of(records, "\t"), newline="", encoding="utf-8-sig"),
    ".jsonl": lambda records, path: path.write_text("\n".join(json.dumps(r) for r in records), encoding="utf-8"),
    ".parquet": lambda records, path: parquet.write_table(pa.Table.from_pylist(records), path),
}  # fmt: skip


def _csv_of(records: list[dict[str, Any]], delimiter: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(records[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_data(suffix: str, tmp_path: Path) -> None:
    records = [
        {"title": f"T{i}", "description": "" if i % 5 else f"d {i}", "tags": "a; b" if i % 3 else "b"}
        for i in range(40)
    ]
    FORMATS[suffix](records, path := tmp_path / f"mine{suffix}")
    dataset = load(options("--dataset", str(path), "--label-separator", ";"))
    assert dataset.classes == ("a", "b")
    assert dataset.everything.texts[:2] == ("T0 d 0", "T1")
    assert dataset.everything.labels[:2].tolist() == [[False, True], [True, True]]


@pytest.mark.parametrize("suffix", FORMATS)
def test_one_column_a_label(suffix: str, tmp_path: Path) -> None:
    records = [{"words": f"text {i}", "red": i % 2, "blue": int(i % 3 == 0)} for i in range(40)]
    FORMATS[suffix](records, path := tmp_path / f"mine{suffix}")
    rest = load(options("--dataset", str(path), "--text-column", "words", "--label-columns", "rest"))
    named = load(options("--dataset", str(path), "--text-column", "words", "--label-columns", "red,blue"))
    assert rest.classes == ("blue", "red")
    assert rest.sha256 == named.sha256
    assert rest.everything.labels[3].tolist() == [True, True]
    assert "no label; they are kept" in rest.notes[0]


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_lists_of_labels_need_no_separator(suffix: str, tmp_path: Path) -> None:
    records = [{"text": f"text {i}", "labels": ["a", "b; c"] if i % 2 else []} for i in range(20)]
    FORMATS[suffix](records, path := tmp_path / f"mine{suffix}")
    assert load(options("--dataset", str(path))).classes == ("a", "b; c")


def test_several_text_columns_are_joined_and_may_be_repeated_options(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "a,b,c,label\n" + "".join(f"x{i},,z,{i % 2}\n" for i in range(20)))
    assert load(options("--dataset", path, "--text-column", "c,b", "--text-column", "a")).everything.texts[0] == "z x0"


def test_rare_classes_are_dropped_and_named(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "text,label\n" + many_rows() + "more,rare\nmore,rare\n")
    dataset = load(options("--dataset", path))
    assert dataset.classes == ("a", "b")
    assert dataset.notes[0] == "dropped rare: fewer than 3 texts each"
    assert load(options("--dataset", path, "--min-texts-per-class", "2")).classes == ("a", "b", "rare")


def test_a_long_text_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "text,label\n" + many_rows() + "x" * 200_000 + ",a\n")
    limit = csv.field_size_limit()
    assert len(load(options("--dataset", path)).everything.texts[-1]) == 200_000
    assert csv.field_size_limit() == limit


def test_a_warning_reaches_the_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "f.csv", "text,label\n" + many_rows() + "more,[red]\n")
    parser = argparse.ArgumentParser()
    add_data_options(parser)
    dataset_from(parser.parse_args(["--dataset", path]))
    assert "dropped [red]" in capsys.readouterr().err


# --- readers: what is written comes back ------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    st.lists(st.lists(AWKWARD, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from([",", "\t"]),
    st.booleans(),
)
def test_csv_round_trip(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str, mark: bool
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([["one", "two"], *rows])
    path = tmp_path_factory.mktemp("csv") / ("f.csv" if delimiter == "," else "f.tsv")
    path.write_bytes(out.getvalue().encode("utf-8-sig" if mark else "utf-8"))
    table = read_table(path)
    assert [list(pair) for pair in zip(table.column("one"), table.column("two"), strict=True)] == rows


@settings(deadline=None)
@given(st.lists(st.dictionaries(AWKWARD, AWKWARD, min_size=1, max_size=3), min_size=1, max_size=6), st.booleans())
def test_jsonl_round_trip(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, str]], ascii_only: bool
) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "f.jsonl"
    path.write_text(
        "\n".join(json.dumps(r, ensure_ascii=ascii_only) for r in records) + "\n", encoding="utf-8", newline=""
    )
    table = read_table(path)
    found = [
        {name: values[i] for name, values in table.columns.items() if values[i] is not None}
        for i in range(len(records))
    ]
    assert found == records


# --- mistakes ---------------------------------------------------------------------------------------------------------

GOOD = "text,label\n" + many_rows()
BAD_FILES: dict[str, tuple[str, str | bytes, list[str], list[str]]] = {
    "empty": ("f.csv", "", [], ["f.csv", "empty"]),
    "header only": ("f.csv", "text,label\n", [], ["no records"]),
    "unknown extension": ("f.xlsx", "x", [], ["'.xlsx'", ".parquet"]),
    "latin-1": ("f.csv", "text,label\nok,a\ncaf\xe9,b\n".encode("latin-1"), [], ["0xe9 at offset 19, line 3", "UTF-8"]),
    "utf-16": ("f.csv", GOOD.encode("utf-16"), [], ["offset 0, line 1", "UTF-16"]),
    "ragged": ("f.csv", "text,label\nok,a\nno, quotes,b\n", [], ["row 3 has 3 fields, the header has 2"]),
    "open quote": ("f.csv", 'text,label\n"ok,a\n', [], ["line 2"]),
    "column twice": ("f.csv", "text,text\nok,a\n", [], ["'text' occurs twice"]),
    "blank header": ("f.csv", "\nok,a\n", [], ["row 1 is blank"]),
    "bad json": ("f.jsonl", '{"text": "a"}\n\n{"text": \n', [], ["line 3 is not valid JSON"]),
    "json list": ("f.jsonl", "[1]\n", [], ["line 1", "expected an object", "list"]),
    "deep json": ("f.jsonl", "[" * 100_000, [], ["line 1 is not valid JSON"]),
    "no text column": ("f.csv", "words,label\nok,a\n", [], ["--text-column", "'words', 'label'"]),
    "unknown text column": ("f.csv", GOOD, ["--text-column", "body"], ["no column 'body'", "'text', 'label'"]),
    "unknown labels column": ("f.csv", GOOD, ["--labels-column", "topic"], ["no column 'topic'", "'text', 'label'"]),
    "no labels column": ("f.csv", "text,topic\nok,a\n", [], ["--labels-column", "'topic'"]),
    "unknown 0/1 column": ("f.csv", GOOD, ["--label-columns", "red"], ["no column 'red'"]),
    "not 0 or 1": ("f.csv", "text,red\nok,0\nok,2\n", ["--label-columns", "rest"], ["row 3, column 'red'", "'2'"]),
    "both ways": ("f.csv", GOOD, ["--label-columns", "label", "--labels-column", "label"], ["excludes"]),
    "empty separator": ("f.csv", GOOD, ["--label-separator", ""], ["--label-separator"]),
    "number as text": ("f.jsonl", '{"text": "a", "label": "b"}\n{"text": 1}\n', [], ["row 2, column 'text'", "int"]),
    "object as label": ("f.jsonl", '{"text": "a", "label": {}}\n', [], ["row 1, column 'label'"]),
    "all texts empty": ("f.csv", "text,label\n" + " ,a\n ,b\n" * 9, [], ["all 18 texts are empty"]),
    "no labels": ("f.csv", "text,label\n" + "ok,\n" * 9, [], ["no text has a label"]),
    "one class": ("f.csv", "text,label\n" + "ok,a\n" * 9 + "ok,b\n", [], ["at least 2 classes", "got 1 of 2"]),
    "too few texts": ("f.csv", "text,label\n" + many_rows(8), [], ["at least 10 texts", "got 8"]),
    "not parquet": ("f.parquet", "nope", [], ["not a readable Parquet file"]),
    "data folder elsewhere": ("f.csv", GOOD, ["--data-dir", "."], ["--data-dir goes with --dataset madewithml"]),
    "no taxonomy file": ("f.csv", GOOD, ["--taxonomy", "/nowhere.json"], ["/nowhere.json"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_clear_message(case: str, tmp_path: Path) -> None:
    name, content, arguments, expected = BAD_FILES[case]
    path = write(tmp_path, name, content)
    with pytest.raises(DataError) as caught:
        load(options("--dataset", path, *arguments))
    assert [part for part in expected if part not in str(caught.value)] == []
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["nothing-here", "nothing-here.csv"])
def test_a_missing_file_names_the_choices(name: str) -> None:
    with pytest.raises(DataError, match=r"nothing-here.*sample.*madewithml"):
        load(options("--dataset", name))


@pytest.mark.parametrize("arguments", [["--text-column", "x"], ["--label-separator", ","], ["--taxonomy", "t.json"]])
def test_options_of_a_file_are_refused_elsewhere(arguments: list[str]) -> None:
    with pytest.raises(DataError, match="describe a file of yours"):
        load(options(*arguments))


@pytest.mark.parametrize("arguments", [["--seed", "-1"], ["--seed", "x"], ["--min-texts-per-class", "0"]])
def test_bad_numbers_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        options(*arguments)
    assert "whole number" in capsys.readouterr().err


def test_parquet_without_pyarrow_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "f.parquet", "x")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tagpress\[parquet\]'"):
        load(options("--dataset", path))


# --- download ---------------------------------------------------------------------------------------------------------


def pinned(folder: Path, content: bytes, sha256: str | None = None) -> download.PinnedFile:
    path = folder / "published.json"
    path.write_bytes(content)
    return download.PinnedFile("published.json", path.as_uri(), sha256 or download.hashlib.sha256(content).hexdigest())


def test_a_download_is_cached_and_a_damaged_copy_replaced(tmp_path: Path) -> None:
    file = pinned(tmp_path, b"content")
    cache = tmp_path / "cache"
    assert download.fetch_pinned(file, cache) == b"content"
    (tmp_path / "published.json").unlink()
    assert download.fetch_pinned(file, cache) == b"content"
    (cache / "published.json").write_bytes(b"cont")
    pinned(tmp_path, b"content")
    assert download.fetch_pinned(file, cache) == b"content"
    assert [path.name for path in cache.iterdir()] == ["published.json"]


def test_a_wrong_checksum_leaves_nothing(tmp_path: Path) -> None:
    file = pinned(tmp_path, b"content", sha256="0" * 64)
    with pytest.raises(DownloadError, match=r"sha256 0000.* expected, got"):
        download.fetch_pinned(file, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    with pytest.raises(DownloadError, match="sha256"):
        download.read_pinned(file, tmp_path)


def test_no_network_names_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DownloadError, match=r"no route to host.*--data-dir.*--dataset sample"):
        load(DataOptions("madewithml"))
    with pytest.raises(DownloadError, match=r"tags\.json: no such file; --data-dir"):
        load(DataOptions("madewithml", data_dir=tmp_path))


# --- taxonomy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"tag": "a", "parents": ["b"]}], "parent 'b' of tag 'a' is not a tag"),
        ([{"tag": "a"}, {"tag": "b", "aliases": ["c"]}, {"tag": "d", "parents": ["c"]}], "parent 'c' of tag 'd'"),
        ([{"tag": "a"}, {"tag": "a"}], "tag 'a' occurs twice"),
        ([{"tag": "a", "aliases": ["x"]}, {"tag": "b", "aliases": ["x"]}], "alias 'x' of tag 'b' also stands for 'a'"),
        ([{"tag": "a", "aliases": ["b"]}, {"tag": "b"}], "alias 'b' of tag 'a' also stands for 'b'"),
        ([{"tag": "a", "parents": ["a"]}], "lead back to it .a -> a"),
        ([{"tag": "a", "parents": ["b"]}, {"tag": "b", "parents": ["c"]}, {"tag": "c", "parents": ["a"]}], "lead back"),
        ({"tag": "a"}, "expected a list of tags, got dict"),
        ([{"name": "a"}], "entry 1: expected an object"),
        ([{"tag": "a", "aliases": "x"}], "aliases of tag 'a'"),
    ],
)
def test_a_bad_taxonomy_names_the_tag(content: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "tags.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        read_taxonomy(path)


def test_a_deep_taxonomy_with_two_ways_up_is_no_cycle() -> None:
    chain = [TaxonomyEntry(str(i), (), (str(i + 1), str(i + 2))) for i in range(5_000)]
    check_taxonomy([*chain, TaxonomyEntry("5000"), TaxonomyEntry("5001")], "here")


def test_restricted_taxonomy_keeps_what_stands_above_and_below_the_classes() -> None:
    tags = [
        {"tag": "a", "parents": ["b"]},
        {"tag": "b", "aliases": ["bee"]},
        {"tag": "c"},
        {"tag": "d", "parents": ["a"]},
    ]
    taxonomy = parse_taxonomy(tags, "here")
    assert [entry.tag for entry in restrict(taxonomy, ["a"])] == ["a", "b", "d"]


def test_taxonomy_of_a_file_reaches_the_part(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", GOOD)
    tags = write(tmp_path, "tags.json", '[{"tag": "a", "aliases": ["first"]}]')
    assert load(options("--dataset", path, "--taxonomy", tags)).part("test").taxonomy == (
        TaxonomyEntry("a", ("first",)),
    )


# --- the pieces -------------------------------------------------------------------------------------------------------


def test_cells_become_labels() -> None:
    table = Table(Path("f"), {"text": ["x"] * 5, "label": ["a|b", " a | |a", "", None, ["b", 3]]}, [1, 2, 3, 4, 5])
    assert label_sets(table, Labels(separator="|")) == [["a", "b"], ["a"], [], [], ["b", "3"]]
    assert label_sets(table, Labels())[0] == ["a|b"]
    assert texts_of(table) == ["x"] * 5


def test_half_an_emoji_is_replaced_and_noted(tmp_path: Path) -> None:
    lines = [f'{{"text": "cut {i} \\ud83d", "label": "{"ab"[i % 2]}\\udc00"}}' for i in range(20)]
    dataset = load(options("--dataset", write(tmp_path, "f.jsonl", "\n".join(lines))))
    assert dataset.everything.texts[0] == "cut 0 \ufffd"
    assert dataset.classes == ("a\ufffd", "b\ufffd")
    assert "20 texts hold half an emoji" in dataset.notes[0]


def test_texts_of_no_class_stay(tmp_path: Path) -> None:
    dataset = build_dataset("n", ["x"] * 20, [["a"], ["b"], []] * 6 + [["a"], ["b"]], DataOptions(), source="here")
    assert len(dataset.everything) == 20
    assert np.count_nonzero(~dataset.everything.labels.any(axis=1)) == 6
