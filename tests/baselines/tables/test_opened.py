"""Packed files are unpacked while they are read; damaged ones and those that expand beyond measure are refused."""

import gzip
from pathlib import Path

import pytest

from baselines.errors import DataError, MissingExtra
from baselines.tables.opened import FREE_BYTES, data_name, open_bytes, read_bytes
from baselines.tables.read_table import read_table
from tests.cases.file_case import PACKED, columns, error_of, table_of, zipped

CSV = b"text,label\nhello,a\nbye,b\n"


@pytest.mark.parametrize("packing", PACKED)
def test_a_packed_file_is_read_like_a_plain_one(packing: str, tmp_path: Path) -> None:
    table = table_of(tmp_path, f"f.csv{packing.upper()}", PACKED[packing](CSV))
    assert columns(table) == {"text": ["hello", "bye"], "label": ["a", "b"]}
    assert list(table.rows) == [2, 3]


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("cut", [1, 5])
def test_a_file_cut_short_is_named(packing: str, cut: int, tmp_path: Path) -> None:
    said = error_of(tmp_path, f"f.csv{packing}", PACKED[packing](CSV)[:-cut])
    assert f"f.csv{packing}: damaged, cut short, or no {packing} file" in said


@pytest.mark.parametrize("packing", PACKED)
def test_a_plain_file_named_as_packed_is_named(packing: str, tmp_path: Path) -> None:
    assert f"no {packing} file" in error_of(tmp_path, f"f.csv{packing}", CSV)


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_several_packed_pieces_are_one_file(packing: str, tmp_path: Path) -> None:
    pack = PACKED[packing]
    table = table_of(tmp_path, f"f.csv{packing}", pack(CSV[:10]) + pack(CSV[10:]))
    assert columns(table)["text"] == ["hello", "bye"]


@pytest.mark.parametrize("packing", PACKED)
def test_what_expands_beyond_measure_is_refused(packing: str, tmp_path: Path) -> None:
    path = tmp_path / f"f.csv{packing}"
    path.write_bytes(PACKED[packing](b"a" * (FREE_BYTES + 1_000_000)))
    with pytest.raises(DataError, match="over 200 times as much"):
        read_bytes(path)


def test_reading_begins_before_all_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    path.write_bytes(gzip.compress(b"a" * (FREE_BYTES + 1_000_000)))
    with open_bytes(path) as file:
        assert file.read(10) == b"a" * 10


def test_a_zip_file_holds_one_data_file(tmp_path: Path) -> None:
    one = zipped(CSV, "inner/data.tsv", {"__MACOSX/x.csv": b"x", "README.txt": b"about", "notes.md": b"x"})
    (tmp_path / "some.zip").write_bytes(one)
    assert data_name(tmp_path / "some.zip") == "inner/data.tsv"
    assert columns(read_table(tmp_path / "some.zip"))["text"] == ["hello", "bye"]


def test_a_zip_file_of_several_lists_them(tmp_path: Path) -> None:
    said = error_of(tmp_path, "f.zip", zipped(CSV, "a.csv", {"b.csv": CSV}))
    assert "exactly one data file" in said
    assert "'a.csv', 'b.csv'" in said
    assert "got 'a.bin'" in error_of(tmp_path, "f.zip", zipped(CSV, "a.bin"))


def test_a_zip_file_may_hold_a_packed_one(tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.zip", zipped(gzip.compress(CSV), "f.csv.gz"))
    assert columns(table)["text"] == ["hello", "bye"]


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    content = bytearray(zipped(CSV))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    assert "'f.csv' in it is encrypted" in error_of(tmp_path, "f.zip", bytes(content))


def test_an_empty_packed_file_is_empty(tmp_path: Path) -> None:
    assert "the file is empty" in error_of(tmp_path, "f.csv.gz", gzip.compress(b""))


def test_without_zstandard_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f.csv.zst").write_bytes(PACKED[".zst"](CSV))
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tagpress\[data\]'"):
        read_table(tmp_path / "f.csv.zst")
