"""The work of `python -m bench.fold_study`: the study's models over K folds alone, scores and bytes, no latency.

One split of a few hundred texts can't tell 0.70 from 0.69; `python -m compress.run --folds` puts the same differences
into the verdict of a whole study.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from baselines.data.options import dataset_from
from baselines.dataset import Dataset
from baselines.fitting.options import RUNS
from baselines.scores.judging import METRICS, utility
from baselines.storage.artifact import write_json_whole
from baselines.storage.run_folder import RunFolder
from baselines.storage.run_lock import run_lock
from baselines.storage.stored_run import open_run
from baselines.watching.watch import Watch
from bench.engine.on_processes import make_ahead, processes_at_once
from bench.making.ahead import fold_jobs
from bench.making.expected import fold_steps, model_steps
from bench.making.folds import of_folds, run_folds
from bench.making.spreading import spreading
from bench.making.variants import LINEAR, REFERENCE
from bench.making.workshop import Workshop
from bench.measure.environment import describe_environment
from bench.results.run import Run
from bench.study.command import wishes_from
from bench.study.options import StudyOptions, options_of
from bench.verdict.claims import claims_of

FOLDS_FILE = "folds.json"
# What the folds are dealt from, for other machines.
GIVEN_FOLDER = "given"


def run(args: Namespace, command: str) -> int:
    """Make what is wished for on every fold, and compare it with the CNN; without one with the linear model."""
    console = Console(stderr=True, soft_wrap=True)
    wishes = wishes_from(args)
    dataset = dataset_from(args)
    options = options_of(wishes, dataset, command, folds_alone=True)
    baselines = [name for name in options.baselines if name not in options.left_out]
    variants = [variant for variant in of_folds(options.variants) if variant.name not in options.left_out]
    reference = REFERENCE if REFERENCE in baselines else LINEAR if LINEAR in baselines else baselines[0]
    for note in options.notes:
        console.print(note, style="yellow", markup=False, highlight=False)
    models = model_steps(baselines, variants, len(dataset.split.train), len(dataset.classes))
    watch = Watch(console, fold_steps(models, options.folds), f"{options.folds} folds")
    root = RUNS / wishes.run
    with run_lock(root), watch.showing():
        make_folds_ahead(root, dataset, replace(options, baselines=tuple(baselines), variants=tuple(variants)), watch)
        runs = run_folds(
            root,
            dataset,
            baselines,
            variants,
            k=options.folds,
            seed=options.seed,
            threads=options.threads,
            device=options.device,
            watch=watch,
            unlabelled=options.unlabelled,
            changes=options.changes,
        )
        found = runs.against(reference, options.delta)
        found["command"] = options.command
        found["environment"] = describe_environment()
        found["claims"] = claims_over_folds(found, options.delta, len(dataset.everything))
        write_json_whole(root / FOLDS_FILE, found)
    Console().print(_table(found))
    return 0


def make_folds_ahead(root: Path, dataset: Dataset, options: StudyOptions, watch: Watch) -> None:
    """Let the engine make whole folds, as many at once as there are workers; `run_folds` finds them done."""
    if options.device != "cpu":
        return
    store = f"{options.store}/{GIVEN_FOLDER}" if options.store else ""
    run = RunFolder(root / GIVEN_FOLDER)
    if options.engine.kind != "local":
        run = open_run(run.root, dataset_sha256=dataset.sha256, store=store)
    workshop = Workshop(
        run, dataset, options.seed, options.threads, "cpu", watch.inside, options.unlabelled, options.changes
    )
    jobs = fold_jobs(workshop, "..", options.folds, options.baselines, options.variants, options.store)
    with spreading(workshop, {}, options.engine, store, watch) as others:
        if others.is_on:
            return others.make(jobs)
    processes = processes_at_once(options.threads)
    with watch.side_by_side({job.name: job.after for job in jobs}, processes):
        make_ahead(jobs, processes, watch)


def claims_over_folds(found: Mapping[str, Any], delta: float, n_texts: int) -> dict[str, str]:
    """The word for each model, all models together, from the function that a report has its words from.

    Args:
        found: what `bench.making.folds.FoldRuns.against` gives.
        delta: the margin.
        n_texts: of all folds.
    """
    metric = found["metric"]
    models = [
        {"name": name, "status": "measured", "quality": {metric: own["score"]}} for name, own in found["models"].items()
    ]
    shape = {"name": metric, "title": METRICS[metric].title, "higher_is_better": METRICS[metric].higher_is_better}
    content = {"task": METRICS[metric].tasks[0], "metric": metric, "metrics": [shape], "models": models, "folds": found}
    content |= {"reference": found["reference"], "delta": delta, "dataset": {"n_documents": n_texts}}
    return {name: judged.claim for name, judged in claims_of(Run(content)).by_model.items()}


def markdown_table(found: Mapping[str, Any]) -> str:
    """The comparison in Markdown, best first; intervals are of each model alone, words hold for all together."""
    title, sign = METRICS[found["metric"]].title, utility(found["metric"], 1.0)
    reference = found["models"].get(found["reference"] or "", {})
    claims: Mapping[str, str] = found.get("claims") or {}
    other = "the CNN" if found["reference"] in (REFERENCE, None) else found["reference"]
    lines = [f"| model | {title} | 95 % | better than {other} by | 95 % | bound | shown | bytes | smaller |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for name, model in sorted(found["models"].items(), key=lambda item: -sign * item[1]["score"]["value"]):
        score, delta = model["score"], model.get("delta")
        cells = [name, f"{score['value']:.3f}", f"{score['low']:.3f} to {score['high']:.3f}"]
        if delta:
            cells += [
                f"{delta['value']:+.3f}",
                f"{delta['low']:+.3f} to {delta['high']:+.3f}",
                f"{delta['lower']:+.3f}",
                claims.get(name, ""),
            ]
        else:
            cells += ["", "", "", ""]
        smaller = f"{reference['bytes'] / model['bytes']:.0f} ×" if reference else ""
        lines.append("| " + " | ".join([*cells, f"{model['bytes']:,.0f}", smaller]) + " |")
    return "\n".join(lines)


def _table(found: Mapping[str, Any]) -> Table:
    """What fits a terminal: the intervals stand in folds.json."""
    table = Table(title=f"{found['k']} folds, {METRICS[found['metric']].title}", title_justify="left", box=SIMPLE_HEAD)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown_table(found).splitlines()]
    kept = [position for position, column in enumerate(rows[0]) if column != "95 %"]
    for position in kept:
        table.add_column(rows[0][position], justify="right" if position else "left", no_wrap=not position)
    for row in rows[2:]:
        table.add_row(*(row[position] for position in kept))
    return table
