"""Shares of a simulated predictor, sums of a written profile, and one real graph."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from baselines.errors import MeasurementError
from baselines.task import LabelSpace
from bench.candidate import Candidate
from bench.measure import hotspots
from bench.measure.hotspots import onnx_ops, profile, sum_by_op, time_stages


class Predictor:
    """1 ms to tokenise, 3 ms to run; fused, 2 ms in all."""

    space = LabelSpace(("a", "b"))
    task = space.task
    thresholds = np.array([0.5, 0.5], np.float32)

    def __init__(self) -> None:
        self.now = 0

    def clock(self) -> int:
        return self.now

    def encode(self, texts: Any) -> Any:
        self.now += 1_000_000
        return [np.frombuffer(text.encode(), np.uint8) % 5 for text in texts]

    def run(self, encoded: Any) -> Any:
        self.now += 3_000_000
        return np.array([[0.2, 0.9]] * len(encoded), np.float32)

    def predict_proba(self, texts: Any) -> Any:
        self.now += 2_000_000
        return np.array([[0.2, 0.9]] * len(texts), np.float32)


def test_shares_of_the_stages() -> None:
    server = Predictor()
    whole_s, stages = time_stages(server, ["x", "y"], at_least_s=0.05, clock=server.clock)
    assert whole_s == pytest.approx(0.002)
    assert [stage["stage"] for stage in stages] == ["tokenise", "model", "decode"]
    assert [stage["share"] for stage in stages] == pytest.approx([0.25, 0.75, 0.0])
    assert stages[1]["seconds_per_document"] == pytest.approx(0.003)


def test_kernel_times_are_added_up_by_operator() -> None:
    def event(op: str, microseconds: int, what: str = "kernel_time", cat: str = "Node") -> dict[str, Any]:
        return {"cat": cat, "name": f"{op}_1_{what}", "dur": microseconds, "args": {"op_name": op}}

    events = [event("Conv", 30), event("Conv", 50), event("Gemm", 20), event("Conv", 9, "fence_before")]
    ops = sum_by_op([*events, event("Conv", 1000, cat="Session")], documents=2)
    assert [(op["op"], op["calls"]) for op in ops] == [("Conv", 2), ("Gemm", 1)]
    assert ops[0]["share"] == pytest.approx(0.8)
    assert ops[0]["seconds_per_document"] == pytest.approx(40e-6)
    assert sum_by_op([], 1) == []


def test_onnxruntime_profiles_a_real_graph(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import onnx
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Cast", ["ids"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["floats"], ["maximum"], keepdims=0),
        helper.make_node("Cast", ["lengths"], ["counts"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["maximum", "counts"], ["probabilities"]),
    ]
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["B", "L"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT64, ["B"]),
    ]
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["B"])]
    graph = helper.make_graph(nodes, "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, tmp_path / "model.onnx")
    ops = onnx_ops(Candidate("m", tmp_path, "onnxruntime"), Predictor(), ["abc", "de"])
    assert {"Add", "Cast", "ReduceMax"} <= {op["op"] for op in ops}
    assert sum(op["share"] for op in ops) == pytest.approx(1.0)
    assert not list(Path.cwd().glob("profile*"))


def test_mistakes_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    candidate = Candidate("m", tmp_path, "python")
    monkeypatch.setattr(hotspots, "open_candidate", lambda _: SimpleNamespace(predict_proba=None))
    with pytest.raises(MeasurementError, match="only bundles can be profiled"):
        profile(candidate, ["x"])
    monkeypatch.setattr(hotspots, "open_candidate", lambda _: Predictor())
    with pytest.raises(MeasurementError, match="at least one text"):
        profile(candidate, [])
