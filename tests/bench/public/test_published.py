"""Published files are read as published: their own separators, line ends and encodings, and nobody's quotes."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from baselines.errors import DataError
from bench.public.published import PUBLISHED, write_csv

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data" / "public"


def write(folder: Path, **files: bytes) -> Path:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


def test_label_first_in_latin_1(tmp_path: Path) -> None:
    folder = write(
        tmp_path, train__txt="4 What caf\xe9 is it ?\n0 Who \x85 is it ?\n".encode("latin-1"), test__txt=b"1 Why ?\n"
    )
    parts = PUBLISHED["trec"].read(folder)
    assert parts == {"train": [("What café is it ?", "4"), ("Who \x85 is it ?", "0")], "test": [("Why ?", "1")]}


def test_quotes_that_do_not_quote(tmp_path: Path) -> None:
    lines = [f'ham\t"unfinished {i}\nspam\tWIN {i} "now\n' for i in range(10)]
    parts = PUBLISHED["sms"].read(write(tmp_path, sms__tsv="".join(lines).encode()))
    assert {len(parts["train"]), len(parts["test"])} == {16, 4}
    assert ('"unfinished 3', "ham") in parts["train"] + parts["test"]
    assert [label for _, label in parts["test"]].count("spam") == 2


def test_line_ends_inside_a_quoted_text(tmp_path: Path) -> None:
    content = b'text,category\r\n"two\nlines, one text",lost_card\r\nplain,top_up\r\n'
    parts = PUBLISHED["banking77"].read(write(tmp_path, train__csv=content, test__csv=content))
    assert parts["train"] == [("two\nlines, one text", "lost_card"), ("plain", "top_up")]


def test_class_numbers_get_their_names(tmp_path: Path) -> None:
    files = {"train__txt": "标题\t1\n".encode(), "test__txt": "题\t0\n".encode(), "classes__txt": b"finance\nrealty\n"}
    assert PUBLISHED["thuc"].read(write(tmp_path, **files)) == {
        "train": [("标题", "realty")],
        "test": [("题", "finance")],
    }


def test_what_is_missing_or_of_another_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.txt: no such file"):
        PUBLISHED["trec"].read(tmp_path)
    with pytest.raises(DataError, match=r"train\.txt: not as published"):
        PUBLISHED["trec"].read(write(tmp_path, train__txt=b"alone\n", test__txt=b"1 fine\n"))


def test_written_rows_read_back(tmp_path: Path) -> None:
    rows = [('a "quoted", text\nof two lines', "x"), ("plain", "y")]
    write_csv(rows, tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == [("text", "label"), *rows]


SIZES = {
    "trec": (5452, 500),
    "sst2": (6920, 1821),
    "subj": (8000, 2000),
    "mpqa": (8484, 2122),
    "sms": (4459, 1115),
    "banking77": (10003, 3080),
    "thuc": (10000, 10000),
}


@pytest.mark.parametrize(("name", "sizes"), SIZES.items())
def test_the_real_files_have_as_many_rows_as_published(name: str, sizes: tuple[int, int]) -> None:
    folder = Path(os.environ.get("TAGPRESS_PUBLIC", BESIDE)) / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent; set TAGPRESS_PUBLIC to a folder with the published data sets")
    parts = PUBLISHED[name].read(folder)
    assert (len(parts["train"]), len(parts["test"])) == sizes
