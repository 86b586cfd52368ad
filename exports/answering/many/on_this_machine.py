"""Shards answered by processes of this machine: a shard a process, or the batches of one shard by all of them.

A process that is killed takes nothing along but what it was at: new ones make that again.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exports.answering.many.batch import Batch
from exports.answering.many.lines import Form
from exports.answering.many.one_shard import Advance, Outcome, Work, answer_shard, predictor_of, written
from exports.answering.many.said_in_columns import said_of
from exports.answering.many.shards import Shard

# How often a shard is begun before it counts as one that kills its process.
_TRIES = 3
# Batches of a shard that wait for each process: it never waits for the reader, and few are in memory.
_AHEAD = 3
_LOOK_S = 0.5
Done = Callable[[Shard, Outcome], None]


def answer_here(work: Work, shards: Sequence[Shard], out: Path, processes: int, done: Done, advance: Advance) -> None:
    """Answer all shards; `done` is called with each as it is ready, `advance` with bytes of texts as they are read."""
    if processes == 1:
        for shard in shards:
            done(shard, answer_shard(work, shard, out, advance))
        return
    left = list(shards)
    for _ in range(_TRIES):
        if len(left) < processes:
            left = _batch_by_batch(work, left, out, processes, done, advance)
        else:
            left = _side_by_side(work, left, out, processes, done, advance)
        if not left:
            return
    for shard in left:
        why = f"{shard.source}: the process that answered it was killed {_TRIES} times; is there enough memory?"
        done(shard, Outcome(shard.name, failed=why))


def _side_by_side(
    work: Work, shards: list[Shard], out: Path, processes: int, done: Done, advance: Advance
) -> list[Shard]:
    """Each shard by one process, large ones first; gives those that were lost with a process."""
    lost: list[Shard] = []
    read = multiprocessing.get_context("spawn").Value("q", 0)
    seen = 0
    with _pool(work, processes, read) as pool:
        waiting: dict[Future[Outcome], Shard] = {}
        for shard in sorted(shards, key=lambda shard: -shard.size):
            waiting[pool.submit(_shard, work, shard, out)] = shard
        while waiting:
            ready, _ = wait(waiting, _LOOK_S, FIRST_COMPLETED)
            for future in ready:
                shard = waiting.pop(future)
                try:
                    done(shard, future.result())
                except BrokenProcessPool:
                    lost.append(shard)
            now = read.value
            advance(now - seen)
            seen = now
    return lost


def _batch_by_batch(
    work: Work, shards: list[Shard], out: Path, processes: int, done: Done, advance: Advance
) -> list[Shard]:
    """One shard after the other, read here, its batches answered by all processes; gives those that were lost."""
    with _pool(work, processes, None) as pool:
        for place, shard in enumerate(shards):

            def encoded(given: Iterator[Batch], form: Form) -> Iterator[bytes]:
                waiting: deque[Future[bytes]] = deque()
                for batch in given:
                    waiting.append(pool.submit(_batch, work, batch, form))
                    if len(waiting) > _AHEAD * processes:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()

            try:
                done(shard, written(work, shard, out, encoded, advance))
            except BrokenProcessPool:
                return shards[place:]
    return []


@contextmanager
def _pool(work: Work, processes: int, read: Any) -> Iterator[ProcessPoolExecutor]:
    """Processes that have the bundle; they end with the block, at once where it was left in a hurry."""
    context = multiprocessing.get_context("spawn")
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(processes, context, _begin, (work, read))
    try:
        yield pool
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_READ: list[Any] = []


def _begin(work: Work, read: Any) -> None:
    # The keyboard stops the command, which stops its processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _READ[:] = [read]
    predictor_of(work)


def _shard(work: Work, shard: Shard, out: Path) -> Outcome:
    def advance(n_bytes: int) -> None:
        with _READ[0].get_lock():
            _READ[0].value += n_bytes

    return answer_shard(work, shard, out, advance)


def _batch(work: Work, batch: Batch, form: Form) -> bytes:
    return form.encoded(batch, said_of(predictor_of(work), batch, work.top))
