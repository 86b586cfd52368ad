"""The options of a study, shared by `python -m compress.run` and `python -m bench.fold_study`."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter, _ArgumentGroup

from baselines.cluster.options import add_engine_options
from baselines.console import (
    MOST_FOLDS,
    MOST_NUMBER,
    above_zero,
    duration,
    number_between,
    path_given,
    path_or_name,
    price,
    share,
    size_in_bytes,
    whole_number,
)
from baselines.data.options import add_data_options
from baselines.fitting.options import add_run_options
from bench.numbers.ratios import SPEED_MARGIN

_EPILOG = """examples:
  python -m compress.run                                          the whole study on the embedded sample
  python -m compress.run --method quantize --run q                int8 and 4-bit variants of the CNN
  python -m compress.run --dataset my.csv --labels-column tags --label-separator ";"
  python -m compress.run --recipe distill,prune,quantize --teacher linear
  python -m compress.run --dataset messages.csv --positive spam --gate "recall[spam] >= 0.9"
  python -m compress.run --max-bytes 25k --max-drop 0.01          search for a model within a budget
  python -m compress.run --dataset large.csv --time 30m           what can be made in half an hour
  python -m compress.run --dataset large.csv --only linear        the linear model and what is made of it
  python -m compress.run --gate "f1_weighted >= 0.70" --gate "bytes <= 50k"

exit codes: 0 done and every gate passed; 1 a gate failed or no model meets the budget; 2 an input can't be used."""


def study_parser(prog: str) -> ArgumentParser:
    """What to make, within which budget, how to measure and judge it, on which data."""
    parser = ArgumentParser(
        prog=prog,
        usage="%(prog)s [options]   (--help lists them)",
        description="Train, compress, export, measure and judge text classifiers; ends in runs/NAME/report.html.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    _add_what(parser)
    _add_parent(parser)
    _add_budget(parser)
    _add_time(parser)
    add_run_options(parser, run="study")
    add_engine_options(parser)
    judge = _add_judging(parser, folds=0)
    _add_measuring(judge)
    add_data_options(parser)
    return parser


def folds_parser(prog: str) -> ArgumentParser:
    """The same study over folds alone: nothing is exported, timed or gated, so there are no options for that."""
    parser = ArgumentParser(
        prog=prog,
        usage="%(prog)s [options]   (--help lists them)",
        description="Models over K folds alone: scores and bytes, no latency; ends in runs/NAME/folds.json.",
    )
    _add_what(parser)
    parser.set_defaults(max_bytes=None, max_drop=None, max_p95_us=None)
    add_run_options(parser, run="folds")
    add_engine_options(parser)
    _add_judging(parser, folds=5)
    add_data_options(parser)
    return parser


def _add_what(parser: ArgumentParser) -> None:
    what = parser.add_argument_group("what to make")
    what.add_argument(
        "--method", choices=("quantize", "prune", "distill", "fold", "all"), help="one method, or all (default: all)"
    )
    what.add_argument("--recipe", metavar="M,M,…", help="methods in an order, or a preset: smallest, fastest")
    what.add_argument(
        "--teacher",
        type=path_or_name,
        metavar="NAME|PATH",
        help="whose answers a student learns: a baseline such as ensemble, or the folder of a saved artifact such as "
        "runs/study/baselines/ensemble (default: the CNN; in the whole study linear)",
    )
    what.add_argument(
        "--student",
        nargs="+",
        default=[],
        choices=("same", "medium", "small", "tiny", "nano", "sparse"),
        help="sizes of student; sparse is a linear model, the others are CNNs (default: small)",
    )
    what.add_argument("--unlabelled", type=path_given, metavar="FILE", help="further texts for a student, one a line")
    what.add_argument("--bits", type=whole_number(2, 8), metavar="2..8", help="of tables (default: 8, and 4)")
    what.add_argument("--sparsity", type=share, metavar="S", help="share to prune, in [0, 1) (default: 0.5)")
    what.add_argument("--auto", action="store_true", help="choose each width's sparsity by a scan on validation")
    what.add_argument(
        "--unstructured", action="store_true", help="zero single weights instead of removing filters (default: both)"
    )
    what.add_argument(
        "--config",
        type=path_given,
        metavar="FILE",
        help='JSON of settings by baseline or method, such as {"cnn": {"epochs": 20}, "prune": {"sparsity": 0.3}}',
    )
    what.add_argument("--criterion", choices=("l2", "taylor"), help="ranks filters (default: taylor)")
    what.add_argument(
        "--baseline", nargs="+", default=[], metavar="NAME", help="baselines besides those that are needed anyhow"
    )
    _add_choice(what)


def _add_choice(what: _ArgumentGroup) -> None:
    what.add_argument(
        "--only",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="of all that would be made only these baselines, each with what is made of it, and these variants; what "
        "they need is made, too",
    )
    what.add_argument(
        "--skip",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="all but these baselines and variants, and what is made of them",
    )


def _add_time(parser: ArgumentParser) -> None:
    parser.add_argument_group("time").add_argument(
        "--time",
        type=duration,
        metavar="T",
        help="such as 90s, 30m or 1h30m: train the most useful models that this time allows, leave out the others "
        "with the reason, and end in time with a verdict",
    )


def _add_parent(parser: ArgumentParser) -> None:
    parent = parser.add_argument_group("a model of yours (taken over exactly, compressed, and compared with)")
    parent.add_argument(
        "--parent",
        type=path_given,
        metavar="FILE",
        help="a fitted scikit-learn pipeline as .skops, a fastText model (.bin, .ftz), or the folder that `tagpress "
        "adopt` made of one: every model has to be as good",
    )
    parent.add_argument(
        "--trust", action="store_true", help="read FILE as a pickle (.joblib, .pkl), which runs whatever code is in it"
    )


def _add_budget(parser: ArgumentParser) -> None:
    budget = parser.add_argument_group(
        "budget (searches students and smaller linear models for the best one; all limits that are given must hold)"
    )
    budget.add_argument("--max-bytes", type=size_in_bytes, metavar="N", help="all files needed to predict, such as 25k")
    budget.add_argument(
        "--max-drop",
        "--max-f1-drop",
        type=number_between(-MOST_NUMBER, MOST_NUMBER),
        metavar="D",
        help="how much worse than the reference, in units of the metric, such as 0.01: the search keeps it on "
        "validation, then a bound on the test texts has to (older: --max-f1-drop)",
    )
    budget.add_argument("--max-p95-us", type=above_zero, metavar="US", help="microseconds of one text, one thread")
    budget.add_argument(
        "--trials", type=whole_number(1, 10_000), default=30, metavar="N", help="students trained at most (default: 30)"
    )


def _add_judging(parser: ArgumentParser, *, folds: int) -> _ArgumentGroup:
    judge = parser.add_argument_group("measurement and verdict" if not folds else "comparison")
    surer = "surer than one split, K times the training"
    judge.add_argument(
        "--folds",
        type=whole_number(2, MOST_FOLDS),
        default=folds,
        metavar="K",
        help=f"number of folds (default: {folds})"
        if folds
        else f"make every model again on K folds, and judge by them: {surer}",
    )
    judge.add_argument(
        "--delta",
        type=share,
        default=0.01,
        metavar="D",
        help="what you would give up, in units of the metric (default: 0.01)",
    )
    return judge


def _add_measuring(judge: _ArgumentGroup) -> None:
    judge.add_argument("--plan", choices=("quick", "study", "thorough"), help="how long to measure")
    judge.add_argument(
        "--speed-margin",
        type=share,
        default=SPEED_MARGIN,
        metavar="S",
        help="how much slower or faster matters, as a share in [0, 1): below it no variant is refused (default: 0.1)",
    )
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
        help="what a model has to be as good as (default: auto, the deployable baseline that is best on validation)",
    )
    judge.add_argument(
        "--price-per-hour", type=price, metavar="P", help="of the machine; adds what training and a million texts cost"
    )
    judge.add_argument(
        "--carbon-per-kwh",
        type=price,
        metavar="G",
        help="grams of CO2 equivalent a kilowatt hour of your electricity; adds what training and a million texts emit",
    )
    judge.add_argument(
        "--gate",
        action="append",
        default=[],
        metavar="GATE",
        help='such as "bytes <= 50k", "accuracy >= 0.9" or "recall[CLASS] >= 0.8"; repeatable',
    )
    judge.add_argument("--gates", type=path_given, metavar="YAML", help="file with a list of gates")
    judge.add_argument("--strict", action="store_true", help="an inconclusive gate fails")
