"""The work of `python -m bench.peers`: make the contestants, score them, time them in the same rounds, say it."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from baselines.data.options import dataset_from
from baselines.dataset import Dataset
from baselines.errors import DataError, MissingExtra
from baselines.fitting.options import RUNS
from baselines.scores.influence import paired_difference
from baselines.scores.resampling import Resampled, resample_scores
from baselines.storage.run_folder import RunFolder
from baselines.task import DEFAULT_METRIC
from baselines.whole_files import write_whole
from bench.candidate import Candidate, Runtime
from bench.cost.footprint import footprint
from bench.measure.environment import describe_environment
from bench.measure.interleaved import OpenHost
from bench.measure.measurements import Measurements
from bench.measure.plan import PLANS, Plan
from bench.measure.pool import WorkerProcess
from bench.measure.rounds import measure
from bench.numbers.quantities import score, seconds, size, times
from bench.peers.contestants import OURS, PARENT_OF, made
from bench.peers.served import Decisions, opened, weighed
from bench.quality.scoring import runtime_of
from exports.runtime.bundle_format import read_bundle

Json = dict[str, Any]


def run(args: Namespace, command: str) -> int:
    """Exit code 0: the table is complete, rows that were skipped included."""
    console = Console(stderr=True, soft_wrap=True)
    dataset = dataset_from(args)
    further = named_bundles(args.bundle)
    with RunFolder.working(RUNS / args.run, dataset_sha256=dataset.sha256) as folder:
        places = made(folder, dataset, args.seed, lambda line: console.print(line, markup=False, highlight=False))
    found = compared({**places, **further}, dataset, plan_of(args.effort), args.seed)
    content = {"command": command, "dataset": _facts(dataset), **found, "environment": describe_environment()}
    write_whole(RUNS / args.run / "peers.json", json.dumps(content, indent=1, allow_nan=False) + "\n")
    out = Console(soft_wrap=True)
    out.print(table_of(found["rows"]))
    for line in [*found["distrust"], f"written: {RUNS / args.run / 'peers.json'}"]:
        out.print(line, markup=False, highlight=False)
    return 0


def plan_of(effort: str) -> Plan:
    """Single stream alone, of one of the study's plans."""
    single = replace(PLANS[effort], batch_sizes=(), all_threads_batch_sizes=(), gc_on_s=0.0, model_only_s=0.0)
    return replace(single, name=f"peers, {effort}", cold_starts=0)


def compared(
    places: Mapping[str, Path | str], dataset: Dataset, plan: Plan, seed: int, *, open_host: OpenHost | None = None
) -> Json:
    """Every contestant's decisions on the test part scored, and its calls timed in the same rounds.

    Args:
        places: by name the folder, or why there is none.
        plan: of the rounds; see `plan_of`.
        seed: of the intervals.
        open_host: makes the process that holds a contestant; tests stay in theirs.

    Returns:
        `rows`, `noise_floor` and `distrust`; a row's ratio is its time over that of the first contestant.
    """
    test = dataset.part("test")
    candidates, decisions, reasons = [], {}, {}
    for name, place in places.items():
        if isinstance(place, str):
            reasons[name] = place
            continue
        try:
            decisions[name] = _decisions(place, test.texts)
            candidates.append(Candidate(name, place, _runtime(place)))
        except (MissingExtra, ModuleNotFoundError) as error:
            reasons[name] = str(error)
    measured = measure(
        candidates,
        test.texts,
        plan,
        expected=decisions,
        open_host=open_host
        or (lambda candidate: WorkerProcess(candidate, pinned=plan.pin, module="bench.peers.worker")),
    )
    metric, rng = DEFAULT_METRIC[test.task], np.random.default_rng(seed)
    resampled = resample_scores(test.labels, decisions, rng, task=test.task, metric=metric, metrics=())
    rows: list[Json] = [
        {"name": name, "status": "skipped", "reason": reasons[name]}
        if name in reasons
        else _row(name, places[name], measured, resampled)
        for name in places
    ]
    for row in rows:
        parent = PARENT_OF.get(row["name"], "")
        if row["status"] == "measured" and parent in decisions:
            pair = decisions[row["name"]], decisions[parent]
            found = paired_difference(test.labels, *pair, metric=metric, task=test.task)
            row["parent"], row["difference"] = parent, {**found.interval.to_json(), "bound": found.lower}
    return {
        "metric": metric,
        "rows": rows,
        "noise_floor": measured.noise_floor,
        "distrust": list(measured.distrust),
    }


def table_of(rows: list[Json]) -> Table:
    """For people: a line a contestant."""
    table = Table("model", "score", "Δ to its parent", "bytes", "p50", "time, first = 1", box=box.SIMPLE_HEAD)
    for row in rows:
        if row["status"] != "measured":
            table.add_row(row["name"], "—", "—", "—", "—", row["reason"])
            continue
        ratio, latency, value = row["ratio"], row["latency_s"], row["score"]
        between = "" if ratio["low"] is None else f" ({times(ratio['low'])[:-2]}–{times(ratio['high'])[:-2]})"
        table.add_row(
            row["name"],
            f"{score(value['value'])} ({score(value['low'])}–{score(value['high'])})",
            _said_difference(row.get("difference")),
            size(row["bytes"]),
            seconds(latency["p50"]),
            f"{times(ratio['value'])}{between}",
        )
    return table


def _said_difference(found: Json | None) -> str:
    """A difference of scores with its interval; "" of a model that was made of no other."""
    if found is None:
        return ""
    value, low, high = (f"{found[end]:+.3f}" for end in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _row(name: str, place: Any, measured: Measurements, resampled: Resampled) -> Json:
    if name in measured.failures:
        status, reason = measured.failures[name]
        return {"name": name, "status": status, "reason": reason}
    (timed,) = measured.runs(name)
    return {
        "name": name,
        "status": "measured",
        "reason": "",
        "score": resampled.interval(name).to_json(),
        "bytes": _bytes(place),
        "latency_s": timed["latency_s"],
        "ratio": timed["ratio_to_reference"],
        "warnings": timed["warnings"],
    }


def _decisions(place: Path, texts: Sequence[str]) -> Decisions:
    contestant = opened(place)
    return np.concatenate([contestant.decided(contestant.predict_proba([text])) for text in texts])


def _runtime(place: Path) -> Runtime:
    return "python" if weighed(place) is not None else runtime_of(place, read_bundle(place).form)


def _bytes(place: Path) -> int:
    """Of the file that a peer loads, or of a whole bundle."""
    own = weighed(place)
    return footprint(place).bytes if own is None else own


def named_bundles(given: list[str]) -> dict[str, Path]:
    """Bundles by name, from `NAME=PATH` or a path alone; raises DataError for two of one name."""
    found = {}
    for each in given:
        name, equals, path = each.rpartition("=")
        place = Path(path if equals else each)
        read_bundle(place)
        name = name or place.name
        if name in found or name == OURS:
            raise DataError(f"--bundle: two are called {name!r}; name one: --bundle other={place}")
        found[name] = place
    return found


def _facts(dataset: Dataset) -> Json:
    parts = {part: len(dataset.part(part)) for part in ("train", "validation", "test")}
    return {"name": dataset.name, "sha256": dataset.sha256, "task": dataset.task, "split": parts}
