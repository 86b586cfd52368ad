"""`python -m bench.fold_study`: baselines and compressed variants over K folds: F1 and bytes, no latency.

One split of a few hundred texts can't tell 0.70 from 0.69. Each fold is a run folder of its own, so a killed study
continues; the differences against the reference are paired by fold, with the Nadeau-Bengio correction.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from baselines.artifact import write_json
from baselines.classifier import ignore_progress
from baselines.data_options import add_data_options, dataset_from
from baselines.dataset import Dataset
from baselines.errors import UserError
from baselines.fold_scores import FoldAnswers, compare_folds
from baselines.registry import BASELINES
from baselines.run_options import add_run_options, device_from
from baselines.runfolder import RunFolder
from baselines.splits import folds
from bench.catalogue import REFERENCE, Variant, needed_baselines
from bench.environment import describe_environment
from bench.footprint import footprint
from bench.scoring import Scored, candidates_of, read_scored, score_candidates
from bench.steps import Workshop
from bench.study_command import baseline_changes, changed, read_changes, variants_from
from compress.distill import PRESETS

FOLDS_FILE = "folds.json"


def run_folds(
    root: Path,
    dataset: Dataset,
    baselines: Sequence[str],
    variants: Sequence[Variant],
    *,
    k: int,
    seed: int,
    threads: int,
    device: str,
    delta: float,
    console: Console,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Make every model on every fold and compare them.

    Returns:
        What `baselines.fold_scores.compare_folds` gives, with `bytes` (mean over folds of the files needed to predict)
        and `title` for each model.
    """
    answers: dict[str, list[FoldAnswers]] = {}
    sizes: dict[str, list[int]] = {}
    for number, split in enumerate(folds(dataset.everything.labels, k, seed)):
        fold = replace(dataset, split=split)
        run = RunFolder.open(root / f"fold-{number + 1}-of-{k}", dataset_sha256=fold.sha256)
        run.clean_leftovers()
        shop = Workshop(run, fold, seed, threads, device, lambda description: ignore_progress, changes=changes or {})
        with _said(console, f"fold {number + 1} of {k}"):
            for name in baselines:
                shop.baseline(name)
                _announce(console, name)
            for variant in variants:
                shop.variant(variant)
                _announce(console, variant.name)
        for name in [*baselines, *(v.name for v in variants)]:
            if name in shop.skipped:
                console.print(f"  {name}: {shop.skipped[name][1]}", style="yellow", highlight=False)
                continue
            scored, size = _answer(shop, name)
            offset = next((v.seed_offset for v in variants if v.name == name), 0)
            family = name.removesuffix(f"-seed{offset}") if offset else name
            answers.setdefault(family, []).append(_fold_answers(shop, name, scored, number, seed + offset))
            sizes.setdefault(family, []).append(size)
    found = compare_folds(answers, k, REFERENCE, delta)
    titles = {**{n: b.title for n, b in BASELINES.items()}, **{v.name: v.title for v in variants}}
    for name, model in found["models"].items():
        model |= {"bytes": float(np.mean(sizes[name])), "title": titles[name]}
    return found


def _answer(shop: Workshop, name: str) -> tuple[Scored, int]:
    """What the model says in the form that would be shipped, and the size of that form."""
    candidates = candidates_of(name, shop.artifact_of(name), shop.bundles(name), "python")[:1]
    step, inputs = f"bench/scores-{name}", {"model": shop.key_of(name), "forms": [candidates[0].form]}
    if not shop.run.is_done(step, inputs):
        with shop.run.write(step, inputs) as folder:
            score_candidates(candidates, shop.dataset.part("test"), folder)
    return read_scored(shop.run.place(step), candidates), footprint(candidates[0].path).bytes


def _fold_answers(shop: Workshop, name: str, scored: Scored, fold: int, seed: int) -> FoldAnswers:
    facts, n_classes = shop.facts_of(name), len(shop.dataset.classes)
    thresholds: Mapping[str, Any] = facts["thresholds"]
    fitted = name not in BASELINES or BASELINES[name].fits_thresholds
    return FoldAnswers(
        fold,
        seed,
        shop.dataset.part("test").labels,
        scored.probabilities,
        {
            "half": np.full(n_classes, 0.5, np.float32),
            "global": scored.thresholds if fitted else np.full(n_classes, 0.5, np.float32),
            "per_class": np.asarray(thresholds["per_class"] if fitted else [0.5] * n_classes, np.float32),
        },
        len(shop.dataset.split.train),
        float(facts["seconds"]),
    )


def markdown_table(found: Mapping[str, Any]) -> str:
    """The comparison as a Markdown table, highest F1 first."""
    reference = found["models"].get(found["reference"] or "", {})
    lines = ["| model | weighted F1 | 95 % | ΔF1 to the CNN | 95 % | bound | bytes | smaller |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for name, model in sorted(found["models"].items(), key=lambda item: -item[1]["f1_weighted"]["value"]):
        f1, delta = model["f1_weighted"], model.get("delta_f1_weighted")
        cells = [name, f"{f1['value']:.3f}", f"{f1['low']:.3f} to {f1['high']:.3f}"]
        if delta:
            cells += [
                f"{delta['value']:+.3f}",
                f"{delta['low']:+.3f} to {delta['high']:+.3f}",
                f"{delta['lower']:+.3f}",
            ]
        else:
            cells += ["", "", ""]
        smaller = f"{reference['bytes'] / model['bytes']:.0f} ×" if reference else ""
        lines.append("| " + " | ".join([*cells, f"{model['bytes']:,.0f}", smaller]) + " |")
    return "\n".join(lines)


def _table(found: Mapping[str, Any]) -> Table:
    """What fits a terminal: the intervals stand in folds.json."""
    table = Table(title=f"{found['k']} folds, weighted F1", title_justify="left", box=SIMPLE_HEAD)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown_table(found).splitlines()]
    kept = [position for position, column in enumerate(rows[0]) if column != "95 %"]
    for position in kept:
        table.add_column(rows[0][position], justify="right" if position else "left", no_wrap=not position)
    for row in rows[2:]:
        table.add_row(*(row[position] for position in kept))
    return table


@contextmanager
def _said(console: Console, what: str) -> Iterator[None]:
    with console.status(what):
        yield
    console.print(what + ": done", highlight=False)


def _announce(console: Console, name: str) -> None:
    console.print(f"  {name}", style="dim", highlight=False)


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m bench.fold_study", description=__doc__.split("\n\n")[0])
    parser.add_argument("--folds", type=int, default=5, metavar="K", help="number of folds (default: 5)")
    parser.add_argument("--method", choices=("quantize", "prune", "distill", "fold", "all"), default="all")
    parser.add_argument("--recipe", metavar="M,M,…", help="methods in an order, or a preset: smallest, fastest")
    parser.add_argument("--teacher", choices=sorted(BASELINES), help="whose answers a student learns")
    parser.add_argument("--student", nargs="+", choices=sorted(PRESETS), help="sizes of student (default: small)")
    parser.add_argument("--baseline", nargs="+", default=[], choices=sorted(BASELINES), metavar="NAME", help="besides")
    add_run_options(parser, run="folds")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON of settings by baseline or method")
    parser.add_argument("--delta", type=float, default=0.01, metavar="D", help="margin in weighted F1 (default: 0.01)")
    add_data_options(parser)
    none = {"bits": None, "sparsity": None, "max_bytes": None, "max_f1_drop": None, "max_p95_us": None}
    parser.set_defaults(**none, auto=False, criterion="taylor")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 for an input that can't be used."""
    argv = sys.argv[1:] if argv is None else list(argv)
    args = parser().parse_args(argv)
    console = Console(stderr=True, soft_wrap=True)
    try:
        if args.folds < 2:
            raise UserError(f"--folds: at least 2, got {args.folds}")
        changes = read_changes(args.config) if args.config else {}
        dataset, variants = dataset_from(args), [changed(variant, changes) for variant in variants_from(args)]
        wanted = {"linear", *args.baseline, *needed_baselines(variants)}
        found = run_folds(
            Path("runs") / args.run,
            dataset,
            [name for name in BASELINES if name in wanted],
            variants,
            k=args.folds,
            seed=args.seed,
            threads=args.threads,
            device=device_from(args),
            delta=args.delta,
            console=console,
            changes=baseline_changes(changes),
        )
    except UserError as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
        return error.exit_code
    found["command"] = shlex.join(["python", "-m", "bench.fold_study", *argv])
    found["environment"] = describe_environment()
    write_json(Path("runs") / args.run / FOLDS_FILE, found)
    Console().print(_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
