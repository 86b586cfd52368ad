"""`python -m bench.peers`: fastText and a scikit-learn pipeline, trained on the same texts, beside our bundles."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from baselines.console import Body, path_or_name, run_command

PROG = "python -m bench.peers"
_EPILOG = """examples:
  python -m bench.peers
  python -m bench.peers --bundle student=runs/study/deploy
  python -m bench.peers --dataset texts.csv --labels-column tags --effort study --run peers-of-mine

Needs `pip install 'tagpress[peers]'`; what isn't installed is a row with the reason.

exit codes: 0 the table is complete; 2 an input can't be used."""


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from baselines.data.options import add_data_options
    from bench.measure.plan import PLANS

    parser = ArgumentParser(
        prog=prog,
        description="Train fastText (.bin, .ftz) and a scikit-learn pipeline on the training part, and time them "
        "beside our 4-bit linear bundle, the adopted fastText model and further bundles: one thread, one text a call, "
        "text in and decision out, processes of their own in interleaved rounds; with bytes and the score on the test "
        "part.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_data_options(parser)
    parser.add_argument(
        "--bundle",
        type=path_or_name,
        action="append",
        default=[],
        metavar="[NAME=]PATH",
        help="a further bundle, of the same classes; may be given several times",
    )
    parser.add_argument(
        "--effort", choices=sorted(PLANS), default="quick", help="rounds and their length (default: quick)"
    )
    parser.add_argument("--run", default="peers", metavar="NAME", help="folder in runs/ (default: peers)")
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: the table is complete; 2: an input can't be used."""
    return run_command(parser, _work, argv, prog, continues=True)


def _work() -> Body:
    from bench.peers.command import run

    return run


if __name__ == "__main__":
    sys.exit(main())
