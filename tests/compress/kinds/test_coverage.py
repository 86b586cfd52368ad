"""The share of a model that computes in int8 is counted, and is zero for one in float."""

from __future__ import annotations

from compress.kinds.coverage import linear_coverage, onnx_coverage
from tests.cases.compress_case import random_module


def test_coverage_of_a_float_graph_is_zero() -> None:
    from compress.kinds.onnx_graph import conv_model

    found = onnx_coverage(conv_model(random_module(), "multilabel"))
    assert (found["ops"], found["mac_share"], found["parameter_share"]) == (0, 0.0, 0.0)
    module = random_module()
    n_parameters = sum(p.numel() for p in module.parameters())
    n_linear = sum(layer.weight.numel() for layer in (module.fc1, module.fc2) if layer is not None)
    assert linear_coverage(module.shape)["parameter_share"] == n_linear / n_parameters
    assert linear_coverage(random_module(hidden_dim=0).shape)["ops"] == 1
