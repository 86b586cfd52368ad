"""`python -m bench.fold_study`: the study's models over K folds alone: scores and bytes, no latency."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command

PROG = "python -m bench.fold_study"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from bench.study.parser import folds_parser

    return folds_parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 for an input that can't be used."""
    return run_command(parser, _work, argv, prog, continues=True)


def _work() -> Body:
    from bench.study.fold_command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
