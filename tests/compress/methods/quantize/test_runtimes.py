"""The int8 schemes of the runtimes reach what their coverage says, and the fastest is chosen by measurement."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from baselines.errors import NotCompressible
from compress.kinds.onnx_int8 import OnnxClassifier
from compress.kinds.torch_int8 import TorchInt8Classifier
from compress.methods.quantize import runtimes
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.runtimes import WAYS, quantized_dynamic, quantized_static
from compress.methods.quantize.weights import apply
from tests.cases.compress_case import AWKWARD, random_cnn, random_context


@pytest.mark.parametrize("way", WAYS)
def test_each_dynamic_way_reaches_what_its_coverage_says(way: str) -> None:
    parent = random_cnn(filters=((2, 8), (3, 8)))
    child, receipt = apply(parent, QuantizeConfig("dynamic", way=way), random_context())
    covered = receipt.facts["int8"]
    assert receipt.touched > 0
    assert covered["ops_total"] == 4
    assert covered["ops"] == (4 if way == WAYS[0] else 2)
    assert (covered["mac_share"] > 0.9) == (way == WAYS[0])
    assert isinstance(child, TorchInt8Classifier if way == WAYS[2] else OnnxClassifier)
    assert np.abs(child.predict_proba(AWKWARD) - parent.predict_proba(AWKWARD)).max() < 0.1


def test_the_best_dynamic_way_is_chosen_by_measurement() -> None:
    _, receipt = apply(random_cnn(filters=((2, 8), (3, 8))), QuantizeConfig("dynamic"), random_context())
    tried = {row["name"]: row["time_ratio"] for row in receipt.facts["tried"]}
    assert set(tried) == set(WAYS)
    assert tried[receipt.facts["scheme"]] == min(tried.values())
    with pytest.raises(NotCompressible, match="way"):
        apply(random_cnn(), QuantizeConfig("dynamic", way="by magic"), random_context())


def test_static_quantization_covers_all_and_needs_texts() -> None:
    parent, context = random_cnn(filters=((2, 8), (3, 8))), random_context()
    child, receipt = apply(parent, QuantizeConfig("static"), context)
    assert receipt.facts["int8"]["mac_share"] == 1.0
    assert np.abs(child.predict_proba(AWKWARD) - parent.predict_proba(AWKWARD)).max() < 0.2
    few = replace(context, validation=context.validation.take(range(5)))
    with pytest.raises(NotCompressible, match="at least 16 validation texts"):
        apply(parent, QuantizeConfig("static"), few)


def test_weights_of_the_runtimes_schemes_cannot_saturate() -> None:
    parent = random_cnn(filters=((2, 8), (3, 8)))
    for child in (quantized_dynamic(parent, ("Conv", "MatMul", "Gemm")), quantized_static(parent, AWKWARD * 3)):
        graph = onnx.load_model_from_string(child.model).graph
        weights = [onnx.numpy_helper.to_array(w) for w in graph.initializer if w.data_type == onnx.TensorProto.INT8]
        assert weights
        # 255 · 64 twice fits int16: adding a pair of products cannot saturate.
        assert max(int(np.abs(w.astype(int)).max()) for w in weights) <= 64


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads in /proc")
@pytest.mark.parametrize("cores", [1, 4])
def test_the_tools_take_as_many_threads_as_the_quota_allows(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(runtimes, "usable_core_count", lambda: cores)
    counted = []

    class Counting(runtimes._Texts):
        def get_next(self) -> dict[str, object] | None:
            counted.append(len(list(Path("/proc/self/task").iterdir())))
            return super().get_next()

    before = dict(os.environ)
    monkeypatch.setattr(runtimes, "_Texts", Counting)
    parent, running = random_cnn(filters=((2, 8),)), len(list(Path("/proc/self/task").iterdir()))
    quantized_static(parent, ["a text about graphs"] * 16)
    assert {n - running for n in counted} == {cores - 1}
    assert {name: value for name, value in os.environ.items() if name not in before} == {}
