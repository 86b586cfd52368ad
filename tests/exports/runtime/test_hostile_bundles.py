"""Bundles whose hashes are right and whose content isn't: each is refused when it is loaded, in one sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from baselines.errors import ArtifactError
from compress.formats.tables import IntTables
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from exports.fuzzing.samples import linear_model
from exports.runtime import linear_predictor
from exports.runtime.bundle_format import read_bundle
from exports.runtime.explain import winning_windows
from tests.cases.bundle_case import assert_refused, change_manifest, copied, sign_again
from tests.cases.table_case import int_tables, lineage


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(linear_model("multiclass"), lineage(), tmp_path_factory.mktemp("l") / "bundle", "linear")


def change_json(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    content = json.loads((folder / name).read_text())
    change(content)
    (folder / name).write_text(json.dumps(content))
    sign_again(folder, name)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("kind", None, "kind: a string is needed, got None"),
        ("kind", ["rnn"], "kind: a string is needed, got a list of 1"),
        ("kind", "<img src=x>", "kind: small letters, digits and - are allowed"),
        ("form", ["table"], "form must be one of onnx, table, linear"),
        ("form", "x" * 10_000, "form must be one of"),
        ("files", [], "form must be one of .* got 'table' and a list of 0"),
        ("task", "binary", "task 'binary', but labels.json says multilabel"),
        ("task", True, "task: a string is needed, got True"),
        ("licence", 5, "licence: a string is needed, got 5"),
        ("judged_by", {}, "judged_by: a string is needed"),
        ("lineage_sha256", None, "lineage_sha256: a string is needed"),
        ("lineage", "x", "lineage: an object is needed"),
        ("metrics", [0.5], "metrics: an object is needed"),
        ("metrics", {"f1": "high"}, "metrics: 'f1': a number, or an object of numbers, is needed"),
        ("metrics", {"f1": True}, "metrics: 'f1': a number"),
        ("format_version", 3.0, "format_version 3 is supported, got 3.0"),
        ("format_version", True, "format_version 3 is supported, got True"),
    ],
)
def test_fields_of_the_manifest_are_checked(copy: Path, field: str, value: object, message: str) -> None:
    change_manifest(copy, lambda m: m.update({field: value}))
    assert_refused(copy, message)


def test_a_field_that_a_reader_can_do_without_is_no_mistake(copy: Path) -> None:
    change_manifest(copy, lambda m: m.update(more={"a": 1}, metrics={"f1": {"value": 0.5, "low": None}}))
    assert runtime.load(copy).predict(["a text"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(thresholds=[5] * 5), "thresholds are needed, a list of numbers between 0 and 1"),
        (lambda c: c.update(thresholds=[True] * 5), "thresholds are needed"),
        (lambda c: c.update(thresholds=None), "thresholds are needed, .* got None"),
        (lambda c: c.update(thresholds=[1.0000000001] * 5), "thresholds are needed"),
        (lambda c: c.update(thresholds=0.5), "thresholds are needed"),
        (lambda c: c.update(more=1), "are allowed, got 'more'"),
        (lambda c: c["classes"].__setitem__(1, c["classes"][0]), "each once"),
        (lambda c: c["classes"].__setitem__(1, "\ud800"), "surrogates not allowed"),
    ],
)
def test_labels_are_checked_when_loaded(copy: Path, change: Callable[[Any], object], message: str) -> None:
    change_json(copy, "labels.json", change)
    assert_refused(copy, rf"labels\.json: .*{message}")


@pytest.mark.parametrize("raw", ["1e999", "NaN", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(copy: Path, raw: str) -> None:
    text = (copy / "labels.json").read_text()
    (copy / "labels.json").write_text(text.replace('"thresholds":[0.3', f'"thresholds":[{raw}'))
    sign_again(copy, "labels.json")
    assert_refused(copy, r"labels\.json: not valid JSON")


def test_an_alphabet_larger_than_the_tables_is_refused(copy: Path) -> None:
    change_json(copy, "alphabet.json", lambda c: c.update(alphabet=c["alphabet"] + "λ"))
    assert_refused(copy, "files don't fit together: expected tables for 41 ids")


def test_a_pipe_in_place_of_any_file_is_refused_without_waiting(copy: Path) -> None:
    for name in ("labels.json", "manifest.json"):
        (copy / name).unlink()
        os.mkfifo(copy / name)
        assert_refused(copy, "only plain files|not a bundle")


def test_a_folder_of_very_many_files_is_refused(copy: Path) -> None:
    for number in range(70):
        (copy / f"f{number}").write_bytes(b"")
    assert_refused(copy, "at most 64 files are allowed")


def test_a_folder_that_cannot_be_read_is_one_sentence(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert_refused(copy, "may not read it")


def test_a_needed_file_that_is_not_listed_is_refused(copy: Path) -> None:
    change_manifest(copy, lambda m: m["files"].pop("labels.json"))  # type: ignore[attr-defined]
    assert_refused(copy, "not listed: labels.json")


def test_a_manifest_beyond_its_limit_is_refused(copy: Path) -> None:
    change_manifest(copy, lambda m: m.update(more="x" * (1 << 20)))
    assert_refused(copy, r"manifest\.json: at most 1048576 bytes")


def test_what_was_hashed_is_what_is_used(copy: Path) -> None:
    bundle = read_bundle(copy)
    sound = bundle.data("tables.safetensors")
    (copy / "tables.safetensors").write_bytes(b"changed since")
    assert bundle.data("tables.safetensors") == sound
    bundle.forget()
    with pytest.raises(ArtifactError, match=r"tables\.safetensors: size or sha256 differs"):
        bundle.data("tables.safetensors")


def test_a_loaded_bundle_keeps_no_bytes_of_its_files(copy: Path) -> None:
    assert runtime.load(copy).bundle._read == {}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("idf", np.float32(3e38), "idf: every value must be finite and at most"),
        ("idf", np.float32(1e7), "idf: every value must be finite"),
        ("weights", np.float32(np.nan), "weights: every value must be finite"),
        ("weights", np.float32(3e38), "weights: every value must be finite"),
        ("intercept", np.float32(-np.inf), "intercept: every value must be finite"),
        ("weights", np.float16(np.inf), "weights: every value must be finite"),
        ("weights", np.float16(1), "weights: every value must be a finite float32, got float16"),
    ],
)
def test_numbers_of_a_linear_bundle_are_checked(
    linear: Path, tmp_path: Path, name: str, value: Any, message: str
) -> None:
    copy = copied(linear, tmp_path / "copy")
    path = copy / "linear.safetensors"
    arrays = load_file(path)
    save_file({**arrays, name: np.full(arrays[name].shape, value)}, path)
    sign_again(copy, path.name)
    assert_refused(copy, message)


def test_ranges_of_a_vocabulary_are_checked_by_file(linear: Path, tmp_path: Path) -> None:
    copy = copied(linear, tmp_path / "copy")
    change_json(copy, "vocabulary.json", lambda c: c["blocks"][1].update(high=10**12))
    assert_refused(copy, r"vocabulary\.json: vocabulary: block 1: high: 1 to 64 is allowed")


def test_rows_are_gathered_a_few_at_a_time(linear: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor, texts = runtime.load(linear), ["who found the river? when was our garden found?", ""]
    whole = predictor.predict_proba(texts)
    monkeypatch.setattr(linear_predictor, "_MOST_WEIGHTS", 7)
    np.testing.assert_allclose(predictor.predict_proba(texts), whole, atol=1e-6)


def test_the_winning_window_of_a_long_text_is_the_first_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    tables: IntTables = int_tables()
    ids = np.random.default_rng(1).integers(1, tables.n_ids, 90).astype(np.uint8)
    whole = winning_windows(tables, ids)
    pooled = tables.pooled(ids)
    monkeypatch.setattr("exports.runtime.explain.stretch_of", lambda n: 7)
    monkeypatch.setattr("compress.formats.tables.stretch_of", lambda n: 7)
    for ours, theirs in zip(winning_windows(tables, ids), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(tables.pooled(ids), pooled)
