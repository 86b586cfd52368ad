"""Artifacts that somebody else may have made: refused when loaded, whatever is wrong, in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from baselines.errors import UserError
from baselines.storage.artifact import MANIFEST, load, read_manifest
from exports.fuzzing.samples import artifacts


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    names = (
        "chance",
        "rules",
        "neighbours",
        "linear",
        "cnn",
        "rnn",
        "torch-int8",
        "tables-float",
        "ensemble",
        "forest",
    )
    return {path.name: path for path in artifacts(tmp_path_factory.mktemp("saved"), names)}


@pytest.fixture
def saved(sound: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    def copied(name: str) -> Path:
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        for path in sorted((sound[f"saved-{name}"]).rglob("*")):
            if path.is_file():
                target = tmp_path / "copy" / path.relative_to(sound[f"saved-{name}"])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
        return tmp_path / "copy"

    return copied


def signed(folder: Path, change: Callable[[dict[str, Any]], object] = lambda m: None) -> Path:
    manifest = json.loads((folder / MANIFEST).read_text())
    for name in manifest["files"]:
        if (folder / name).is_file():
            data = (folder / name).read_bytes()
            manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


def refused(folder: Path, match: str) -> None:
    from compress.registry import KINDS

    with pytest.raises(UserError, match=match) as caught:
        load(folder, KINDS)
    assert len(str(caught.value)) < 1000
    assert "\n" not in str(caught.value)


def put(folder: Path, name: str, **changes: np.ndarray) -> Path:
    save_file({**load_file(folder / name), **changes}, folder / name)
    return signed(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(seed=True), "missing or malformed: seed"),
        (lambda m: m.update(format_version=3.0), "format_version 3 is supported, got 3.0"),
        (lambda m: m.update(kind="x" * 10_000), "kind 'xxx"),
        (lambda m: m["files"].update({"rates.json": "x"}), "rates.json: sha256 differs|missing"),
        (lambda m: m["files"].update({"../x": {}}), r"listed in manifest.json but missing: '\.\./x'"),
    ],
)
def test_manifests_are_checked(
    saved: Callable[[str], Path], change: Callable[[dict[str, Any]], object], message: str
) -> None:
    refused(signed(saved("chance"), change), message)


def test_a_pipe_or_a_device_is_refused_without_waiting(saved: Callable[[str], Path]) -> None:
    folder = saved("chance")
    (folder / "labels.json").unlink()
    os.mkfifo(folder / "labels.json")
    refused(folder, "only plain files and folders are allowed")
    (folder / MANIFEST).unlink()
    os.mkfifo(folder / MANIFEST)
    refused(folder, "no manifest.json; not an artifact")


def test_members_stay_inside(saved: Callable[[str], Path]) -> None:
    for name in (".", "..", "../copy", "/tmp", "a/b", ""):
        folder = saved("ensemble")
        content = json.loads((folder / "ensemble.json").read_text())
        content["shares"][0]["member"] = name
        (folder / "ensemble.json").write_text(json.dumps(content))

        def change(manifest: dict[str, Any], member: str = name) -> None:
            manifest["config"]["members"] = [member, "rules"]

        refused(signed(folder, change), "plain names|members and changes: unknown")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("weight", 2, "weights between 0 and 1"),
        ("weight", True, "weights between 0 and 1"),
        ("slope", "1", "slopes and offsets"),
        ("offset", 1e30, "slopes and offsets up to"),
        ("more", 1, "a list of member, offset, slope, weight is needed"),
    ],
)
def test_shares_of_an_ensemble_are_numbers(
    saved: Callable[[str], Path], field: str, value: object, message: str
) -> None:
    folder = saved("ensemble")
    content = json.loads((folder / "ensemble.json").read_text())
    content["shares"][0][field] = value
    (folder / "ensemble.json").write_text(json.dumps(content))
    refused(signed(folder), f"ensemble.json: .*{message}")


@pytest.mark.parametrize(
    ("kind", "file", "content", "message"),
    [
        ("chance", "rate.json", [], "expected rates between 0 and 1, got None"),
        ("chance", "rate.json", {"rates": [True, 0.5, 0.5, 0.5]}, "expected rates"),
        ("rules", "rules.json", [], "an object is needed"),
        ("rules", "rules.json", {"a": "0"}, "a list of columns for each phrase"),
        ("rules", "rules.json", {"a": [1.0]}, "columns must lie in 0..3"),
        ("rules", "rules.json", {"a": [True]}, "columns must lie in 0..3"),
        ("rules", "rules.json", {"a " * 600: [1]}, "phrases of 1000 characters are allowed, got 1200"),
        ("cnn", "shape.json", {}, "n_ids: 2 to 16777216 is allowed, got None"),
        ("rnn", "vocabulary.json", {"words": ["a", "a"]}, "each once"),
    ],
)
def test_state_of_other_types_is_refused(
    saved: Callable[[str], Path], kind: str, file: str, content: object, message: str
) -> None:
    folder = saved(kind)
    assert (folder / file).is_file()
    (folder / file).write_text(json.dumps(content))
    refused(signed(folder), f"{file}: .*{message}")


def test_numbers_that_are_none_are_refused(saved: Callable[[str], Path]) -> None:
    nan = np.float32(np.nan)
    linear = load_file(saved("linear") / "weights.safetensors")
    for name, array in linear.items():
        refused(put(saved("linear"), "weights.safetensors", **{name: np.full_like(array, nan)}), f"{name}: every value")
    refused(put(saved("linear"), "weights.safetensors", coef=linear["coef"].astype(np.float64)), "must be float32")
    more = {f"a{n}": np.zeros(1, np.float32) for n in range(2000)}
    refused(put(saved("linear"), "weights.safetensors", **more), "expected the arrays coef, idf, intercept")


def test_neighbours_that_are_none_are_refused(saved: Callable[[str], Path]) -> None:
    sound = load_file(saved("neighbours") / "weights.safetensors")
    backwards = sound["starts"].copy()
    backwards[1] = 10**9
    for name, value, message in (
        ("labels", sound["labels"] + 25, "labels: 0 and 1"),
        ("labels", sound["labels"].astype(np.int64), "labels: expected uint8"),
        ("values", sound["values"][:, None], "values: expected float32"),
        ("starts", backwards, "starts must rise from 0"),
        ("rows", sound["rows"] + 10_000, "rows must lie in"),
    ):
        refused(put(saved("neighbours"), "weights.safetensors", **{name: value}), message)
    refused(
        signed(saved("neighbours"), lambda m: m["config"].update(neighbours=0)),
        "neighbours: expected a whole number from 1",
    )


def test_trees_that_are_none_are_refused(saved: Callable[[str], Path]) -> None:
    sound = load_file(saved("forest") / "weights.safetensors")
    for name, value, message in (
        ("answers", sound["answers"] * 3 + 2, "answers in 0..1"),
        ("feature", sound["feature"].astype(np.float32), "feature: expected int32"),
        ("roots", sound["roots"][:0], "at least one"),
        ("left", np.zeros_like(sound["left"]), "children must come after their parent"),
    ):
        refused(put(saved("forest"), "weights.safetensors", **{name: value}), message)


def test_networks_of_hostile_sizes_take_no_memory(saved: Callable[[str], Path]) -> None:
    folder = saved("cnn")
    shape = json.loads((folder / "shape.json").read_text())
    (folder / "shape.json").write_text(json.dumps({**shape, "embedding_dim": 1 << 24, "filters": [[4096, 1 << 24]]}))
    refused(signed(folder), "no network has these sizes|another architecture")
    sizes = {"hidden_dim": 1 << 24, "embedding_dim": 1 << 24}
    refused(
        signed(saved("rnn"), lambda m: m["config"].update(sizes)), "no network has|another architecture|from 1 to 4,096"
    )
    refused(signed(saved("rnn"), lambda m: m["config"].update(hidden_dim=False)), "hidden_dim: 1 to|config")
    refused(signed(saved("rnn"), lambda m: m["config"].update(dropout=1e38)), "dropout|no network has")
    refused(signed(saved("torch-int8"), lambda m: m["config"].update(sizes)), "promised|from 1 to 4,096")
    refused(signed(saved("torch-int8"), lambda m: m["config"].update(hidden_dim="")), "hidden_dim: 0 to")
    refused(signed(saved("torch-int8"), lambda m: m["config"].update(n_ids=5)), "made for 5 ids")


def test_weights_of_a_network_are_finite_and_of_its_dtype(saved: Callable[[str], Path]) -> None:
    name = "convs.0.weight"
    sound = load_file(saved("cnn") / "model.safetensors")[name]
    for value, message in ((np.nan, "finite"), (3e38, "at most 1e")):
        refused(
            put(saved("cnn"), "model.safetensors", **{name: np.full_like(sound, value)}),
            f"{name}: every weight.*{message}",
        )
    refused(
        put(saved("cnn"), "model.safetensors", **{name: sound.astype(np.int32)}), "float32, float64 or int8 is needed"
    )


def test_float_tables_are_checked(saved: Callable[[str], Path]) -> None:
    sound = load_file(saved("tables-float") / "tables.safetensors")
    padded = sound["table.1"].copy()
    padded[:, 0] = 1
    for changes, message in (
        ({"table.1": padded}, "a row of the padding"),
        ({"table.x": sound["table.1"]}, "table.WIDTH are needed"),
        ({"table.2": sound["table.1"]}, "must be .WIDTH, ids, filters"),
    ):
        refused(put(saved("tables-float"), "tables.safetensors", **changes), message)


def test_a_sound_artifact_of_each_kind_is_read(sound: dict[str, Path]) -> None:
    for path in sound.values():
        assert read_manifest(path)["kind"]
