"""The reference on a CUDA device, in torch and in onnxruntime; without a device, rows that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.making.variants import REFERENCE
from bench.measure import gpu
from bench.measure.gpu_device import OnnxModel, TorchModel, find_device
from exports.runtime.bundle_format import ONNX_FILE

if TYPE_CHECKING:
    from bench.study.state import Study

Json = dict[str, Any]


def gpu_rows(study: Study) -> tuple[list[Json], Json]:
    """Rows for the reference's `runs`, and `speed.gpu`; CPU figures are looked at only where a GPU was measured."""
    device = find_device()
    texts = study.workshop.dataset.part("test").texts
    classifier: Any = study.workshop.classifier(REFERENCE)
    expected = study.scored[REFERENCE].probabilities
    graph = next((c.path / ONNX_FILE for c in study.candidates[REFERENCE] if c.runtime == "onnxruntime"), None)
    rows = gpu.measure_gpu(
        lambda: TorchModel(classifier.module, classifier.tokenizer), "torch", texts, device, expected=expected
    )
    if graph is not None:
        rows += gpu.measure_gpu(
            lambda: OnnxModel(graph.read_bytes(), classifier.tokenizer),
            "onnxruntime",
            texts,
            device,
            expected=expected,
        )
    return rows, gpu.gpu_facts(rows, device)
