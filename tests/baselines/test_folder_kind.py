"""A folder that was given for another is named for what it is, wherever folders are taken."""

import json
from pathlib import Path

import pytest

from baselines.errors import UserError
from baselines.folder_kind import folder_kind
from baselines.storage.artifact import read_manifest
from baselines.storage.run_folder import RunFolder
from bench.results.file import read_run
from exports.runtime.bundle_format import read_bundle

FILES: dict[str, tuple[dict[str, object], str]] = {
    "run": ({"run.json": {}}, "a run folder"),
    "bundle": ({"manifest.json": {"format_version": 2, "form": "tables"}}, "a bundle"),
    "artifact": ({"manifest.json": {"format_version": 3, "kind": "cnn"}}, "a saved classifier"),
    "datasets": ({"dataset_info.json": {}, "state.json": {}}, "a folder of the datasets library"),
    "transformers": ({"config.json": {}, "model.safetensors": {}}, "a model of the transformers library"),
    "empty": ({}, "an empty folder"),
    "notes": ({"readme.md": {}}, ""),
    "damaged": ({"manifest.json": "[["}, ""),
}


def made(folder: Path, kind: str) -> Path:
    for name, content in FILES[kind][0].items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


@pytest.mark.parametrize("kind", FILES)
def test_folders_are_told_apart(kind: str, tmp_path: Path) -> None:
    expected = FILES[kind][1]
    found = folder_kind(made(tmp_path, kind))
    assert found.startswith(expected)
    assert bool(found) == bool(expected)


def test_a_step_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "step.json").write_text("{}")
    assert folder_kind(tmp_path) == "a step of a run folder"
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.json").write_text("{}")
    assert folder_kind(tmp_path) == f"a step of a run folder, give {tmp_path / 'bundle'}"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    assert folder_kind(tmp_path / "gone") == ""


@pytest.mark.parametrize("kind", ["bundle", "artifact", "datasets"])
def test_a_report_says_what_it_was_given(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"no such file; it is {FILES[kind][1]}"):
        read_run(made(tmp_path, kind))


@pytest.mark.parametrize("kind", ["bundle", "artifact", "datasets"])
def test_a_run_says_what_stands_in_its_way(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"no run folder; it is {FILES[kind][1]}.* Choose another --run"):
        RunFolder.open(made(tmp_path, kind), dataset_sha256="0" * 64)


@pytest.mark.parametrize("kind", ["run", "artifact", "datasets"])
def test_a_bundle_says_what_came_in_its_place(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{FILES[kind][1]}.*exports.run"):
        read_bundle(made(tmp_path, kind))


@pytest.mark.parametrize("kind", ["run", "bundle", "datasets"])
def test_an_artifact_says_what_came_in_its_place(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=FILES[kind][1]):
        read_manifest(made(tmp_path, kind))
