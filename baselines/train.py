"""`python -m baselines.train`: train, tune or cross-validate baselines in a run folder, and show how they do."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command

PROG = "python -m baselines.train"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from baselines.fitting.command import parser

    return parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 for an input that can't be used."""
    return run_command(parser, _work, argv, prog, continues=True)


def _work() -> Body:
    from baselines.fitting.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
