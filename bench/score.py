"""`python -m bench.score BUNDLE --data FILE`: a bundle on a labelled file, alone or beside another one."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from baselines.console import (
    MOST_SEED,
    MOST_THREADS,
    Body,
    number_between,
    path_given,
    run_command,
    share,
    whole_number,
)
from baselines.data.column_options import add_accept_option, add_label_options, add_text_options
from baselines.tables.reading_options import add_reading_options

PROG = "python -m bench.score"
_EPILOG = """examples:
  tagpress score bundle --data test.csv
  tagpress score bundle --data test.csv --labels-column tags --label-separator ";" --gate "f1_weighted >= 0.7"
  tagpress score new old --data test.jsonl --gate "accuracy vs old max_drop 0.01" --json score.json

exit codes: 0 done and every gate passed; 1 a gate failed; 2 an input can't be used."""


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        description="A bundle on a labelled file: the task's metrics with 95 % intervals over the texts, each class, "
        "what is confused, and gates; beside a second bundle also what is better, and which answers changed.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", type=path_given, metavar="BUNDLE", help="a bundle")
    parser.add_argument(
        "reference",
        nargs="?",
        type=path_given,
        metavar="REFERENCE",
        help="another bundle, that the first is compared with",
    )
    parser.add_argument(
        "--data",
        type=path_given,
        required=True,
        metavar="FILE",
        help="texts with labels, in any form that a study reads",
    )
    _add_judging(parser)
    columns = parser.add_argument_group("the file")
    add_text_options(columns)
    add_label_options(columns)
    add_accept_option(columns)
    add_reading_options(columns)
    return parser


def _add_judging(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--metric", default="", metavar="NAME", help="what bundles are compared by (default: as the first was judged)"
    )
    parser.add_argument(
        "--gate",
        action="append",
        default=[],
        metavar="GATE",
        help='such as "accuracy >= 0.9", "recall[CLASS] >= 0.8" or "bytes <= 50k"; repeatable',
    )
    parser.add_argument(
        "--gates", action="append", default=[], type=path_given, metavar="YAML", help="file with a list of gates"
    )
    parser.add_argument("--strict", action="store_true", help="an inconclusive gate fails")
    parser.add_argument(
        "--delta",
        type=share,
        default=0.01,
        metavar="D",
        help="how much worse still counts as as good, in units of the metric (default: 0.01)",
    )
    parser.add_argument("--json", metavar="FILE", help="everything as JSON, into a file or with - instead of the table")
    parser.add_argument(
        "--resamples",
        type=whole_number(100, 100_000),
        default=10_000,
        metavar="B",
        help="of the texts, for the intervals (default: 10,000; of all but the first metric at most 2,000)",
    )
    parser.add_argument(
        "--seed", type=whole_number(0, MOST_SEED), default=0, metavar="N", help="of the resamples (default: 0)"
    )
    parser.add_argument(
        "--threads", type=whole_number(1, MOST_THREADS), default=1, metavar="N", help="threads (default: 1)"
    )
    parser.add_argument(
        "--abstain",
        type=number_between(0, 1),
        metavar="P",
        help="of one class a text: no class where the most probable one has less than P, from 0 to 1",
    )


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: scored, and every gate passed; 1: a gate failed; 2: an input can't be used."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from bench.scoring.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
