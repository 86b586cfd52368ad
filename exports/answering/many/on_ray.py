"""Shards answered by the machines of a Ray cluster: a shard a task, the bundle opened once in each worker.

A task reads a shard and writes its answers, so both folders have to be seen by every machine; the bundle travels. A
worker that is lost takes its task's work along: Ray gives the task to another one. Ray Data isn't used: its blocks
don't keep to files, so one file of answers for each file of texts, the rows' own numbers and a command that goes on
where it was would have to be built around it, and its readers drop or refuse what ours name row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from baselines.cluster.engines import Engine
from exports.answering.many.one_shard import Advance, Outcome, Work, answer_shard, part_of
from exports.answering.many.shards import Shard

# How often a task whose worker was lost is given to another one.
_RETRIES = 3
_LOOK_S = 0.5
# Tasks that are handed in at once, a few for each that can run: the cluster never waits for this process.
_AHEAD = 4
Done = Callable[[Shard, Outcome], None]


def answer_there(
    work: Work,
    shards: Sequence[Shard],
    out: Path,
    engine: Engine,
    processes: int | None,
    done: Done,
    advance: Advance,
) -> None:
    """Answer all shards; as `answer_here`, with at most `processes` of them at once.

    Raises:
        MissingExtra, ClusterError: no Ray, no cluster, or one whose machines don't fit.
    """
    from baselines.cluster.connect import connected

    with connected(engine, processes) as ray:
        # Ray knows nothing of this package's errors; what can be mended comes back as an outcome.
        task = ray.remote(num_cpus=work.threads, max_retries=_RETRIES)(_answered_there)
        sent = ray.put(replace(work, files=_files_of(Path(work.bundle))))
        most = processes or _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        left = sorted(shards, key=lambda shard: shard.size)
        running: dict[Any, Shard] = {}
        while left or running:
            while left and len(running) < most:
                shard = left.pop()
                running[task.remote(sent, _absolute(shard), str(out.resolve()))] = shard
            ready, _ = ray.wait(list(running), num_returns=1, timeout=_LOOK_S)
            for future in ready:
                shard = running.pop(future)
                done(shard, _outcome(ray, future, shard, out))
                advance(shard.size)
            advance(0)


def _answered_there(work: Work, shard: Shard, out: str) -> Outcome:
    if not shard.source.exists():
        why = f"{shard.source}: isn't there on a machine of the cluster; texts and answers need a folder that all share"
        return Outcome(shard.name, failed=why)
    return answer_shard(work, shard, Path(out))


def _outcome(ray: Any, future: Any, shard: Shard, out: Path) -> Outcome:
    try:
        outcome: Outcome = ray.get(future)
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError) as error:
        said = type(error).__name__
        return Outcome(shard.name, failed=f"{shard.source}: its worker was lost {_RETRIES + 1} times ({said})")
    if not outcome.failed and not part_of(out, shard).exists():
        outcome.failed = f"{shard.source}: its answers aren't seen here; all machines have to share the folder {out}"
    return outcome


def _absolute(shard: Shard) -> Shard:
    return replace(shard, source=shard.source.resolve())


def _files_of(bundle: Path) -> dict[str, bytes]:
    """A bundle is flat."""
    return {path.name: path.read_bytes() for path in bundle.iterdir() if path.is_file()}
