"""The options of `python -m baselines.doctor` and its work: look at the data, print counts, name the list."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

PROG = "python -m baselines.doctor"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from baselines.data.options import add_data_options
    from baselines.fitting.options import add_run_options

    parser = ArgumentParser(
        prog=prog,
        usage="%(prog)s [options]   (--help lists them)",
        description="Look for doubtful labels, confused and rare classes, copies and weak slices in labelled texts.",
    )
    add_run_options(parser, run="doctor")
    add_data_options(parser)
    return parser


def run(args: Namespace, command: str) -> int:
    """Look, and print what was found."""
    from rich.console import Console

    from baselines.data.options import dataset_from
    from baselines.doctor.said import lines
    from baselines.doctor.step import doctor_step
    from baselines.fitting.options import run_from

    dataset = dataset_from(args)
    with run_from(args, dataset) as folder:
        found = doctor_step(folder, dataset)
    console = Console(soft_wrap=True)
    for line in lines(found, str(folder.root)):
        console.print(line, markup=False, highlight=False)
    return 0
