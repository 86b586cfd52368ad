"""The report of a run from its results alone: page, Markdown, terminal. `python -m bench.report RUN`.

It imports `verdict` and `results`, never what makes or measures.
"""

from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command

PROG = "python -m bench.report"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from bench.report.command import parser

    return parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: every gate passed; 1: one failed; 2: one could not be measured, or the input can't be used."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from bench.report.command import run

    return run
