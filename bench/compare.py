"""`python -m bench.compare RUN_A RUN_B`: what changed between two runs, with what is within noise said so."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command

PROG = "python -m bench.compare"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from bench.report.compare_command import parser

    return parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: compared; 2: the runs can't be compared."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from bench.report.compare_command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
