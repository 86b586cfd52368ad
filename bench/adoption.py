"""`python -m bench.adoption`: scikit-learn pipelines by the hundred, each taken over exactly or refused."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence

from baselines.console import run_command, whole_number

PROG = "python -m bench.adoption"
MOST = 1_000_000


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog, description="Generate scikit-learn pipelines, fit them on the sample, and take each over."
    )
    parser.add_argument(
        "--pipelines", type=whole_number(1, MOST), default=200, metavar="N", help="how many (default: 200)"
    )
    parser.add_argument(
        "--first", type=whole_number(0, MOST), default=0, metavar="N", help="seed of the first (default: 0)"
    )
    parser.add_argument(
        "--texts", type=whole_number(1, MOST), default=2000, metavar="N", help="random texts of each (default: 2000)"
    )
    parser.add_argument(
        "--learned", type=whole_number(20, MOST), default=300, metavar="N", help="texts to learn from (default: 300)"
    )
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: each was taken over exactly or refused by what it is; 1: one was read and answers otherwise."""
    return run_command(parser, lambda: _run, argv, prog)


def _run(args: Namespace, command: str) -> int:
    from rich.console import Console

    from baselines.data.data_options import DataOptions
    from baselines.data.sources import load
    from bench.pipelines.generated import Material
    from bench.pipelines.trial import trials

    console = Console(soft_wrap=True)
    material = Material.of(load(DataOptions()), args.learned)
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()
    largest, changed, texts = 0.0, 0, 0
    for trial in trials(material, range(args.first, args.first + args.pipelines), args.texts):
        counts[trial.outcome] += 1
        largest, changed, texts = max(largest, trial.largest), changed + trial.changed, texts + trial.texts
        if trial.outcome == "refused":
            why[trial.why.split(";")[0]] += 1
        elif trial.outcome == "differs":
            console.print(f"{trial.configuration.number}: {trial.why}", trial.configuration.said, markup=False)
    said = ", ".join(f"{n} {outcome}" for outcome, n in counts.most_common())
    console.print(f"{args.pipelines} pipelines: {said}", highlight=False)
    console.print(f"{texts:,} texts answered by both: largest |Δp| {largest:.1e}, {changed} decisions changed")
    for reason, n in why.most_common():
        console.print(f"  refused {n} times: {reason}", markup=False, highlight=False)
    return int(counts["differs"] > 0)


if __name__ == "__main__":
    sys.exit(main())
