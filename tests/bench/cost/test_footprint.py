"""Sizes of things whose size is known."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from baselines.errors import ArtifactError, MeasurementError
from baselines.storage.artifact import MANIFEST
from bench.cost.footprint import (
    deflated_bytes,
    files_needed,
    footprint,
    installed_bytes,
    stored_arrays,
    with_dependencies,
)
from compress.formats.packed import StoredTables, write_tables
from compress.formats.tables import IntTables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / MANIFEST).write_text("{}")
    return tmp_path


def int_tables() -> IntTables:
    table = np.zeros((2, 5, 3), np.int8)
    table[:, 1:] = 7
    return IntTables((table,), np.ones((2, 3), np.int8), np.ones(2, np.float32), np.zeros(2, np.float32))


def test_bytes_are_those_of_all_files_that_predicting_needs(folder: Path) -> None:
    (folder / "weights.safetensors").write_bytes(b"")
    (folder / "weights.safetensors").unlink()
    save_file({"w": np.zeros((100, 100), np.float32)}, folder / "weights.safetensors")
    (folder / "MODEL_CARD.md").write_text("for people" * 100)
    (folder / "example.json").write_text("{}")
    (folder / "step.json").write_text("{}")
    assert [path.name for path in files_needed(folder)] == [MANIFEST, "weights.safetensors"]
    found = footprint(folder)
    assert found.bytes == sum((folder / name).stat().st_size for name in (MANIFEST, "weights.safetensors"))
    assert (found.parameters, found.nonzero) == (10_000, 0)
    assert found.bytes_deflated < found.bytes / 50
    assert found.to_json()["int8_parameter_share"] == 0.0


def test_sparsity_shows_only_when_deflated(tmp_path: Path) -> None:
    weights = np.random.default_rng(0).standard_normal((50, 50)).astype(np.float32)
    sparse = np.where(np.abs(weights) > 1.5, weights, 0)
    sizes = []
    for name, array in (("dense", weights), ("sparse", sparse)):
        (tmp_path / name).mkdir()
        (tmp_path / name / MANIFEST).write_text("{}")
        save_file({"w": array.astype(np.float32)}, tmp_path / name / "w.safetensors")
        sizes.append(footprint(tmp_path / name))
    assert sizes[0].bytes == sizes[1].bytes
    assert sizes[1].bytes_deflated < 0.5 * sizes[0].bytes_deflated
    assert sizes[1].nonzero < sizes[0].nonzero == 2_500


def test_packed_tables_count_as_the_integers_they_hold(folder: Path) -> None:
    write_tables(StoredTables(int_tables()), folder / "tables.safetensors")
    found = footprint(folder)
    assert found.parameters == 30 + 6 + 2 + 2
    assert found.int8_parameter_share == pytest.approx(36 / 40)


def test_float_tables_and_onnx_weights_are_read_too(folder: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    save_file({"table.1": np.ones((1, 5, 3), np.float32)}, folder / "tables.safetensors")
    initializers = [
        numpy_helper.from_array(np.ones((4, 5), np.int8), "matrix"),
        numpy_helper.from_array(np.array([1, -1], np.int64), "shape"),
        numpy_helper.from_array(np.array(0.5, np.float32), "scale"),
    ]
    out = [helper.make_tensor_value_info("matrix", TensorProto.INT8, None)]
    onnx.save(helper.make_model(helper.make_graph([], "g", [], out, initializers)), folder / "model.onnx")
    arrays = stored_arrays(folder)
    assert {name: array.size for name, array in arrays.items()} == {
        "tables.safetensors:table.1": 15,
        "model.onnx:matrix": 20,
    }
    assert footprint(folder).int8_parameter_share == pytest.approx(20 / 35)


def test_deflate_equals_zlib(tmp_path: Path) -> None:
    data = b"some words " * 200_000
    (tmp_path / "file").write_bytes(data)
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    assert deflated_bytes(tmp_path / "file") == len(coder.compress(data) + coder.flush())


def test_the_installed_runtime_includes_what_it_needs() -> None:
    assert {"numpy", "onnxruntime", "protobuf"} <= with_dependencies(["onnxruntime", "numpy"])
    numpy_only, both = installed_bytes(["numpy"]), installed_bytes(["numpy", "onnxruntime"])
    assert numpy_only is not None
    assert both is not None
    assert 5_000_000 < numpy_only < both
    assert with_dependencies(["no-such-package"]) == set()


def test_mistakes_are_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(MeasurementError, match=r"make one with `python -m baselines\.train`"):
        footprint(tmp_path / "nothing")
    (folder / "broken.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(ArtifactError, match=r"broken\.safetensors: not a safetensors file"):
        footprint(folder)
