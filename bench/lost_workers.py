"""`python -m bench.lost_workers`: a worker of a local Ray cluster is killed in each of N runs; all must end right."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from baselines.console import MOST_SEED, Body, run_command, whole_number

PROG = "python -m bench.lost_workers"
_EPILOG = """examples:
  python -m bench.lost_workers               20 runs
  python -m bench.lost_workers --runs 2      what every change is tried with

exit codes: 0 every run came to the same steps; 1 one didn't; 2 an input can't be used, or no worker could be killed."""


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        description="Makes quick models of the embedded sample on two workers of a Ray cluster that is started here, "
        "and kills a random one at a random moment of each run. Steps have to be those of a run that nobody disturbed.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--runs", type=whole_number(1, 1000), default=20, metavar="N", help="with one kill each (default: 20)"
    )
    parser.add_argument(
        "--seed", type=whole_number(0, MOST_SEED), default=1, metavar="S", help="of whom and when (default: 1)"
    )
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: every run ended right; 1: one didn't; 2: an input can't be used."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from bench.stress.lost_workers import run

    return run


if __name__ == "__main__":
    sys.exit(main())
