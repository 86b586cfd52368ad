"""`python -m baselines.doctor`: what is wrong with the data, as a list to work through."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command

PROG = "python -m baselines.doctor"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from baselines.doctor.command import parser

    return parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 for an input that can't be used."""
    return run_command(parser, _work, argv, prog, continues=True)


def _work() -> Body:
    from baselines.doctor.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
