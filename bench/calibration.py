"""`python -m bench.calibration`: simulations that try the project's own claims, with seeds."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command

PROG = "python -m bench.calibration"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from bench.simulation.command import parser

    return parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: every promise was kept; 1: one was broken; 2: an input can't be used."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from bench.simulation.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
