"""The runtime: every form answers as its source, without torch, from many threads, and refuses what isn't sound."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from baselines.errors import ArtifactError
from exports import kernel, runtime
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from exports.runtime.bundle_format import bundle_bytes, read_bundle
from tests.cases.table_case import TEXTS, int_classifier, lineage

ROOT = Path(__file__).resolve().parents[3]
BLOCKED = ("torch", "sklearn", "onnx", "nltk", "scipy", "safetensors", "rich", "skmultilearn", "transformers")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("t") / "bundle", "table")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("o") / "bundle", "onnx")


def test_the_table_runtime_gives_the_same_bits_as_its_source(table: Path) -> None:
    texts = [*TEXTS, *AWKWARD]
    want = int_classifier().predict_proba(texts)
    assert np.array_equal(runtime.load(table, engine="numpy").predict_proba(texts), want)
    if kernel.AVAILABLE:
        assert np.array_equal(runtime.load(table, engine="kernel").predict_proba(texts), want)
        assert np.array_equal(runtime.load(table, threads=3).predict_proba(texts), want)


def test_encode_then_run_is_predict_proba(table: Path, graph: Path) -> None:
    for folder in (table, graph):
        predictor = runtime.load(folder)
        want = predictor.predict_proba([*TEXTS, *AWKWARD])
        assert np.allclose(predictor.run(predictor.encode([*TEXTS, *AWKWARD])), want, atol=1e-6)


def test_predict_names_the_classes_that_reach_their_thresholds(table: Path) -> None:
    predictor = runtime.load(table)
    probabilities = predictor.predict_proba(TEXTS)
    for text, row, names in zip(TEXTS, probabilities, predictor.predict(TEXTS), strict=True):
        want = [c for c, p, t in zip(predictor.classes, row, predictor.thresholds, strict=True) if p >= t]
        assert names == want == predictor.predict([text])[0]
    assert predictor.predict([]) == []


@pytest.mark.parametrize("bad", [None, b"bytes", 3, ["nested"]])
def test_an_entry_that_is_no_string_is_named(table: Path, graph: Path, bad: object) -> None:
    for folder in (table, graph):
        with pytest.raises(TypeError, match=r"texts\[1\]"):
            runtime.load(folder).predict(["fine", bad])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="wrap it in a list"):
        runtime.load(table).predict("one string")


def test_many_threads_may_call_one_predictor(table: Path, graph: Path) -> None:
    for folder in (table, graph):
        predictor = runtime.load(folder, threads=2)
        want = predictor.predict_proba(TEXTS)
        with ThreadPoolExecutor(8) as pool:
            for got in pool.map(lambda _: predictor.predict_proba(TEXTS), range(40)):  # noqa: B023
                assert np.allclose(got, want, atol=1e-6)


def _blocked_process(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    block = (
        "import sys\n"
        f"for name in {BLOCKED!r}: sys.modules[name] = None\n"
        "from exports import runtime\n"
        f"predictor = runtime.load({str(folder)!r})\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", block + code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_runs_where_training_packages_cannot_be_imported(table: Path, graph: Path) -> None:
    for folder in (table, graph):
        result = _blocked_process(folder, f"print(predictor.predict({TEXTS[:2]!r}))")
        assert result.returncode == 0, result.stderr
        assert result.stdout.strip() == str(runtime.load(folder).predict(TEXTS[:2]))


def test_a_graph_without_onnxruntime_says_what_to_install(graph: Path) -> None:
    code = (
        "import sys\nsys.modules['onnxruntime'] = None\nfrom exports import runtime\n"
        f"try: runtime.load({str(graph)!r})\nexcept Exception as error: print(type(error).__name__, error)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("MissingExtra")
    assert "pip install onnxruntime" in result.stdout


def test_the_table_form_needs_numpy_alone(table: Path) -> None:
    code = (
        "import sys\npredictor.predict(['a text'])\n"
        "roots = {name.split('.')[0] for name, module in sys.modules.items() if module is not None}\n"
        "print(sorted(roots - set(sys.stdlib_module_names) - {'baselines', 'compress', 'exports', 'sitecustomize'}))"
    )
    result = _blocked_process(table, code)
    assert result.returncode == 0, result.stderr
    roots = [
        name for name in json.loads(result.stdout.replace("'", '"')) if not name.startswith(("_", "usercustomize"))
    ]
    assert roots == ["numpy"]


def test_without_the_extension_the_twin_serves_the_same_bits(table: Path) -> None:
    code = (
        "import sys\nsys.modules['exports.kernel._kernel'] = None\n"
        "from exports import kernel, runtime\n"
        f"print(kernel.AVAILABLE, runtime.load({str(table)!r}).predict_proba({TEXTS!r}).tobytes().hex())"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", int_classifier().predict_proba(TEXTS).tobytes().hex()]


def test_cold_start_of_the_table_runtime_is_not_far_from_that_of_numpy(table: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def seconds(code: str) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
            times.append(time.perf_counter() - start)
        return min(times)

    ours = seconds(f"from exports import runtime; runtime.load({str(table)!r}).predict(['a text'])")
    # A ratio within one run, since a busy machine slows both.
    assert ours < 3 * seconds("import numpy"), ours


# ---- hostile bundles ----


def _manifest(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    content = json.loads((folder / "manifest.json").read_text())
    change(content)
    (folder / "manifest.json").write_text(json.dumps(content))


def _resign(folder: Path, name: str) -> None:
    import hashlib

    data = (folder / name).read_bytes()
    facts = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    _manifest(folder, lambda m: m["files"].update({name: facts}))  # type: ignore[attr-defined]


@pytest.fixture
def copy(table: Path, tmp_path: Path) -> Path:
    return _copy(table, tmp_path / "copy")


def _copy(source: Path, target: Path) -> Path:
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


def _refused(folder: Path, match: str) -> None:
    with pytest.raises(ArtifactError, match=match):
        runtime.load(folder)


def test_a_changed_file_is_refused(copy: Path) -> None:
    data = bytearray((copy / "tables.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "tables.safetensors").write_bytes(data)
    _refused(copy, "sha256 differs")


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "alphabet.json").unlink()
    _refused(copy, "missing: alphabet.json")


def test_an_extra_file_is_refused(copy: Path) -> None:
    (copy / "extra.py").write_text("")
    _refused(copy, r"not part of a bundle.*extra\.py")
    _resign(copy, "extra.py")
    _refused(copy, r"not part of a bundle.*extra\.py")


def test_a_newer_format_is_refused(copy: Path) -> None:
    _manifest(copy, lambda m: m.update(format_version=2))
    _refused(copy, "format_version 1 is supported, got 2")


@pytest.mark.parametrize("name", ["/etc/hostname", "../labels.json", "a/b", "..", "", ".hidden", "manifest.json"])
def test_a_name_that_could_leave_the_folder_is_refused(copy: Path, name: str) -> None:
    _manifest(copy, lambda m: m["files"].update({name: {"bytes": 1, "sha256": ""}}))  # type: ignore[attr-defined]
    _refused(copy, "not a plain file name")


def test_links_and_folders_are_refused(copy: Path, table: Path) -> None:
    (copy / "labels.json").unlink()
    (copy / "labels.json").symlink_to(table / "labels.json")
    _refused(copy, "no links")
    (copy / "labels.json").unlink()
    (copy / "labels.json").mkdir()
    _refused(copy, "no links, folders")


def test_sizes_beyond_the_limits_are_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.runtime.bundle_format.MAX_FILE_BYTES", 100)
    _refused(copy, "at most 100 bytes")


@pytest.mark.parametrize("content", ["", "[]", "{}", "\xff", "[" * 100_000, '{"format_version": true}'])
def test_a_manifest_that_is_none_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content, encoding="latin-1")
    _refused(copy, "manifest.json")


@pytest.mark.parametrize(
    "labels",
    [
        {"classes": ["a"], "thresholds": [0.5, 0.5]},
        {"classes": [], "thresholds": []},
        {"classes": [1], "thresholds": [0.5]},
        {"classes": ["a"], "thresholds": [float("nan")]},
        {"classes": ["a"], "thresholds": ["x"]},
        {"classes": ["a"]},
        {"classes": ["only one"], "thresholds": [0.5]},
    ],
)
def test_labels_that_do_not_fit_are_refused(copy: Path, labels: object) -> None:
    (copy / "labels.json").write_text(json.dumps(labels))
    _resign(copy, "labels.json")
    _refused(copy, "labels.json|fit together")


def test_nan_scales_are_refused(copy: Path) -> None:
    from safetensors.numpy import load, save

    data = (copy / "tables.safetensors").read_bytes()
    arrays = load(data)
    arrays["scale"] = np.full_like(arrays["scale"], np.nan)
    size = int.from_bytes(data[:8], "little")
    (copy / "tables.safetensors").write_bytes(save(arrays, json.loads(data[8 : 8 + size])["__metadata__"]))
    _resign(copy, "tables.safetensors")
    _refused(copy, "finite")


def test_every_cut_or_flipped_table_file_is_refused_or_harmless(copy: Path) -> None:
    whole = (copy / "tables.safetensors").read_bytes()
    rng = np.random.default_rng(0)
    for trial in range(60):
        data = bytearray(whole[: rng.integers(len(whole))] if trial % 2 else whole)
        if trial % 2 == 0:
            data[rng.integers(min(len(data), 400))] ^= int(rng.integers(1, 256))
        (copy / "tables.safetensors").write_bytes(data)
        _resign(copy, "tables.safetensors")
        with contextlib.suppress(ArtifactError):
            assert np.isfinite(runtime.load(copy).predict_proba(["a text"])).all()


def test_external_data_in_a_graph_is_refused(graph: Path, tmp_path: Path) -> None:
    import onnx

    copy = _copy(graph, tmp_path / "copy")
    model = onnx.load_model_from_string((copy / "model.onnx").read_bytes())
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../secret"
    (copy / "model.onnx").write_bytes(model.SerializeToString())
    _resign(copy, "model.onnx")
    _refused(copy, "external data")


def test_subgraphs_foreign_operators_and_noise_are_refused(graph: Path, tmp_path: Path) -> None:
    import onnx

    copy = _copy(graph, tmp_path / "copy")
    whole = (copy / "model.onnx").read_bytes()

    def refused(data: bytes, match: str) -> None:
        (copy / "model.onnx").write_bytes(data)
        _resign(copy, "model.onnx")
        _refused(copy, match)

    looped = onnx.load_model_from_string(whole)
    body = onnx.helper.make_graph([], "body", [], [])
    looped.graph.node.append(onnx.helper.make_node("Loop", [], ["x"], body=body))
    refused(looped.SerializeToString(), "subgraph")
    foreign = onnx.load_model_from_string(whole)
    foreign.graph.node[0].domain = "evil.example"
    refused(foreign.SerializeToString(), "domain")
    for packed in (False, True):
        broken = onnx.load_model_from_string(whole)
        tensor = next(t for t in broken.graph.initializer if t.data_type == onnx.TensorProto.FLOAT)
        values = onnx.numpy_helper.to_array(tensor).copy()
        values.flat[-1] = np.nan
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
        if packed:
            tensor.ClearField("raw_data")
            tensor.float_data.extend(values.ravel().tolist())
        refused(broken.SerializeToString(), "NaN")
    refused(b"", "no graph")
    refused(whole[: len(whole) // 2], "cut off|refuses")
    refused(b"\x0b" * 100, "wire type")


def test_a_graph_for_other_classes_is_refused(graph: Path, tmp_path: Path) -> None:
    copy = _copy(graph, tmp_path / "copy")
    labels = json.loads((copy / "labels.json").read_text())
    labels = {key: value[:-1] for key, value in labels.items()}
    (copy / "labels.json").write_text(json.dumps(labels))
    _resign(copy, "labels.json")
    _refused(copy, "fit together")


def test_bytes_to_predict_leave_out_what_people_read(table: Path) -> None:
    raw, deflated = bundle_bytes(table)
    everything = sum(path.stat().st_size for path in table.iterdir())
    people = sum((table / name).stat().st_size for name in ("MODEL_CARD.md", "example.json"))
    assert raw == everything - people
    assert 0 < deflated < raw
    assert read_bundle(table).form == "table"
