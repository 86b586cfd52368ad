"""`python -m compress.run`: train what is needed, compress it, export, measure, and say which model to deploy."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from baselines.data.options import add_data_options, dataset_from
from baselines.errors import UserError
from baselines.fitting.options import add_run_options, device_from

_EPILOG = """examples:
  python -m compress.run                                          the whole study on the embedded sample
  python -m compress.run --method quantize --run q                int8 and 4-bit variants of the CNN
  python -m compress.run --dataset my.csv --labels-column tags --label-separator ";"
  python -m compress.run --recipe distill,prune,quantize --teacher linear
  python -m compress.run --max-bytes 25k --max-f1-drop 0.01       search for a model within a budget
  python -m compress.run --gate "f1_weighted >= 0.70" --gate "bytes <= 50k"

exit codes: 0 done and every gate passed; 1 a gate failed or no model meets the budget; 2 an input can't be used."""


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="python -m compress.run",
        usage="%(prog)s [options]   (--help lists them)",
        description="Train, compress, export, measure and judge text classifiers; ends in runs/NAME/report.html.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what to make")
    what.add_argument(
        "--method", choices=("quantize", "prune", "distill", "fold", "all"), help="one method, or all (default: all)"
    )
    what.add_argument("--recipe", metavar="M,M,…", help="methods in an order, or a preset: smallest, fastest")
    what.add_argument(
        "--teacher",
        metavar="NAME|PATH",
        help="whose answers a student learns: a baseline such as ensemble, or the folder of a saved artifact such as "
        "runs/study/baselines/ensemble (default: the CNN; in the whole study linear)",
    )
    what.add_argument(
        "--student",
        nargs="+",
        choices=("same", "medium", "small", "tiny", "nano"),
        help="sizes of student (default: small)",
    )
    what.add_argument("--unlabelled", type=Path, metavar="FILE", help="further texts for a student, one a line")
    what.add_argument("--bits", type=int, choices=range(2, 9), metavar="2..8", help="of tables (default: 8, and 4)")
    what.add_argument("--sparsity", type=_share, metavar="S", help="share to prune, in [0, 1) (default: 0.5)")
    what.add_argument("--auto", action="store_true", help="choose each width's sparsity by a scan on validation")
    what.add_argument(
        "--unstructured", action="store_true", help="zero single weights instead of removing filters (default: both)"
    )
    what.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help='JSON of settings by baseline or method, such as {"cnn": {"epochs": 20}, "prune": {"sparsity": 0.3}}',
    )
    what.add_argument("--criterion", choices=("l2", "taylor"), help="ranks filters (default: taylor)")
    budget = parser.add_argument_group(
        "budget (searches students and smaller linear models for the best one; all limits that are given must hold)"
    )
    budget.add_argument("--max-bytes", type=_bytes, metavar="N", help="all files needed to predict, such as 25k")
    budget.add_argument("--max-f1-drop", type=_number, metavar="D", help="validation F1 below the CNN's, such as 0.01")
    budget.add_argument("--max-p95-us", type=_positive, metavar="US", help="microseconds of one text, one thread")
    budget.add_argument("--trials", type=_count, default=30, metavar="N", help="students trained at most (default: 30)")
    add_run_options(parser, run="study")
    judge = parser.add_argument_group("measurement and verdict")
    judge.add_argument(
        "--folds",
        type=_folds,
        default=0,
        metavar="K",
        help="make every model again on K folds, and judge by them: surer than one split, K times the training",
    )
    judge.add_argument("--plan", choices=("quick", "study", "thorough"), help="how long to measure")
    judge.add_argument("--delta", type=_share, default=0.01, metavar="D", help="F1 you would give up (default: 0.01)")
    judge.add_argument(
        "--priority",
        choices=("smallest", "fastest", "quality"),
        default="smallest",
        help="which of the models that are good enough to recommend (default: smallest)",
    )
    judge.add_argument(
        "--reference",
        default="auto",
        metavar="NAME",
        help="what a model has to be as good as (default: auto, the CNN unless a baseline is shown to be better)",
    )
    judge.add_argument(
        "--price-per-hour", type=_price, metavar="P", help="of the machine; adds what training and a million texts cost"
    )
    judge.add_argument("--gate", action="append", default=[], metavar="GATE", help='such as "bytes <= 50k"; repeatable')
    judge.add_argument("--gates", type=Path, metavar="YAML", help="file with a list of gates")
    judge.add_argument("--strict", action="store_true", help="an inconclusive gate fails")
    add_data_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the study; exit code 0, 1 or 2 as the help says."""
    argv = sys.argv[1:] if argv is None else list(argv)
    args = parser().parse_args(argv)
    console = Console(stderr=True, soft_wrap=True)
    try:
        return _run(args, shlex.join(["python", "-m", "compress.run", *argv]), console)
    except UserError as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
        return error.exit_code
    except KeyboardInterrupt:
        console.print(f"stopped; the same command continues in runs/{args.run}", style="yellow")
        return 130


def _run(args: argparse.Namespace, command: str, console: Console) -> int:
    # The one door: this command hands over to the room that composes the stages.
    from bench.study.command import run_command

    args.device = device_from(args)
    return run_command(args, dataset_from(args), command, console)


def _bytes(text: str) -> int:
    """`25k` and `25000` alike; k is 1,000 and M 1,000,000."""
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    try:
        value = float(text[:-1] if scale > 1 else text) * scale
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a size such as 25000, 25k or 1.5M, got {text!r}")
    return int(value)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number such as 0.01, got {text!r}")
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def _folds(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"expected a number of folds of at least 2, got {text!r}")
    return int(text)


def _price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a price of at least 0, got {text!r}")
    return value


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 up to but not including 1, got {text!r}")
    return value


if __name__ == "__main__":
    sys.exit(main())
