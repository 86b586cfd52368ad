"""A graph with anything that could read a file, run foreign code or answer NaN is refused before it is opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.cases.bundle_case import assert_refused, copied, sign_again


def test_external_data_in_a_graph_is_refused(graph: Path, tmp_path: Path) -> None:
    import onnx

    copy = copied(graph, tmp_path / "copy")
    model = onnx.load_model_from_string((copy / "model.onnx").read_bytes())
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../secret"
    (copy / "model.onnx").write_bytes(model.SerializeToString())
    sign_again(copy, "model.onnx")
    assert_refused(copy, "external data")


def test_subgraphs_foreign_operators_and_noise_are_refused(graph: Path, tmp_path: Path) -> None:
    import onnx

    copy = copied(graph, tmp_path / "copy")
    whole = (copy / "model.onnx").read_bytes()

    def refused(data: bytes, match: str) -> None:
        (copy / "model.onnx").write_bytes(data)
        sign_again(copy, "model.onnx")
        assert_refused(copy, match)

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
