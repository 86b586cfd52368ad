"""Mutants are made again from seed and number, of every kind of change, with the hashes put right."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
from safetensors.numpy import save

from exports.bundles.write_bundle import write_bundle
from exports.fuzzing import graph_changes
from exports.fuzzing.hostile import bomb, changed_bytes
from exports.fuzzing.json_changes import changed_json
from exports.fuzzing.mutants import ODD_FILES, Mutant, files_of, mutant
from exports.fuzzing.tensor_changes import changed_tensors
from tests.cases.table_case import int_classifier, lineage


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, bytes]]]:
    folder = tmp_path_factory.mktemp("sound")
    return [
        (form, files_of(write_bundle(int_classifier(), lineage(), folder / form, form))) for form in ("table", "onnx")
    ]


def test_seed_and_number_say_everything(sources: list[tuple[str, dict[str, bytes]]]) -> None:
    made = [mutant(sources, 3, number) for number in range(60)]
    assert made == [mutant(sources, 3, number) for number in range(60)]
    assert made != [mutant(sources, 4, number) for number in range(60)]
    assert {each.source for each in made} == {"table", "onnx"}
    assert all(each.changes for each in made)


def test_hashes_are_right_but_for_a_few(sources: list[tuple[str, dict[str, bytes]]]) -> None:
    right = wrong = 0
    for number in range(300):
        files = mutant(sources, 0, number).files
        try:
            listed = json.loads(files["manifest.json"])["files"]
            for name in set(files) & set(listed) - {"manifest.json"}:
                same = listed[name]["sha256"] == hashlib.sha256(files[name]).hexdigest()
                right, wrong = right + same, wrong + (not same)
        except (KeyError, TypeError, ValueError, RecursionError):
            continue
    assert right > 1000
    assert wrong < right / 20


def test_every_kind_of_change_occurs(sources: list[tuple[str, dict[str, bytes]]]) -> None:
    changes = "\n".join(change for number in range(2000) for change in mutant(sources, 0, number).changes)
    for said in (
        "replaced by NaN",
        "twice",
        "left out",
        "header:",
        "shape",
        "dtype",
        "renamed",
        "tensors more",
        "packed bomb",
        "layout:",
        "model.7.1.4: value",
        "Expand to",
        "bits of",
        "cut off",
        "a link",
        "a pipe",
        "a folder",
        "missing",
        "swapped with",
        "added",
        "model.onnx of onnx",
    ):
        assert said in changes, said


def test_odd_files_are_laid_down(tmp_path: Path) -> None:
    Mutant(0, "x", {"a/b": b"1"}, {"l": "link", "f": "folder", "p": "pipe", "u": "unreadable"}, ()).write(tmp_path)
    assert (tmp_path / "a" / "b").read_bytes() == b"1"
    assert (tmp_path / "l").is_symlink()
    assert (tmp_path / "f").is_dir()
    assert (tmp_path / "p").is_fifo()
    assert (tmp_path / "u").stat().st_mode & 0o777 == 0


def test_fields_of_a_graph_are_read_and_written_alike(sources: list[tuple[str, dict[str, bytes]]]) -> None:
    data = dict(sources)["onnx"]["model.onnx"]
    assert graph_changes._written(graph_changes._read(data, "model")) == data
    assert graph_changes.changed_graph(Random(0), b"\xff\xff") is None


def test_a_bomb_is_a_thousandth_of_what_it_inflates_to() -> None:
    assert len(bomb(26, raw=True)) < (1 << 26) // 900


def test_what_is_no_json_or_no_tensors_is_left_alone() -> None:
    assert changed_json(Random(0), b"{") is None
    assert changed_tensors(Random(0), b"\xff" * 20) is None
    assert changed_json(Random(0), b"5") is not None


@pytest.mark.parametrize("seed", range(30))
def test_changes_never_fail_themselves(seed: int) -> None:
    random, data = Random(seed), save({"a": np.ones((2, 3), np.float32), "b": np.zeros(0, np.float16)})
    for _ in range(8):
        found = changed_tensors(random, data)
        data = found[0] if found else data
    for _ in range(5):
        data, said = changed_bytes(random, data)
        assert said


@pytest.mark.parametrize("kind", ODD_FILES)
def test_an_odd_file_takes_the_place_of_one_that_was_put_there(kind: str, tmp_path: Path) -> None:
    Mutant(0, "x", {"a": b"1", "labels.json": b"{}"}, {"a": kind}, ()).write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a", "labels.json"}
    if kind in ("link", "folder"):
        assert (tmp_path / "a").is_symlink() == (kind == "link")
        assert (tmp_path / "a").is_dir() == (kind == "folder")


def test_what_an_earlier_change_has_broken_is_changed_as_bytes(sources: list[tuple[str, dict[str, bytes]]]) -> None:
    """Thousands of mutants are made without a stop, whatever their changes leave to each other."""
    for number in range(5086, 5586):
        assert mutant(sources, 2026, number).changes
