"""Looks at a test part: counted once, over run folders, never lost unnoticed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from baselines.dataset import Part
from baselines.errors import RunFolderError
from baselines.storage.run_folder import RunFolder
from bench.quality.looks import LOOKS, count_look, looks_at, part_sha256


def part(n: int = 6) -> Part:
    return Part(tuple(f"text {i}" for i in range(n)), np.eye(3, dtype=bool)[np.arange(n) % 3], ("a", "b", "c"))


def test_the_first_look_is_kept_with_time_command_and_models(tmp_path: Path) -> None:
    assert looks_at(tmp_path / "a", part()) == {"own": 0, "by_other_runs": [], "models": 0}
    count_look(tmp_path / "a", part(), ["k1", "k2"], "tagpress study")
    assert looks_at(tmp_path / "a", part()) == {"own": 1, "by_other_runs": [], "models": 2}
    content = json.loads((tmp_path / "a" / LOOKS).read_text())
    assert content["test_sha256"] == part_sha256(part())
    assert [(look["command"], look["models"]) for look in content["looks"]] == [("tagpress study", ["k1", "k2"])]
    assert content["looks"][0]["time"].endswith("+00:00")


def test_who_answers_nothing_new_has_not_looked(tmp_path: Path) -> None:
    count_look(tmp_path / "a", part(), ["k1", "k2"], "first")
    before = (tmp_path / "a" / LOOKS).read_bytes()
    count_look(tmp_path / "a", part(), [], "repeated")
    count_look(tmp_path / "a", part(), ["k2"], "continued after it was killed")
    assert (tmp_path / "a" / LOOKS).read_bytes() == before
    count_look(tmp_path / "a", part(), ["k2", "k3"], "with one more")
    assert looks_at(tmp_path / "a", part()) == {"own": 2, "by_other_runs": [], "models": 3}


def test_looks_of_runs_beside_count_if_the_test_part_is_the_same(tmp_path: Path) -> None:
    count_look(tmp_path / "a", part(), ["k1"], "x")
    count_look(tmp_path / "a", part(), ["k2"], "x")
    count_look(tmp_path / "b", part(), ["k1", "k9"], "x")
    count_look(tmp_path / "other", part(7), ["k4"], "x")
    count_look(tmp_path / "deeper" / "c", part(), ["k5"], "x")
    found = looks_at(tmp_path / "b", part())
    assert found == {"own": 1, "by_other_runs": [{"run": "a", "looks": 2}], "models": 3}


def test_texts_labels_and_order_make_the_part() -> None:
    own = part()
    relabelled = dataclasses.replace(own, labels=own.labels[:, [1, 0, 2]])
    renamed = dataclasses.replace(own, labels=own.labels[:, [1, 0, 2]], classes=("b", "a", "c"))
    hashes = [part_sha256(one) for one in (own, own.take(range(5)), own.take([1, 0, 2, 3, 4, 5]), relabelled)]
    assert len(set(hashes)) == 4
    assert part_sha256(renamed) == hashes[0]


@pytest.mark.parametrize("damage", ["", "[]", '{"format_version": 9}', '{"format_version": 1, "looks": [{}]}'])
def test_a_damaged_count_is_said_and_not_begun_anew(tmp_path: Path, damage: str) -> None:
    count_look(tmp_path / "a", part(), ["k1"], "x")
    count_look(tmp_path / "b", part(), ["k2"], "x")
    path = tmp_path / "a" / LOOKS
    path.write_text(damage)
    for act in (lambda: count_look(path.parents[1], part(), ["k3"], "x"), lambda: looks_at(path.parents[1], part())):
        with pytest.raises(RunFolderError, match=r"test-looks\.json.*remove the file: its looks are then no longer"):
            act()
    assert path.read_text() == damage
    assert looks_at(tmp_path / "b", part())["by_other_runs"] == [{"run": "a", "looks": None}]


def test_a_count_about_another_test_part_is_an_error(tmp_path: Path) -> None:
    count_look(tmp_path / "a", part(), ["k1"], "x")
    with pytest.raises(RunFolderError, match="another test part"):
        count_look(tmp_path / "a", part(7), ["k1"], "x")


def test_a_count_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder.open(tmp_path / "a", dataset_sha256="d")
    count_look(run.root, part(), ["k1"], "x")
    before = (run.root / LOOKS).read_bytes()

    def killed(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        count_look(run.root, part(), ["k2"], "x")
    assert (run.root / LOOKS).read_bytes() == before
    run.clean_leftovers()
    assert [path.name for path in (run.root / "bench").iterdir()] == [LOOKS.name]


def test_the_hash_is_of_texts_with_the_sorted_names_of_their_labels() -> None:
    rng = np.random.default_rng(1)
    texts, classes = tuple(f"text {i}" for i in range(40)), ("b", "a", "c")
    labels = rng.random((40, 3)) < 0.4
    digest = hashlib.sha256()
    for text, row in zip(texts, labels, strict=True):
        names = sorted(name for name, has in zip(classes, row, strict=True) if has)
        digest.update(json.dumps([text, names]).encode() + b"\n")
    assert part_sha256(Part(texts, labels, classes)) == digest.hexdigest()
    assert part_sha256(Part((), labels[:0], classes)) == hashlib.sha256().hexdigest()
