"""A file is looked at before it is opened, and read up to what is allowed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from baselines.errors import DataError, MeasurementError
from baselines.inputs.counted import repeated
from baselines.inputs.json_files import parsed_json, read_json_file
from baselines.inputs.named_files import check_file, is_folder, read_small


def test_what_is_no_file_is_named_by_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_text("x")
    cases = {
        "none": "no such file; expected a list",
        "file/below": "no such file",
        "": "it is a folder, expected a file",
        "pipe": "it is a pipe, expected a file; save what comes out of it",
        "loop": "too many levels of symbolic links",
        "x" * 300: "file name too long",
    }
    for name, said in cases.items():
        with pytest.raises(DataError, match=said):
            check_file(tmp_path / name, expected="expected a list")
    with pytest.raises(DataError, match="it is a device"):
        check_file(Path(os.devnull))
    assert check_file(tmp_path / "file") == 1
    assert is_folder(tmp_path)
    assert not is_folder(tmp_path / ("x" * 300))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(MeasurementError, match="--gpu x: it may not be read"):
        read_small(tmp_path / "file", "--gpu x", error=MeasurementError)


def test_a_small_file_is_text_of_utf_8_with_or_without_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfa\n")
    assert read_small(path) == "a\n"
    path.write_bytes(b"a\nb\xe9")
    with pytest.raises(DataError, match="line 2: byte 0xe9 is no UTF-8"):
        read_small(path)
    path.write_bytes(b"x" * 11)
    with pytest.raises(DataError, match="11 bytes, at most 10 are allowed"):
        read_small(path, most=10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        ("9" * 1_000_000, "more than 4,300 digits"),
        ("{", "not valid JSON"),
        ("[" + "0," * 20_000_001 + "0]", "more than 20,000,000 values"),
    ],
    ids=["lists", "objects", "digits", "open", "values"],
)
def test_json_that_would_cost_too_much(text: str, said: str) -> None:
    with pytest.raises(DataError, match=f"there: .*{said}"):
        parsed_json(text, "there")


def test_a_json_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": [1, 2.5, "x"]}')
    assert read_json_file(tmp_path / "a.json") == {"a": [1, 2.5, "x"]}


def test_what_is_there_more_than_once() -> None:
    assert repeated(["b", "a", "b", "c", "a"]) == ["a", "b"]
    assert repeated([]) == []
