"""A CUDA device and models on it, behind two small protocols, so that tests can put a simulation in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.cores import usable_core_count
from baselines.errors import MeasurementError
from baselines.telemetry import import_onnxruntime
from bench.cost.energy import load_nvml

NO_ONNXRUNTIME = "onnxruntime isn't installed; its CUDAExecutionProvider comes with the package onnxruntime-gpu"
NO_PROVIDER = "this onnxruntime has no CUDAExecutionProvider; it comes with the package onnxruntime-gpu"
NO_CUDA_IN_SESSION = "onnxruntime could not start its CUDAExecutionProvider here and fell back to the CPU"

Json = dict[str, Any]


class Device(Protocol):
    """What is needed of a CUDA device."""

    name: str

    def event(self) -> Any:
        """A point in the device's queue, recorded now."""

    def elapsed_s(self, start: Any, end: Any) -> float:
        """Seconds of device time between two events, after a synchronize."""

    def synchronize(self) -> None:
        """Wait until the device has done everything."""

    def state(self) -> Json:
        """Driver, clocks and temperature as far as they can be read."""


class GpuModel(Protocol):
    """A model whose copies and runs can be told apart."""

    def encode(self, texts: Sequence[str]) -> Any:
        """Texts to arrays of the host."""

    def to_device(self, encoded: Any) -> Any:
        """Copy to the device."""

    def run(self, on_device: Any) -> Any:
        """Enqueue one run; may return before it is done."""

    def to_host(self, result: Any) -> NDArray[np.float32]:
        """Wait, and copy back; float32 (n_texts, n_classes)."""


class TorchDevice:
    """The first CUDA device, through torch, its state through NVML.

    Products are computed in float32: the shorter TF32, torch's choice for convolutions, can change probabilities by
    more than the 1e-4 that parity allows.
    """

    def __init__(self) -> None:
        import torch

        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        self._cuda: Any = torch.cuda
        self.name = str(torch.cuda.get_device_name(0))

    def event(self) -> Any:
        found = self._cuda.Event(enable_timing=True)
        found.record()
        return found

    def elapsed_s(self, start: Any, end: Any) -> float:
        return float(start.elapsed_time(end)) / 1e3

    def synchronize(self) -> None:
        self._cuda.synchronize()

    def state(self) -> Json:
        return nvml_state(load_nvml())


class TorchModel:
    """A character CNN, or another module of `(ids, lengths)`, on the device."""

    def __init__(self, module: Any, tokenizer: Any) -> None:
        import copy

        self._module = copy.deepcopy(module).eval().to("cuda")
        self._tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> Any:
        import torch

        from baselines.text.tokenizer import pad

        return tuple(torch.from_numpy(array) for array in pad(self._tokenizer.encode_batch(texts)))

    def to_device(self, encoded: Any) -> Any:
        return tuple(tensor.to("cuda", non_blocking=True) for tensor in encoded)

    def run(self, on_device: Any) -> Any:
        import torch

        with torch.inference_mode():
            return torch.sigmoid(self._module(*on_device))

    def to_host(self, result: Any) -> NDArray[np.float32]:
        found: NDArray[np.float32] = result.cpu().numpy()
        return found


class OnnxModel:
    """A graph of `exports.graphs.to_onnx` run by CUDA in onnxruntime; its arrays stay on the device between runs."""

    def __init__(self, model: bytes, tokenizer: Any) -> None:
        """Raises MeasurementError where onnxruntime or its provider is missing."""
        try:
            onnxruntime = import_onnxruntime()
        except ImportError:
            raise MeasurementError(NO_ONNXRUNTIME) from None

        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise MeasurementError(NO_PROVIDER)
        self._ort: Any = onnxruntime
        providers = [("CUDAExecutionProvider", {"use_tf32": "0"}), "CPUExecutionProvider"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = usable_core_count()
        self._session = onnxruntime.InferenceSession(model, options, providers=providers)
        if "CUDAExecutionProvider" not in self._session.get_providers():
            # What it needs of CUDA isn't there, and onnxruntime falls back without an error.
            raise MeasurementError(NO_CUDA_IN_SESSION)
        self._tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> Any:
        from baselines.text.tokenizer import pad

        ids, lengths = pad(self._tokenizer.encode_batch(texts))
        return {"ids": ids, "lengths": lengths}

    def to_device(self, encoded: Any) -> Any:
        binding = self._session.io_binding()
        for name, array in encoded.items():
            binding.bind_ortvalue_input(name, self._ort.OrtValue.ortvalue_from_numpy(array, "cuda", 0))
        binding.bind_output("probabilities", "cuda")
        return binding

    def run(self, on_device: Any) -> Any:
        self._session.run_with_iobinding(on_device)
        return on_device

    def to_host(self, result: Any) -> NDArray[np.float32]:
        found: NDArray[np.float32] = result.copy_outputs_to_cpu()[0]
        return found


def find_device() -> Device | None:
    """The CUDA device; None where there is none."""
    import torch

    return TorchDevice() if torch.cuda.is_available() else None


def nvml_state(nvml: Any | None, index: int = 0) -> Json:
    """Driver, clocks (MHz), temperature (°C) and power limit (W) by NVML; what can't be read is left out."""
    if nvml is None:
        return {"note": "clocks and driver could not be read: no NVML on this machine"}
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    readers: Mapping[str, Callable[[], Any]] = {
        "driver": nvml.nvmlSystemGetDriverVersion,
        "sm_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
        "sm_clock_most_mhz": lambda: nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM),
        "memory_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
        "temperature_c": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
        "power_limit_w": lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1e3,
    }
    state: Json = {}
    for name, read in readers.items():
        try:
            state[name] = read()
        except nvml.NVMLError:
            continue
    return state
