"""The whole check: parts in order of worth, each begun only while there is time for it, and none that ends another.

What a part lacks is its reason to be skipped. A part that fails says with what, and the others go on: on a machine that
is lent for minutes, half of the figures are better than none.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import numpy as np

from baselines.cores import usable_core_count
from baselines.errors import MeasurementError
from baselines.networks.lookup_conv import Form
from bench.accelerator.beside_cpu import cpu_rows, overtakes_at, table_answer, torch_answer
from bench.accelerator.plain_graph import PlainBuilder
from bench.accelerator.subject import Subject, make_subject
from bench.accelerator.training_step import FORMS, time_steps
from bench.cost.energy import LEAST_WINDOW_S, Counter, energy_of_calls, find_counter
from bench.measure.environment import cpu_model, git_state, installed_versions
from bench.measure.gpu import NO_DEVICE, VERIFIED_ON_HARDWARE, GpuPlan, answers_of, measure_gpu
from bench.measure.gpu_device import Device, GpuModel, OnnxModel, TorchModel, find_device
from bench.results.gpu_file import FORMAT_VERSION
from compress.kinds.onnx_graph import add_layers

ALLOWED_DIFFERENCE = 1e-4
NO_COUNTER = "NVML gives no energy of this device: no driver's library, a device older than Volta, or a share of one"
# Answers of the CPU at the largest batch take seconds, so fewer are enough there.
CPU_PLAN = GpuPlan(at_least_s=0.5, warmup_calls=1, least_runs=3)

Json = dict[str, Any]
Make = Callable[[Subject], GpuModel]
Side = Literal["cpu", "gpu", "window"]


@dataclass(frozen=True)
class Bench:
    """What the check runs on; tests put a simulation in its place.

    Attributes:
        device: None skips everything.
        counter: of the device's energy; None skips that.
        where: torch's name of the device.
        models: by runtime, what loads the network onto the device.
        plan, cpu_plan: how much is measured.
        window_s: of energy, 10 or more.
        subject: makes the network.
        clock: wall time in nanoseconds.
    """

    device: Device | None
    counter: Counter | None
    where: str = "cuda"
    models: Mapping[str, Make] = field(default_factory=lambda: MODELS)
    plan: GpuPlan = field(default_factory=GpuPlan)
    cpu_plan: GpuPlan = CPU_PLAN
    window_s: float = LEAST_WINDOW_S
    subject: Callable[[], Subject] = make_subject
    clock: Callable[[], int] = time.perf_counter_ns


def graph_of(subject: Subject) -> bytes:
    """The network as the graph that everybody exports, written without the package onnx."""
    builder = PlainBuilder()
    add_layers(builder, subject.module, "multilabel")
    n_filters = sum(len(bias) for bias in subject.module.biases)
    return builder.model("character-cnn", subject.module.shape.n_classes, n_filters)


MODELS: Mapping[str, Make] = {
    "torch": lambda subject: TorchModel(subject.module, subject.tokenizer),
    "onnxruntime": lambda subject: OnnxModel(graph_of(subject), subject.tokenizer),
}


def this_machine() -> Bench:
    """Its first CUDA device, if it has one."""
    device = find_device()
    return Bench(device, None if device is None else find_counter("cuda"))


@dataclass(frozen=True)
class Part:
    """`seconds` is what it takes on a usual machine; a part isn't begun with less left.

    `on` is whose time it is: where one part took longer than usual, those of the same side are expected to as well. A
    window is as long on any machine.
    """

    name: str
    title: str
    on: Side
    seconds: float
    run: Callable[[], object]


def run_check(bench: Bench, most_seconds: float, say: Callable[[str], None] = lambda line: None) -> Json:
    """The content of the file.

    Args:
        bench: see there.
        most_seconds: no part is begun that would probably end later.
        say: told of each part as it ends.
    """
    return _Check(bench, most_seconds, say).run()


class _Failed(Exception):
    """A part that ran and found something wrong."""


class _Check:
    """What the parts share: the network, the models on the device, and what was found so far."""

    def __init__(self, bench: Bench, most_seconds: float, say: Callable[[str], None]) -> None:
        self.bench, self.most_seconds, self.say = bench, most_seconds, say
        self.began = bench.clock()
        self.rows: list[Json] = []
        self.parity: list[Json] = []
        self.training: list[Json] = []
        self._slowness: dict[Side, float] = {"cpu": 1.0, "gpu": 1.0, "window": 1.0}
        self._made: dict[str, GpuModel] = {}
        self._subject: Subject | None = None

    def run(self) -> Json:
        parts = [self._part(part) for part in self._parts()]
        return {
            "format_version": FORMAT_VERSION,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": self._elapsed_s(),
            "most_seconds": self.most_seconds,
            "verified_on_hardware": VERIFIED_ON_HARDWARE,
            "git": git_state(),
            "device": self._device(),
            "cpu": {"model": cpu_model(), "cores": usable_core_count()},
            "versions": {"python": platform.python_version(), **installed_versions(), **_cuda()},
            "model": {} if self._subject is None else self._subject.to_json(),
            "parts": parts,
            "rows": self.rows,
            "parity": self.parity,
            "training": self.training,
            "overtakes": self._overtakes(),
        }

    def _parts(self) -> Iterator[Part]:
        bench = self.bench
        yield Part("network", "the network, made on the CPU", "cpu", 30, lambda: self.subject)
        for runtime in bench.models:
            title = f"parity of {runtime} with the CPU"
            yield Part(f"parity-{runtime}", title, "gpu", 15, partial(self._parity, runtime))
        for runtime in bench.models:
            yield Part(f"rows-{runtime}", f"{runtime} on the GPU", "gpu", 15, partial(self._gpu_rows, runtime))
        yield Part("rows-cpu-torch", "torch on the CPU", "cpu", 40, partial(self._cpu_rows, "torch"))
        yield Part("rows-cpu-table", "the table form on the CPU", "cpu", 15, partial(self._cpu_rows, "table"))
        for where, device in ((bench.where, "GPU"), ("cpu", "CPU")):
            for form, words in FORMS.items():
                title, run = f"training step by {words} on the {device}", partial(self._training, where, device, form)
                on: Side = "gpu" if device == "GPU" else "cpu"
                yield Part(f"training-{on}-{form}", title, on, 20, run)
        sizes = (bench.plan.batch_sizes[0], bench.plan.batch_sizes[-1])
        for runtime in bench.models:
            for size in sizes:
                title = f"energy of {runtime} at batch size {size}"
                run = partial(self._energy, runtime, size)
                yield Part(f"energy-{runtime}-{size}", title, "window", bench.window_s + 3, run)

    def _part(self, part: Part) -> Json:
        before = self._elapsed_s()
        status, reason = self._outcome(part, before)
        seconds = self._elapsed_s() - before
        if part.on != "window":
            self._slowness[part.on] = max(self._slowness[part.on], seconds / part.seconds)
        self.say(f"{part.title}: {status}{f', {reason}' if reason else f' in {seconds:.1f} s'}")
        return {"name": part.name, "title": part.title, "status": status, "reason": reason, "seconds": seconds}

    def _outcome(self, part: Part, before: float) -> tuple[str, str]:
        if self.bench.device is None:
            return "skipped", NO_DEVICE
        expected, left = part.seconds * self._slowness[part.on], max(0.0, self.most_seconds - before)
        if expected > left:
            return "left out", f"it takes about {expected:.0f} s, and {left:.0f} s were left"
        if self._subject is None and part.name != "network":
            return "skipped", "there is no network to measure"
        try:
            part.run()
        except MeasurementError as error:
            return "skipped", str(error)
        except _Failed as error:
            return "failed", str(error)
        except Exception as error:  # whatever a driver or a library throws, the other parts are wanted
            return "failed", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        return "measured", ""

    @property
    def subject(self) -> Subject:
        if self._subject is None:
            self._subject = self.bench.subject()
        return self._subject

    def _model(self, runtime: str) -> GpuModel:
        if runtime not in self._made:
            self._made[runtime] = self.bench.models[runtime](self.subject)
        return self._made[runtime]

    def _parity(self, runtime: str) -> None:
        """A difference that is too large fails this part, not the timings: they refuse wrong answers by themselves."""
        model, subject = self._model(runtime), self.subject
        found = answers_of(model, subject.texts)
        largest = float(np.abs(found - subject.expected).max())
        self.parity.append(
            {
                "runtime": runtime,
                "max_difference": largest,
                "allowed": ALLOWED_DIFFERENCE,
                "n_texts": len(subject.texts),
            }
        )
        if not largest <= ALLOWED_DIFFERENCE:
            raise _Failed(f"probabilities differ by up to {largest:.2g}, allowed are {ALLOWED_DIFFERENCE:g}")

    def _gpu_rows(self, runtime: str) -> None:
        bench, subject, model = self.bench, self.subject, self._model(runtime)
        how: Json = {"plan": bench.plan, "expected": subject.expected, "clock": bench.clock}
        try:
            self.rows += measure_gpu(lambda: model, runtime, subject.texts, bench.device, **how)
        except MeasurementError as error:  # the model is there, so its answers are wrong
            raise _Failed(str(error)) from None

    def _cpu_rows(self, form: str) -> None:
        threads = usable_core_count()
        answer = torch_answer(self.subject) if form == "torch" else table_answer(self.subject, threads)
        self.rows += cpu_rows(answer, form, self.subject, self.bench.cpu_plan, threads=threads, clock=self.bench.clock)

    def _training(self, where: str, device: str, form: Form) -> None:
        gpu = self.bench.device
        wait = gpu.synchronize if gpu is not None and device == "GPU" else lambda: None
        found = time_steps(self.subject, where, form, wait, clock=self.bench.clock)
        self.training.append({**found, "device": "cuda" if device == "GPU" else "cpu"})

    def _energy(self, runtime: str, size: int) -> None:
        bench, subject = self.bench, self.subject
        if bench.counter is None:
            raise MeasurementError(NO_COUNTER)
        rows = [r for r in self.rows if (r["device"], r["runtime"], r["batch_size"]) == ("cuda", runtime, size)]
        if not any(row["status"] == "measured" for row in rows):
            raise MeasurementError(f"{runtime} was not measured at batch size {size}")
        model = self._model(runtime)
        batch = [subject.texts[i % len(subject.texts)] for i in range(size)]
        joules, energy = energy_of_calls(
            lambda: answers_of(model, batch), size, bench.counter, window_s=bench.window_s, clock=self._clock_s
        )
        for row in rows:
            row.update(energy_j_per_document=joules, energy_source=energy.source, energy_window_s=energy.seconds)

    def _overtakes(self) -> Json:
        gpu = [row for row in self.rows if row["device"] == "cuda" and row["status"] == "measured"]
        cpu = [row for row in self.rows if row["device"] == "cpu"]
        ours, theirs = ([r for r in rows if r["runtime"] == "torch"] for rows in (gpu, cpu))
        found: Json = {}
        if ours and theirs:
            found["torch against torch"] = overtakes_at(ours, theirs)
        if gpu and cpu:
            found["best of the GPU against best of the CPU"] = overtakes_at(gpu, cpu)
        return found

    def _device(self) -> Json:
        device = self.bench.device
        if device is None:
            return {"status": "missing", "reason": NO_DEVICE}
        counted = self.bench.counter is not None
        return {
            "status": "found",
            "reason": "",
            "name": device.name,
            "state": device.state(),
            "energy_counter": counted,
        }

    def _clock_s(self) -> float:
        return self.bench.clock() / 1e9

    def _elapsed_s(self) -> float:
        return (self.bench.clock() - self.began) / 1e9


def _cuda() -> Json:
    """What torch was built for; nothing where it was built without CUDA."""
    import torch

    cudnn: Any = torch.backends.cudnn
    found = {"cuda": torch.version.cuda, "cudnn": cudnn.version()}
    return {name: str(version) for name, version in found.items() if version is not None}
