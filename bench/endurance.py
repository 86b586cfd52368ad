"""`python -m bench.endurance BUNDLE...`: what loaded bundles endure: callers, forks, answers, loads, a long text."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from baselines.console import Body, run_command, whole_number

PROG = "python -m bench.endurance"
_EPILOG = """examples:
  python -m bench.endurance bundle
  python -m bench.endurance table linear onnx --out endurance.json
  python -m bench.endurance bundle --predictions 5000 --loads 50 --characters 100000

exit codes: 0 every bundle endured it; 2 answers differed, a process hung, memory grew, or a bundle can't be used."""


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        description="What loaded bundles endure: threads that ask one predictor at once, processes forked meanwhile, "
        "thousands of answers and of loads, one enormous text. Answers must stay the same to the bit, and memory, "
        "descriptors and threads where they were. Needs Linux.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundles", nargs="+", type=Path, metavar="BUNDLE", help="folders of bundles")
    for name, default, what in (
        ("callers", 16, "threads that ask one predictor at once"),
        ("forks", 20, "processes forked while others predict"),
        ("predictions", 200_000, "texts asked one after another"),
        ("loads", 2_000, "times that the bundle is opened and let go"),
        ("characters", 1_000_000, "length of the one long text"),
    ):
        parser.add_argument(
            f"--{name}", type=whole_number(1), default=default, metavar="N", help=f"{what} (default: {default:,})"
        )
    parser.add_argument(
        "--out", type=Path, default=Path("endurance.json"), metavar="FILE", help="written (default: endurance.json)"
    )
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: every bundle endured it; 2: one didn't, or an input can't be used."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from bench.stress.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
