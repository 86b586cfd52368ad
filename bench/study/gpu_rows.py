"""The CNN on a CUDA device, in torch and in onnxruntime; without a device, rows that say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench.cost.energy import find_counter
from bench.making.variants import REFERENCE
from bench.measure import gpu
from bench.measure.gpu_device import OnnxModel, TorchModel, find_device
from exports.runtime.bundle_format import ONNX_FILE

if TYPE_CHECKING:
    from bench.study.state import Study

Json = dict[str, Any]


def gpu_rows(study: Study, cpu_rows: Sequence[Json]) -> tuple[list[Json], Json]:
    """Rows for the CNN's `runs`, and `speed.gpu`; `cpu_rows` are those of the same model on the CPU."""
    if REFERENCE not in study.candidates:
        return [], {"status": "skipped", "reason": f"only {REFERENCE} is timed there, which this study doesn't make"}
    device = find_device()
    texts = study.workshop.dataset.part("test").texts
    classifier: Any = study.workshop.classifier(REFERENCE)
    graph = next((c.path / ONNX_FILE for c in study.candidates[REFERENCE] if c.runtime == "onnxruntime"), None)
    how: Json = {
        "expected": study.scored[REFERENCE].probabilities,
        "plan": gpu.GpuPlan(energy_window_s=study.options.plan.energy_window_s),
        "counter": None if device is None else find_counter("cuda"),
    }
    rows = gpu.measure_gpu(lambda: TorchModel(classifier.module, classifier.tokenizer), "torch", texts, device, **how)
    if graph is not None:
        rows += gpu.measure_gpu(
            lambda: OnnxModel(graph.read_bytes(), classifier.tokenizer), "onnxruntime", texts, device, **how
        )
    return rows, gpu.gpu_facts(rows, device, cpu_rows)
