"""Files that somebody else may have made: plain, bounded, and JSON that stays small."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from baselines import checked_reading
from baselines.checked_reading import (
    MAX_VALUES,
    json_of,
    named,
    names_said,
    parse_json,
    read_json_file,
    read_plain_file,
    shown,
)
from baselines.errors import ArtifactError


def test_a_file_is_read_whole_and_only_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert read_plain_file(tmp_path / "f", 5) == b"12345"
    with pytest.raises(ArtifactError, match=r"f: at most 4 bytes are allowed, got 5"):
        read_plain_file(tmp_path / "f", 4)


def test_whatever_is_no_plain_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(ArtifactError, match=f"{name}: a plain file is needed"):
            read_plain_file(tmp_path / name)
    with pytest.raises(ArtifactError, match="/dev/zero: a plain file is needed"):
        read_plain_file(Path("/dev/zero"))
    with pytest.raises(ArtifactError, match="nothing: file missing"):
        read_plain_file(tmp_path / "nothing")
    with pytest.raises(ArtifactError, match="can't be read"):
        read_plain_file(tmp_path / "a\0b")


def test_links_are_followed_only_where_they_may_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"{}")
    (tmp_path / "link").symlink_to("file")
    assert read_json_file(tmp_path / "link") == {}
    with pytest.raises(ArtifactError, match="link: can't be read"):
        read_plain_file(tmp_path / "link", links=False)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checked_reading.os, "open", refuse)
    with pytest.raises(ArtifactError, match=r"may not read it; whoever owns \S+ can allow it"):
        read_plain_file(tmp_path / "f")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ("\ufeff{}", "BOM"),
        ("NaN", "NaN is not allowed"),
        ("[-Infinity]", "-Infinity is not allowed"),
        ("1e999", "no number that a computer holds"),
        ("18446744073709551616", "at most 64 bits"),
        ("1" * 5000, "at most 64 bits"),
        ('{"a": 1, "a": 2}', "a name occurs twice"),
        ('[{"a": 1, "\\u0061": 2}]', "a name occurs twice"),
        ('["\\ud800"]', "surrogates not allowed"),
        ('{"\\uDFFF": 1}', "surrogates not allowed"),
        ("[" * 65 + "]" * 65, "nested deeper than 64"),
        ("[" * 100_000 + "]" * 100_000, "not valid JSON"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "not valid JSON"),
        ("[" + "[]," * (MAX_VALUES // 2) + "[]]", "values are allowed"),
    ],
)
def test_what_json_may_not_hold_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(ArtifactError, match=message) as caught:
        json_of(text.encode(), "f.json")
    assert str(caught.value).startswith("f.json: not valid JSON (")
    assert len(str(caught.value)) < 300


def test_other_bytes_than_utf_8_are_refused() -> None:
    with pytest.raises(ArtifactError, match="not valid JSON"):
        json_of(b'"caf\xe9"', "f.json")


def test_sound_json_is_read() -> None:
    content = {"a": [1, 2.5, None, True, "é😀"], "b": {"c": -(2**63)}}
    text = '{"a": [1, 2.5, null, true, "é\\ud83d\\ude00"], "b": {"c": -9223372036854775808}}'
    assert parse_json(text.encode()) == content
    assert parse_json(("[" * 64 + "]" * 64).encode())


def test_hostile_values_are_shown_short() -> None:
    assert shown("x" * 10_000) == "'" + "x" * 56 + "..."
    assert shown(["a"] * 9) == "a list of 9"
    assert shown("\u202e\n") == "'\\u202e\\n'"
    assert shown(True) == "True"
    assert named("fc1.weight") == "fc1.weight"
    assert named("a\nb") == "'a\\nb'"


def test_names_in_a_message_stay_short_and_on_one_line() -> None:
    assert names_said({"b.json", "a/b.json"}) == "a/b.json, b.json"
    said = names_said([f"x{n}\n" + "long" * 5_000 for n in range(1_500)])
    assert said.endswith(" and 1,494 more")
    assert len(said) < 500
    assert "\n" not in said
