"""`python -m exports.fuzz`: hostile bundles by the thousand, each to be refused or to answer like a model."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command

PROG = "python -m exports.fuzz"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from exports.fuzzing.command import parser

    return parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: every mutant was refused or answered; 2: there are findings, or an input can't be used."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from exports.fuzzing.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
