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
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import active_children, get_context
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from baselines.classifier import Progress
from baselines.cores import cgroup_memory_bytes, usable_core_count
from baselines.networks.torch_state import keep_to_one_thread
from bench.making.variants import Variant
from bench.making.workshop import Workshop

# What a training process of ten thousand texts takes; more of them at once than memory holds would be killed.
BYTES_OF_ONE = 2_000_000_000
MOST = 4
# A whole study as a command: the main module, or the script that an installation makes of it.
_ALONE = ("compress.run", "tagpress.__main__", "tagpress")
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Job:
    """One step to make.

    Attributes:
        name: of the baseline or variant.
        make: makes the step; whether it is there then, or can't be made here.
        after: names of the jobs whose steps it reads.
        seconds: expected; of those that can begin, the one does that most time hangs on.
    """

    name: str
    make: Callable[[], bool]
    after: frozenset[str]
    seconds: float


class Watcher(Protocol):
    """Who wants to know how far the jobs are: what a `Watch` has for steps that others make."""

    def begun(self, name: str) -> None:
        """A job has begun."""

    def reached(self, name: str, share: float) -> None:
        """So much of it is done, in [0, 1]."""

    def ended(self, name: str, taken: float) -> None:
        """Its step is there, and took so many seconds."""


# What a child is told is a name: it was forked with the jobs in its memory.
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


def jobs_of(
    workshop: Workshop, baselines: Iterable[str], variants: Sequence[Variant], expected: Mapping[str, float]
) -> list[Job]:
    """The steps that aren't there yet, or not as they were made, each with those it has to wait for.

    Args:
        workshop: of the study; the children have one of their own.
        baselines: names; an ensemble waits for all the others.
        variants: in an order in which each comes after what it is made from.
        expected: seconds of a step.
    """
    controls = {v.name: v.control for v in variants if v.control}
    apart = workshop.apart(controls, _share_of_job)
    made = [name for name in baselines if not apart.is_there(name)]
    jobs = [_baseline_job(apart, name, made, expected) for name in made]
    missing = {*made, *(v.name for v in variants if not apart.is_there(v.name))}
    # Students of one teacher share its answers, which the first of them keeps.
    first: dict[str, str] = {}
    for variant in variants:
        reads = {variant.parent, controls.get(variant.parent, "")}
        if isinstance(variant.teacher, str):
            reads.add(variant.teacher)
        if getattr(variant.config, "is_taught", False):
            reads.add(first.setdefault(str(variant.teacher or variant.parent), variant.name))
        if variant.name in missing:
            after = frozenset(reads & missing - {variant.name})
            make = _making(apart, variant.name, partial(apart.variant, variant))
            jobs.append(Job(variant.name, make, after, expected.get(variant.name, 0.0)))
    return jobs


def make_ahead(jobs: Sequence[Job], processes: int, watcher: Watcher) -> None:
    """Make the steps of the jobs, as far as that goes without trouble.

    Args:
        jobs: from `jobs_of`; none waits for another in a circle.
        processes: at once; with one of them, or of the jobs, there is nothing to gain and nothing is done.
        watcher: is told of what happens.
    """
    global _shares
    if min(processes, len(jobs)) < 2:
        return
    _jobs.update({job.name: job for job in jobs})
    _shares = RawArray("d", len(jobs))
    pool = ProcessPoolExecutor(processes, get_context("fork"), _begin, (os.getpid(),))
    try:
        _work_through(pool, list(jobs), processes, watcher)
    except BrokenProcessPool:
        pass  # the study goes on by itself
    except BaseException:
        # Nobody waits for a training that nobody wants any more.
        for child in active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        _jobs.clear()


def _work_through(pool: ProcessPoolExecutor, waiting: list[Job], processes: int, watcher: Watcher) -> None:
    running: dict[Future[float | None], Job] = {}
    waiting = sorted(waiting, key=_path_seconds(waiting), reverse=True)
    while True:
        blocked = {job.name for job in (*waiting, *running.values())}
        ready = [job for job in waiting if not job.after & blocked]
        for job in ready[: processes - len(running)]:
            waiting.remove(job)
            running[pool.submit(_make, job.name)] = job
            watcher.begun(job.name)
        if not running:
            return
        ended = wait(running, _LOOK_EVERY_S, return_when=FIRST_COMPLETED).done
        for share, name in zip(_shares, _jobs, strict=True):
            if share:
                watcher.reached(name, share)
        for future in ended:
            job = running.pop(future)
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                raise error
            if error is None and (taken := future.result()) is not None:
                watcher.ended(job.name, taken)


def _path_seconds(jobs: Sequence[Job]) -> Callable[[Job], float]:
    """Expected seconds from the begin of a job to the end of the last one that waits for it."""

    @cache
    def of(job: Job) -> float:
        return job.seconds + max((of(later) for later in jobs if job.name in later.after), default=0.0)

    return of


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


def _share_of_job(description: str) -> Progress:
    """In a child: progress of the job under way, for the parent to read."""

    def advance(done: int, total: int) -> None:
        if _under_way and total > 0:
            _shares[list(_jobs).index(_under_way)] = done / total

    return advance


def _baseline_job(workshop: Workshop, name: str, made: Sequence[str], expected: Mapping[str, float]) -> Job:
    # The first chooses the cleaning, which all others read.
    after = {other for other in made if other != name} if name == "ensemble" else {*made[:1]} - {name}
    make = _making(workshop, name, partial(workshop.baseline, name))
    return Job(name, make, frozenset(after), expected.get(name, 0.0))


def _making(workshop: Workshop, name: str, work: Callable[[], None]) -> Callable[[], bool]:
    def make() -> bool:
        work()
        return workshop.is_there(name)

    return make


def _has_process_to_itself() -> bool:
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    name = spec.name if spec is not None else Path(getattr(main, "__file__", None) or "").name
    return name in _ALONE
