"""torch's global state, changed for a while and put back: number of threads, random generators."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from baselines.cores import usable_core_count

# What `limited_threads` gives at most in this process.
_most = sys.maxsize


def keep_to_one_thread() -> None:
    """From now on torch has one thread in this process, whatever it is asked for."""
    global _most
    _most = 1
    torch.set_num_threads(1)


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """torch with this many threads per operation, and the former number afterwards.

    0 leaves torch the number it has, but not more than this process may use: torch itself knows nothing of quotas.
    """
    before = torch.get_num_threads()
    wanted = min(threads or min(before, usable_core_count()), _most)
    if wanted != before:
        torch.set_num_threads(wanted)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


def spare_one(threads: int) -> int:
    """One thread fewer where there are several: what a network trains with.

    torch's threads wait for each other, by spinning unless OMP_WAIT_POLICY says otherwise, as every command does
    (`baselines.console`). Four epochs of the character CNN took 1.38 s with one thread of two idle cores and 1.15 s
    with two that spin. On two busy cores a step took 94 ms with one thread and 2.2 s with
    two that spin: each spins for its whole turn while the other waits for one. Asleep, one and two took 37 ms each.
    """
    return max(threads - 1, min(threads, 1))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """torch's generators (initial weights and dropout draw from them) seeded, and their former state afterwards."""
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
