"""One step of training the full CNN on 64 texts: table look-ups against `nn.Conv1d`, on the GPU and on the CPU."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch

from baselines.cores import usable_core_count
from baselines.networks.lookup_conv import Form, one_training_step
from baselines.networks.torch_state import limited_threads, seeded, spare_one
from bench.accelerator.subject import BATCH, Subject
from bench.numbers import stats

# By name what a reader calls it.
FORMS: Final[Mapping[Form, str]] = {"conv": "convolution", "lookup": "look-up"}
WARMUP_STEPS, STEPS = 3, 10

Json = dict[str, Any]


def time_steps(
    subject: Subject,
    where: str,
    form: Form,
    wait: Callable[[], None],
    *,
    steps: int = STEPS,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> Json:
    """Forward, loss, backward and the optimizer's step, the device waited for after each.

    Args:
        subject: its network is copied.
        where: torch's name of the device, `cuda` or `cpu`.
        form: of the first layers; each gets its weights in the memory order it was made for.
        wait: until the device has done everything.
        steps: that are timed, after three that aren't.
        clock: wall time in nanoseconds.
    """
    # Both forms begin with the same weights and draw the same dropout, so that their losses can be compared.
    module = copy.deepcopy(subject.module).to(where).train()
    if form == "conv":
        for parameter in module.parameters():
            parameter.data = parameter.data.contiguous()
    ids, lengths, labels = (tensor.to(where) for tensor in subject.batch())
    optimizer = torch.optim.Adam(module.parameters(), lr=0.0)
    threads = spare_one(usable_core_count()) if where == "cpu" else 1
    times, loss = [], 0.0
    with seeded(0), limited_threads(threads):
        for step in range(WARMUP_STEPS + steps):
            wait()
            start = clock()
            loss = one_training_step(module, ids, lengths, labels, form, optimizer)
            wait()
            if step >= WARMUP_STEPS:
                times.append((clock() - start) / 1e9)
    return {
        "device": where,
        "form": form,
        "threads": threads,
        "texts": min(BATCH, len(subject.texts)),
        "characters": int(ids.shape[1]),
        "step_s": stats.percentiles(np.asarray(times)),
        "loss": loss,
    }
