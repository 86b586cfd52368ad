"""`python -m bench.sameness BUNDLE...`: whether every engine that runs a bundle gives the same bits as NumPy."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from baselines.console import MOST_SEED, Body, names, path_given, run_command, whole_number
from baselines.data.column_options import add_text_options
from baselines.tables.reading_options import add_reading_options

PROG = "python -m bench.sameness"
_MOST_TEXTS = 100_000_000
_EPILOG = """examples:
  python -m bench.sameness bundle
  python -m bench.sameness table linear --texts 1000000 --engines "kernel:*,c-gcc,node"
  python -m bench.sameness bundle --data texts.csv --share cortex-m3=200 --share "armv7*=10000"
  python -m bench.sameness bundle --times

exit codes: 0 every bit is equal; 1 a bit differs, or an engine broke; 2 an input can't be used, or an engine that is
named isn't there."""


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        description="Compares every engine that runs a bundle in whole numbers with NumPy: logits and probabilities by "
        "their bits, decisions, and what must be refused. Over random Unicode of many kinds, texts known to be "
        "awkward, the data's own, and what the model knows, glued and changed. Engines: the kernel with each "
        "instruction set, generated C by several compilers, on ARM processors and boards under an emulator, and the "
        "JavaScript module. What isn't installed is shown as absent.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundles", nargs="+", type=path_given, metavar="BUNDLE", help="folders of bundles")
    parser.add_argument(
        "--texts",
        type=whole_number(1, _MOST_TEXTS),
        default=100_000,
        metavar="N",
        help="texts that are compared (default: 100,000)",
    )
    parser.add_argument(
        "--engines",
        action="append",
        type=names,
        default=[],
        metavar="NAME[,NAME]",
        help="engines; * stands for anything, and what is named in full must be there (default: all)",
    )
    parser.add_argument(
        "--share",
        action="append",
        default=[],
        metavar="ENGINE=N",
        help="texts that an engine takes, spread over all (default: boards 1,000, numpy 2,000, c-small and c-gcc-O0 "
        "10,000, others all)",
    )
    parser.add_argument(
        "--seed", type=whole_number(0, MOST_SEED), default=0, metavar="N", help="of the random texts (default: 0)"
    )
    parser.add_argument(
        "--longest",
        type=whole_number(1, 65_535),
        default=2_048,
        metavar="BYTES",
        help="of the longest text that C for desktops takes; boards take 256 (default: 2,048)",
    )
    parser.add_argument(
        "--out",
        type=path_given,
        default=Path("runs/sameness"),
        metavar="FOLDER",
        help="gets sameness.json (default: runs/sameness)",
    )
    parser.add_argument(
        "--times",
        action="store_true",
        help="measure what one text of the data takes in the kernel, in C, in Node and until a page's first answer, "
        "instead of comparing; writes times.json",
    )
    columns = parser.add_argument_group("the data (texts of its own are compared as well)")
    columns.add_argument(
        "--data", type=path_given, metavar="FILE", help="texts, in any form that is read (default: the embedded sample)"
    )
    add_text_options(columns)
    add_reading_options(columns)
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: every bit is equal; 1: one differs, or an engine broke; 2: an input can't be used."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from bench.same_bits.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
