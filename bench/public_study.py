"""`python -m bench.public_study FOLDER`: the study with default options on seven published data sets, in one table."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command

PROG = "python -m bench.public_study"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from bench.public.command import parser

    return parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: the table is complete; 2: a file is missing, or a study couldn't be made."""
    return run_command(parser, _work, argv, prog, continues=True)


def _work() -> Body:
    from bench.public.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
