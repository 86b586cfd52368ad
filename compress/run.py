"""`python -m compress.run`: train what is needed, compress it, export, measure, and say which model to deploy."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from baselines.console import Body, run_command
from baselines.cores import launched_processes
from baselines.errors import UserError

PROG = "python -m compress.run"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from bench.study.parser import study_parser

    return study_parser(prog)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: done; 1: a gate failed or no model keeps the budget; 2: an input can't be used."""
    return run_command(parser, _work, argv, prog, continues=True)


def _work() -> Body:
    if (size := launched_processes()) > 1:
        if os.environ["RANK"] != "0":
            raise SystemExit(UserError.exit_code)  # it is said once
        raise UserError(
            f"torchrun: a study is one process, and {size} were started; share the training of a network with "
            "torchrun -m -- baselines.train, then start this command alone: it takes what is trained in its run folder"
        )
    # The one door to the right: this command hands over to the room that composes the stages.
    from bench.study.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
