"""Published files are read as published: their own separators, line ends and encodings, and nobody's quotes."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from baselines.errors import DataError
from bench.public.published import PUBLISHED, read_words, write_csv

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data" / "public"


def write(folder: Path, **files: bytes) -> Path:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


def test_label_first_in_latin_1(tmp_path: Path) -> None:
    lines = [f"{i % 2} What caf\xe9 {i} is \x85 it ?\n" for i in range(30)]
    folder = write(tmp_path, train__txt="".join(lines).encode("latin-1"), test__txt=b"1 Why ?\n0 Who ?\n")
    parts = PUBLISHED["trec"].read(folder)
    assert parts["train"][:2] == [("What café 0 is \x85 it ?", "0"), ("What café 1 is \x85 it ?", "1")]
    assert parts["test"] == [("Why ?", "1"), ("Who ?", "0")]


def test_quotes_that_do_not_quote(tmp_path: Path) -> None:
    lines = [f'ham\t"unfinished {i}\nspam\tWIN {i} "now\n' for i in range(10)]
    parts = PUBLISHED["sms"].read(write(tmp_path, sms__tsv="".join(lines).encode()))
    assert {len(parts["train"]), len(parts["test"])} == {16, 4}
    assert ('"unfinished 3', "ham") in parts["train"] + parts["test"]
    assert [label for _, label in parts["test"]].count("spam") == 2


def test_line_ends_inside_a_quoted_text(tmp_path: Path) -> None:
    rows = "".join(f'"two\nlines, text {i}",lost_card\r\nplain {i},top_up\r\n' for i in range(9)).encode()
    parts = PUBLISHED["banking77"].read(
        write(tmp_path, train__csv=b"text,category\r\n" + rows, test__csv=b"text,category\r\n" + rows)
    )
    assert parts["train"][:2] == [("two\nlines, text 0", "lost_card"), ("plain 0", "top_up")]
    assert len(parts["train"]) == len(parts["test"]) == 18


def test_class_numbers_get_their_names(tmp_path: Path) -> None:
    lines = "".join(f"标题 {i}\t{i % 2}\n" for i in range(20)).encode()
    files = {"train__txt": lines, "test__txt": "题\t0\n".encode(), "classes__txt": b"finance\nrealty\n"}
    parts = PUBLISHED["thuc"].read(write(tmp_path, **files))
    assert parts["train"][:2] == [("标题 0", "finance"), ("标题 1", "realty")]
    assert parts["test"] == [("题", "finance")]


def test_what_is_missing_or_of_another_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.txt: no such file"):
        PUBLISHED["trec"].read(tmp_path)
    with pytest.raises(DataError, match=r"train\.txt"):
        PUBLISHED["trec"].read(write(tmp_path, train__txt=b"alone\n", test__txt=b"1 fine\n"))


def test_written_rows_read_back(tmp_path: Path) -> None:
    rows = [('a "quoted", text\nof two lines', "x"), ("plain", "y")]
    write_csv(rows, tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == [("text", "label"), *rows]


SIZES = {
    "trec": (5452, 500),
    "sst2": (7792, 1821),
    "subj": (8000, 2000),
    "mpqa": (8484, 2122),
    "sms": (4459, 1115),
    "banking77": (10003, 3080),
    "thuc": (10000, 10000),
}


# Of those whose parts are published: texts of training and validation, and of test.
AS_PUBLISHED = {name: sizes for name, sizes in SIZES.items() if "test" in PUBLISHED[name].files}


def published(name: str) -> Path:
    folder = Path(os.environ.get("TAGPRESS_PUBLIC", BESIDE)) / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent; set TAGPRESS_PUBLIC to a folder with the published data sets")
    return folder


@pytest.mark.parametrize(("name", "sizes"), [pair for pair in SIZES.items() if pair[0] not in AS_PUBLISHED])
def test_the_real_files_have_as_many_rows_as_published(name: str, sizes: tuple[int, int]) -> None:
    parts = PUBLISHED[name].read(published(name))
    assert (len(parts["train"]), len(parts["test"])) == sizes


@pytest.mark.parametrize("name", PUBLISHED)
def test_one_command_uses_the_real_files_as_published(name: str) -> None:
    entry = PUBLISHED[name]
    dataset = read_words(entry.words(published(name)))
    assert dataset.task == entry.task
    if name in AS_PUBLISHED:
        learned, test = AS_PUBLISHED[name]
        assert len(dataset.part("test")) == test
        assert len(dataset.part("train")) + len(dataset.part("validation")) == learned
