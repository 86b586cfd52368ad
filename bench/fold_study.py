"""`python -m bench.fold_study`: baselines and compressed variants over K folds: F1 and bytes, no latency.

One split of a few hundred texts can't tell 0.70 from 0.69; `python -m compress.run --folds` puts the same differences
into the verdict of a whole study.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from baselines.data.options import add_data_options, dataset_from
from baselines.errors import UserError
from baselines.fitting.options import add_run_options, device_from
from baselines.models.registry import BASELINES
from baselines.storage.artifact import write_json
from bench.making.folds import run_folds
from bench.making.variants import CHOICES, LINEAR, REFERENCE, needed_baselines
from bench.measure.environment import describe_environment
from bench.study.command import baseline_changes, changed, read_changes, teacher_from
from bench.study.wishes import variants_from
from compress.methods.distill.student import PRESETS

FOLDS_FILE = "folds.json"


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


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.fold_study",
        usage="%(prog)s [options]   (--help lists them)",
        description=__doc__.split("\n\n")[0],
    )
    parser.add_argument("--folds", type=int, default=5, metavar="K", help="number of folds (default: 5)")
    parser.add_argument("--method", choices=CHOICES, help="one method, or all (default: all)")
    parser.add_argument("--recipe", metavar="M,M,…", help="methods in an order, or a preset: smallest, fastest")
    parser.add_argument(
        "--teacher",
        metavar="NAME|PATH",
        help="whose answers a student learns: a baseline's, or those of a saved artifact's kind, fitted anew in each "
        "fold by its config; give the artifact's folder (default: the CNN; for all methods linear)",
    )
    parser.add_argument("--student", nargs="+", choices=sorted(PRESETS), help="sizes of student (default: small)")
    parser.add_argument("--baseline", nargs="+", default=[], choices=sorted(BASELINES), metavar="NAME", help="besides")
    add_run_options(parser, run="folds")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON of settings by baseline or method")
    parser.add_argument("--delta", type=float, default=0.01, metavar="D", help="margin in weighted F1 (default: 0.01)")
    add_data_options(parser)
    none = {"bits": None, "sparsity": None, "max_bytes": None, "max_f1_drop": None, "max_p95_us": None}
    parser.set_defaults(**none, auto=False, unstructured=False, criterion=None)
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
        dataset = dataset_from(args)
        args.teacher = teacher_from(args, dataset)
        variants = [changed(variant, changes) for variant in variants_from(args)]
        wanted = {LINEAR, *args.baseline, *needed_baselines(variants)}
        runs = run_folds(
            Path("runs") / args.run,
            dataset,
            [name for name in BASELINES if name in wanted],
            variants,
            k=args.folds,
            seed=args.seed,
            threads=args.threads,
            device=device_from(args),
            announce=lambda line: console.print(line, highlight=False, markup=False),
            changes=baseline_changes(changes),
        )
    except UserError as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
        return error.exit_code
    found = runs.against(REFERENCE, args.delta)
    found["command"] = shlex.join(["python", "-m", "bench.fold_study", *argv])
    found["environment"] = describe_environment()
    write_json(Path("runs") / args.run / FOLDS_FILE, found)
    Console().print(_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
