"""The best model of at most so many bytes: searched, measured, exported.

    python examples/within_a_budget.py bundle --max-bytes 25k --max-drop 0.01
    python examples/within_a_budget.py bundle --file texts.csv --max-bytes 40k

Students of a linear model and smaller linear models compete; the fall of F1 is counted from the baseline that is best
on validation, and checked on test. Stopped anywhere, the same command continues. Exit code 1: nothing keeps the budget,
and the message names the nearest model; or the test texts show that the one found doesn't.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any

import tagpress


def options() -> ArgumentParser:
    parser = ArgumentParser(description="The best model of at most so many bytes.")
    parser.add_argument("out")
    parser.add_argument("--file", default="sample", help="CSV, TSV, JSON Lines or Parquet")
    parser.add_argument("--separator", help="between two labels of a text")
    parser.add_argument("--max-bytes", default="25k")
    parser.add_argument("--max-drop", type=float)
    parser.add_argument("--trials", type=int, default=8, help="students trained at most")
    parser.add_argument("--run", default="budget")
    return parser


def main(argv: Sequence[str] | None = None, config: Mapping[str, Any] | None = None) -> int:
    asked = options().parse_args(argv)
    limits = {"max_bytes": asked.max_bytes, "max_drop": asked.max_drop}
    try:
        dataset = tagpress.read_dataset(asked.file, separator=asked.separator)
        run = tagpress.study(
            dataset, run=asked.run, **limits, trials=asked.trials, teacher="linear", config=config or {}
        )
        found = run.by_name["budget"]
        bundle = tagpress.export(run.folder / "compress" / "budget" / "artifact", asked.out, dataset=dataset)
    except tagpress.UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    steps = ", ".join(step.get("baseline", step["method"]) for step in run.models[found.name]["recipe"])
    print(f"found: {steps}: {found.bytes:,} bytes, {found.p50_s * 1e6:.0f} µs a text")
    score = found.score
    print(f"{run.metric.title} on the test part: {score.value:.3f} ({score.low:.3f} to {score.high:.3f})")
    print(f"written: {bundle}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
