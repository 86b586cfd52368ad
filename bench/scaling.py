"""`python -m bench.scaling`: how time, memory and quality of each stage grow with the number of texts."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from baselines.console import Body, above_zero, path_given, run_command, size_in_bytes, whole_number

PROG = "python -m bench.scaling"
MOST_TEXTS, MOST_CLASSES = 1_000_000_000, 10_000
_SUFFIXES = {"": 1, "k": 1_000, "m": 1_000_000}
_EPILOG = """examples:
  python -m bench.scaling --sizes 1k,10k --stage fit-linear --stage score-linear
  python -m bench.scaling --out growth --document docs/scaling.md
  python -m bench.scaling --sizes 1m --most-seconds 7200 --memory 8G --out growth

exit codes: 0 all that was asked for is in the table, a stage that failed with its error; 2 an input can't be used."""


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    made = ArgumentParser(
        prog=prog,
        description="How time, peak memory and F1 of each stage grow with the number of texts. Synthetic texts are "
        "made on the spot; each stage and size is measured in a process of its own. What a folder holds already is "
        "kept, so the same command goes on where it was stopped.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--sizes",
        type=sizes,
        default=(1_000, 10_000, 100_000, 1_000_000),
        metavar="N,N",
        help="numbers of training texts, such as 500, 10k or 1m (default: 1k,10k,100k,1m)",
    )
    made.add_argument(
        "--stage", action="append", metavar="NAME", help="what to measure, with what it needs (default: all stages)"
    )
    made.add_argument(
        "--most-seconds",
        type=above_zero,
        default=3600.0,
        metavar="S",
        help="leave out a size of a stage that is expected to take longer (default: 3600)",
    )
    made.add_argument(
        "--memory", type=size_in_bytes, metavar="SIZE", help="each process may ask for no more, such as 8G"
    )
    made.add_argument(
        "--classes", type=whole_number(2, MOST_CLASSES), default=28, metavar="N", help="of the texts (default: 28)"
    )
    made.add_argument(
        "--out",
        type=path_given,
        default=Path("growth"),
        metavar="FOLDER",
        help="growth.json and the picture (default: growth)",
    )
    made.add_argument(
        "--document", type=path_given, metavar="FILE", help="write the table between the markers of a Markdown file"
    )
    return made


def sizes(text: str) -> tuple[int, ...]:
    """`1k,30k,1m` as numbers."""
    found = []
    for part in text.lower().split(","):
        match = re.fullmatch(r"(\d{1,12})([km]?)", part.strip(), re.ASCII)
        number = int(match[1]) * _SUFFIXES[match[2]] if match else 0
        if not 100 <= number <= MOST_TEXTS:
            raise ArgumentTypeError(
                f"expected numbers from 100 to {MOST_TEXTS:,} with commas between, such as 1k,10k,1m, got {text[:60]!r}"
            )
        found.append(number)
    return tuple(found)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: measured; 2: an input can't be used."""
    return run_command(parser, _work, argv, prog, continues=True)


def _work() -> Body:
    from bench.growth.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
