"""A folder that isn't exactly a sound bundle is refused with the reason, and its bytes are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exports.runtime.bundle_format import bundle_bytes, read_bundle
from tests.cases.bundle_case import assert_refused, change_manifest, sign_again


def test_a_changed_file_is_refused(copy: Path) -> None:
    data = bytearray((copy / "tables.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "tables.safetensors").write_bytes(data)
    assert_refused(copy, "sha256 differs")


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "alphabet.json").unlink()
    assert_refused(copy, "missing: alphabet.json")


def test_an_extra_file_is_refused(copy: Path) -> None:
    (copy / "extra.py").write_text("")
    assert_refused(copy, r"not part of a bundle.*extra\.py")
    sign_again(copy, "extra.py")
    assert_refused(copy, r"not part of a bundle.*extra\.py")


def test_a_newer_format_is_refused(copy: Path) -> None:
    change_manifest(copy, lambda m: m.update(format_version=4))
    assert_refused(copy, "format_version 3 is supported, got 4; make the bundle again")


@pytest.mark.parametrize("name", ["/etc/hostname", "../labels.json", "a/b", "..", "", ".hidden", "manifest.json"])
def test_a_name_that_could_leave_the_folder_is_refused(copy: Path, name: str) -> None:
    change_manifest(copy, lambda m: m["files"].update({name: {"bytes": 1, "sha256": ""}}))  # type: ignore[attr-defined]
    assert_refused(copy, "not a plain file name")


def test_links_and_folders_are_refused(copy: Path, table: Path) -> None:
    (copy / "labels.json").unlink()
    (copy / "labels.json").symlink_to(table / "labels.json")
    assert_refused(copy, "no links")
    (copy / "labels.json").unlink()
    (copy / "labels.json").mkdir()
    assert_refused(copy, "no links, folders")


def test_sizes_beyond_the_limits_are_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.runtime.bundle_format.MAX_FILE_BYTES", 100)
    assert_refused(copy, "at most 100 bytes")


@pytest.mark.parametrize("content", ["", "[]", "{}", "\xff", "[" * 100_000, '{"format_version": true}'])
def test_a_manifest_that_is_none_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content, encoding="latin-1")
    assert_refused(copy, "manifest.json")


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        ({"classes": ["a"], "thresholds": [0.5, 0.5]}, "expected 1 thresholds"),
        ({"classes": [], "thresholds": []}, "class names are allowed, got 0"),
        ({"classes": [1], "thresholds": [0.5]}, "classes must be strings"),
        ({"classes": ["a", "a"], "thresholds": [0.5, 0.5]}, "each once"),
        ({"classes": ["a"], "thresholds": [float("nan")]}, "NaN is not allowed"),
        ({"classes": ["a"], "thresholds": ["x"]}, "thresholds are needed"),
        ({"classes": ["a"]}, "thresholds are needed"),
        ({"classes": ["a"], "task": "binary"}, "thresholds are needed"),
        ({"classes": ["a"], "thresholds": [0.5], "task": None}, "one of multilabel, multiclass, binary"),
        ({"classes": ["a", "b"], "thresholds": [0.5, 0.5], "task": "binary"}, "one class, the positive one"),
        ({"classes": ["a"], "thresholds": [0.5], "task": "multiclass"}, "at least 2 classes"),
        ({"classes": ["a", "b"], "task": "multiclass", "shares": [0.5]}, "one a class is needed"),
        ({"classes": ["a", "b"], "task": "multiclass", "shares": [0.5, 2]}, "between 0 and 1"),
        ({"classes": ["a", "b"], "task": "multiclass", "thresholds": [0.5]}, "expected 2 thresholds"),
        ({"classes": ["only one"], "thresholds": [0.5]}, "fit together"),
        (
            {"classes": ["only two", "classes"], "task": "multiclass"},
            "task 'multilabel', but labels.json says multiclass",
        ),
    ],
)
def test_labels_that_do_not_fit_are_refused(copy: Path, labels: dict[str, object], match: str) -> None:
    (copy / "labels.json").write_text(json.dumps({"task": "multilabel", **labels}))
    sign_again(copy, "labels.json")
    assert_refused(copy, match)


def test_bytes_to_predict_leave_out_what_people_read(table: Path) -> None:
    raw, deflated = bundle_bytes(table)
    everything = sum(path.stat().st_size for path in table.iterdir())
    people = sum((table / name).stat().st_size for name in ("MODEL_CARD.md", "example.json"))
    assert raw == everything - people
    assert 0 < deflated < raw
    assert read_bundle(table).form == "table"
