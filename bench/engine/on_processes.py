"""Trainings side by side: what a study is going to need is made ahead of it, in processes of their own.

Networks train with one thread, and a study that makes its models one after the other leaves all cores but one idle. So
before the first step the process is forked; its children make steps of the run folder, each as soon as what it is made
from is there. Nothing comes back from them but files, and how far each is, in memory that all share, for whoever
watches: the study then goes through its steps as ever, finds them done, and makes itself what isn't there. A child that
fails, or is killed for its memory, costs time and nothing else.

A fork copies a process without the threads that its libraries have started, and whoever waits for those waits for
ever. So only a command that has a process to itself does this, before it has trained anything.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from baselines.classifier import Progress
from baselines.cores import cgroup_memory_bytes, usable_core_count
from baselines.networks.torch_state import keep_to_one_thread
from bench.engine.jobs import Job, Queue, Watcher
from bench.engine.workers import BYTES_OF_ONE

# More than these at once, or than memory holds, would be in each other's way.
MOST = 4
# After a child was killed what is left is begun once more; then the study makes it itself, with all the memory.
TRIES = 2
# A whole study as a command: the main module, or the script that an installation makes of it.
_ALONE = ("compress.run", "tagpress.__main__", "tagpress", "bench.fold_study")
_LOOK_EVERY_S = 0.5
# What a child is told: it was forked with the jobs in its memory.
_jobs: dict[str, Job] = {}
# Shares done, in the order of the jobs; a child writes its own.
_shares: Any = ()
_under_way = ""


def processes_at_once(threads: int) -> int:
    """How many trainings go side by side with so many threads; 1 where a fork isn't safe or not to be had."""
    if sys.platform != "linux" or not _has_process_to_itself():
        return 1
    memory = cgroup_memory_bytes() or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(threads, usable_core_count(), MOST, memory // BYTES_OF_ONE))


def make_ahead(jobs: Sequence[Job], processes: int, watcher: Watcher) -> None:
    """Make the steps of the jobs, as far as that goes without trouble.

    Args:
        jobs: from `jobs_of`; none waits for another in a circle.
        processes: at once; with one of them, or of the jobs, there is nothing to gain and nothing is done.
        watcher: is told of what happens.
    """
    queue = Queue(jobs)
    for _ in range(TRIES):
        if min(processes, len(queue.waiting)) < 2 or _has_made(queue, processes, watcher):
            return


def _has_made(queue: Queue, processes: int, watcher: Watcher) -> bool:
    """Whether the jobs were gone through; not when a child was killed, whose job and its neighbours' wait again."""
    global _shares
    _jobs.update({job.name: job for job in queue.waiting})
    _shares = RawArray("d", len(_jobs))
    pool = ProcessPoolExecutor(processes, get_context("fork"), _begin, (os.getpid(),))
    running: dict[Future[float | None], Job] = {}
    try:
        _work_through(pool, queue, running, processes, watcher)
    except BrokenProcessPool:
        for job in running.values():
            queue.again(job)
        return False
    except BaseException:
        # Nobody waits for a training that nobody wants any more.
        for child in active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        _jobs.clear()
    return True


def _work_through(
    pool: ProcessPoolExecutor,
    queue: Queue,
    running: dict[Future[float | None], Job],
    processes: int,
    watcher: Watcher,
) -> None:
    while True:
        for job in queue.take(processes - len(running)):
            running[pool.submit(_make, job.name)] = job
            watcher.begun(job.name)
        if not running:
            return
        ended = wait(running, _LOOK_EVERY_S, return_when=FIRST_COMPLETED).done
        for share, name in zip(_shares, _jobs, strict=True):
            if share:
                watcher.reached(name, share)
        for future in ended:
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                raise error
            job = running.pop(future)
            queue.ended(job)
            if error is None and (taken := future.result()) is not None:
                watcher.ended(job.name, taken)


def _begin(parent: int) -> None:
    """In a child: one thread is enough, Ctrl-C is its parent's affair, and it doesn't outlive its parent."""
    # Whoever draws the progress in the parent may hold a lock of its output, for ever in this copy.
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    keep_to_one_thread()
    threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):  # the parent's way to end in order is not a child's
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)


def _make(name: str) -> float | None:
    global _under_way
    _under_way = name
    begun = time.monotonic()
    return time.monotonic() - begun if _jobs[name].make() else None


def share_of_job(description: str) -> Progress:
    """In a child: progress of the job under way, for the parent to read."""

    def advance(done: int, total: int) -> None:
        if _under_way and total > 0:
            _shares[list(_jobs).index(_under_way)] = done / total

    return advance


def _has_process_to_itself() -> bool:
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    name = spec.name if spec is not None else Path(getattr(main, "__file__", None) or "").name
    return name in _ALONE
