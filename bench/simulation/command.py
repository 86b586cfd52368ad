"""The work of `python -m bench.calibration`: simulations that try the project's own claims, with seeds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from rich import box
from rich.console import Console
from rich.table import Table as Shown

from baselines.console import MOST_SEED, path_given, whole_number
from baselines.errors import DataError
from bench.simulation import tables
from bench.simulation.recommendations import recommendation_scenarios
from bench.simulation.repeat import repeat_measurement
from bench.simulation.score_intervals import score_interval_scenarios
from bench.simulation.speed import speed_scenarios

_EPILOG = """examples:
  python -m bench.calibration recommendations --runs 1000   how often a recommendation is wrong
  python -m bench.calibration scores --runs 150             how often the interval of a score holds
  python -m bench.calibration speed --runs 400              how often equal models are called faster or slower
  python -m bench.calibration repeat runs/study --runs 10   a finished run measured again: does its verdict stay?

exit codes: 0 every promise was kept; 1 one was broken by more than two standard errors; 2 an input can't be used."""


def parser(prog: str) -> ArgumentParser:
    """The command's options."""
    made = ArgumentParser(
        prog=prog,
        description="Tries the project's own claims where the truth is known: verdicts, intervals, words about speed.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.add_argument("what", choices=("recommendations", "scores", "speed", "repeat"), help="which claims to try")
    made.add_argument("run", nargs="?", type=path_given, metavar="RUN", help="finished run folder, for repeat")
    made.add_argument("--runs", type=whole_number(1), default=100, metavar="N", help="of each scenario (default: 100)")
    made.add_argument(
        "--seed", type=whole_number(0, MOST_SEED), default=1, metavar="S", help="of everything drawn (default: 1)"
    )
    made.add_argument("--markdown", action="store_true", help="print the table as Markdown, for a document")
    return made


def found_by(args: Namespace) -> tables.Table:
    """Run what was asked for; raises DataError for a run folder where none belongs, or none where one does."""
    if (args.what == "repeat") != (args.run is not None):
        raise DataError(f"{args.what}: RUN goes with repeat alone: python -m bench.calibration repeat runs/study")
    if args.what == "recommendations":
        return tables.of_recommendations(recommendation_scenarios(args.runs, args.seed))
    if args.what == "scores":
        return tables.of_scores(score_interval_scenarios(args.runs, args.seed))
    if args.what == "speed":
        return tables.of_speed(speed_scenarios(args.runs, args.seed))
    return tables.of_repeats(repeat_measurement(args.run, args.runs, args.seed))


def run(args: Namespace, command: str) -> int:
    """Exit code 0: every promise was kept; 1: one was broken."""
    found, console = found_by(args), Console()
    if args.markdown:
        console.print(f"`{command}`\n\n{found.markdown()}", markup=False, highlight=False, soft_wrap=True)
    else:
        shown = Shown(title=found.title, title_justify="left", box=box.SIMPLE_HEAD)
        for n, column in enumerate(found.columns):
            shown.add_column(column, justify="right" if n else "left", overflow="fold", min_width=None if n else 24)
        for row in found.rows:
            shown.add_row(*row)
        console.print(shown)
    for line in found.broken:
        console.print(f"broken: {line}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    return 1 if found.broken else 0
