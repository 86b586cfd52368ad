"""The CPU's side: the same network at the same batch sizes, with every usable core, and where a GPU overtakes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from baselines.cores import usable_core_count
from baselines.errors import MeasurementError
from baselines.networks.torch_state import limited_threads
from baselines.task import link
from bench.accelerator.subject import Subject, probabilities
from bench.measure.gpu import GpuPlan, timed_calls
from bench.numbers import stats
from compress.formats.rounding import round_tables
from compress.methods.fold import fold_module
from exports import kernel

NO_KERNEL = "the C kernel isn't built in this checkout; `pip install -e .` builds it where there is a compiler"
_BITS = 8

Json = dict[str, Any]
Answer = Callable[[Sequence[str]], Any]


def torch_answer(subject: Subject) -> Answer:
    """The network in torch on the CPU, as it stands."""
    return lambda texts: probabilities(subject.module, subject.tokenizer, texts)


def table_answer(subject: Subject, threads: int) -> Answer:
    """The same network folded, rounded to 8 bits and served by the C kernel: the CPU's fastest form.

    Raises:
        MeasurementError: the kernel isn't built here.
    """
    if not kernel.AVAILABLE:
        raise MeasurementError(NO_KERNEL)
    tables = round_tables(fold_module(subject.module).tables, _BITS, _BITS).tables
    served = kernel.TableKernel(tables, subject.tokenizer)
    return lambda texts: link(served.logits(texts, threads), "multilabel")


def cpu_rows(
    answer: Answer,
    form: str,
    subject: Subject,
    plan: GpuPlan,
    *,
    threads: int | None = None,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> list[Json]:
    """Rows as those of a GPU, one a batch size; `form` is `torch` or `table`."""
    threads = threads or usable_core_count()
    rows = []
    with limited_threads(threads):
        for size in plan.batch_sizes:
            batch = [subject.texts[i % len(subject.texts)] for i in range(size)]
            samples = timed_calls(lambda batch=batch: answer(batch), plan, clock)  # type: ignore[misc]
            rows.append(
                {
                    "device": "cpu",
                    "runtime": form,
                    "threads": threads,
                    "scenario": "single" if size == 1 else "offline",
                    "batch_size": size,
                    "latency_s": stats.percentiles(samples),
                    "documents_per_s": size / float(np.median(samples)),
                    "status": "measured",
                    "reason": "",
                }
            )
    return rows


def overtakes_at(gpu_rows: Sequence[Mapping[str, Any]], cpu_rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Smallest batch size from which on the best row of the GPU beats the best of the CPU at the same size.

    None where it never does, or where nothing was measured at the same sizes.
    """
    ours, theirs = _best_by_size(gpu_rows), _best_by_size(cpu_rows)
    found = None
    for size in sorted(set(ours) & set(theirs), reverse=True):
        if ours[size] <= theirs[size]:
            break
        found = size
    return found


def _best_by_size(rows: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    best: dict[int, float] = {}
    for row in rows:
        if row.get("documents_per_s"):
            size = int(row["batch_size"])
            best[size] = max(best.get(size, 0.0), float(row["documents_per_s"]))
    return best
