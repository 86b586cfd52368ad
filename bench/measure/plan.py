"""How much is measured, and on which texts: the same for every candidate, fixed by a seed, stated in the results."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.errors import MeasurementError

# Of a later block's time, what its untimed calls may take: they bring back what other processes drove from the caches.
WARMUP_SHARE = 0.2
# One block's items: each a batch of row numbers, one call each.
Items = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Plan:
    """What is measured and for how long.

    Attributes:
        name: for the report.
        rounds: of single stream; in each round every candidate gets one block, in random order.
        processes: generations of processes that share those rounds: each candidate is started so many times, since a
            start by itself changes speed by about 1 %. Everything else is measured in the first.
        block_s: seconds a block lasts at least.
        warmup_calls, warmup_s: untimed before a candidate's first block, both at least. Each later block starts with
            up to `warmup_calls` untimed calls, none begun after a fifth of the block's time, and none at all where one
            call took as long as a block in the round before.
        window: texts a block at most; the windows share the texts so that each has the whole's mix of lengths.
        batch_sizes, offline_rounds, offline_block_s: of the offline scenario; fewer than 5 rounds give no interval.
        all_threads_batch_sizes: of a second run of the offline scenario with all usable cores; () leaves it out.
        gc_on_s: seconds of one extra single-stream block with Python's garbage collector on, for its p99; 0 leaves it
            out.
        model_only_s: seconds of one extra block without tokenising, where the runtime has stages; 0 leaves it out.
        cold_starts: new processes a candidate; no more are started once they took `cold_start_budget_s` together.
        behaviour_texts: texts a behavioural test at most.
        energy_window_s: seconds of answers over which the machine's energy counter is read, where it has one: at least
            10, since counters advance in steps; 0 leaves it out.
        pin: whether a worker is bound to as many cores as it has threads, where the system can.
        seed: of the order of texts and candidates, and of the bootstrap.
    """

    name: str
    rounds: int = 12
    processes: int = 2
    block_s: float = 0.3
    warmup_calls: int = 10
    warmup_s: float = 0.5
    window: int = 32
    batch_sizes: tuple[int, ...] = (8, 64)
    offline_rounds: int = 5
    offline_block_s: float = 0.1
    all_threads_batch_sizes: tuple[int, ...] = (64,)
    gc_on_s: float = 0.5
    model_only_s: float = 0.2
    cold_starts: int = 5
    cold_start_budget_s: float = 4.0
    behaviour_texts: int = 200
    energy_window_s: float = 0.0
    pin: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if (
            self.processes < 2
            or self.rounds < 2 * self.processes
            or self.offline_rounds < 2
            or self.window < 1
            or min((1, *self.batch_sizes, *self.all_threads_batch_sizes)) < 1
        ):
            raise MeasurementError(
                f"plan {self.name!r}: at least 2 processes, 2 rounds in each, 2 offline rounds, and 1 text a window "
                f"and batch are needed, got {self}"
            )

    def process_of(self, number: int) -> int:
        """Which generation of processes takes a round of single stream, from 0."""
        return number * self.processes // self.rounds

    def to_json(self) -> dict[str, Any]:
        """All fields, for results.json."""
        return dataclasses.asdict(self)


# For the 90-second command: shorter blocks and warm-up than the rules ask for, which the report states.
QUICK = Plan(
    "quick",
    block_s=0.08,
    warmup_s=0.1,
    batch_sizes=(32,),
    offline_block_s=0.05,
    all_threads_batch_sizes=(),
    gc_on_s=0.0,
    model_only_s=0.1,
    cold_starts=3,
    cold_start_budget_s=0.3,
    behaviour_texts=20,
)
# For the whole study in some minutes: more and shorter blocks than the rule's 0.3 s, since the number of rounds decides
# how well their spread is known; THOROUGH keeps to the rules.
STUDY = Plan(
    "study",
    rounds=15,
    processes=3,
    behaviour_texts=40,
    block_s=0.06,
    warmup_s=0.1,
    offline_rounds=3,
    offline_block_s=0.05,
    gc_on_s=0.2,
    model_only_s=0.1,
    cold_start_budget_s=0.3,
)
THOROUGH = Plan(
    "thorough",
    rounds=20,
    processes=5,
    block_s=1.0,
    batch_sizes=(1, 8, 32, 128, 512),
    all_threads_batch_sizes=(1, 8, 32, 128, 512),
    offline_rounds=10,
    offline_block_s=0.5,
    gc_on_s=8.0,
    model_only_s=1.0,
    cold_start_budget_s=60.0,
    energy_window_s=10.0,
)
PLANS = {plan.name: plan for plan in (QUICK, STUDY, THOROUGH)}


def windows(lengths: Sequence[int], size: int, count: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """`count` groups of row numbers, equal in size, each with the mix of lengths of the whole.

    The rows, sorted by length, are cut into `size` strata; each group takes one row of each stratum. Where rows are
    fewer than `size * count`, rows are used again, each about equally often.

    Args:
        lengths: characters of each text.
        size: rows a group.
        count: groups.
        rng: fixes who goes where and the order within a group.
    """
    order = np.argsort(np.asarray(lengths), kind="stable")
    bounds = np.linspace(0, len(order), size + 1)
    groups = np.empty((count, size), np.intp)
    for stratum in range(size):
        start, stop = int(bounds[stratum]), max(int(bounds[stratum + 1]), int(bounds[stratum]) + 1)
        members = order[start:stop]
        shuffled = [rng.permutation(members) for _ in range(-(-count // len(members)))]
        groups[:, stratum] = np.concatenate(shuffled)[:count]
    return [tuple(int(row) for row in rng.permutation(group)) for group in groups]


def single_items(lengths: Sequence[int], plan: Plan) -> list[Items]:
    """The items of each single-stream round: one text a call."""
    size = max(1, min(plan.window, len(lengths) // plan.rounds or len(lengths)))
    rng = np.random.default_rng([plan.seed, 1])
    return [tuple((row,) for row in window) for window in windows(lengths, size, plan.rounds, rng)]


def offline_items(lengths: Sequence[int], batch_size: int, plan: Plan) -> list[Items]:
    """The items of each offline round: one batch, called again and again."""
    rng = np.random.default_rng([plan.seed, 2, batch_size])
    return [(window,) for window in windows(lengths, batch_size, plan.offline_rounds, rng)]
