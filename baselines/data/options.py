"""The command-line options that name the data, shared by every command that reads texts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _ArgumentGroup
from collections.abc import Sequence

from rich.console import Console

from baselines.console import MOST_SEED, path_given, path_or_name, whole_number
from baselines.data.column_options import add_accept_option, add_column_options, flat, labels_from
from baselines.data.data_options import ASKED_TASKS, DataOptions
from baselines.data.sources import load
from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.splits.rules import SplitWishes
from baselines.tables.reading_options import add_reading_options, reading_from
from baselines.watching.watch import alive


def add_data_options(parser: ArgumentParser) -> None:
    """Add `--dataset` and what goes with it, and `--seed`, which also decides the split."""
    _add_files(parser.add_argument_group("data"))
    columns = parser.add_argument_group("columns and labels of a file (what isn't said is found, and said)")
    add_column_options(columns)
    _add_doubts(columns)
    add_reading_options(columns)
    _add_split(parser.add_argument_group("who stands in which part"))
    task = parser.add_argument_group("task")
    _add_task(task)
    task.add_argument(
        "--seed",
        type=whole_number(0, MOST_SEED),
        default=0,
        metavar="N",
        help="of the split and of the training (default: 0)",
    )


def _add_files(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--dataset",
        "--train",
        dest="dataset",
        type=path_or_name,
        action="append",
        default=[],
        metavar="NAME|PATH",
        help="sample (default), madewithml, a .csv, .tsv, .txt, .json, .jsonl, .parquet, .arrow or .xlsx file (also "
        "compressed: .gz, .zip, .zst, .bz2), or a folder of the datasets library or of shards; --train says the same",
    )
    for part in ("validation", "test"):
        group.add_argument(
            f"--{part}",
            type=path_given,
            metavar="PATH",
            help=f"a {part} part of its own, with the columns of --dataset (default: cut from --dataset)",
        )
    group.add_argument(
        "--data",
        type=path_given,
        metavar="FILE",
        dest="fixes",
        help="accepted changes to the data: data-issues.csv of an earlier run, with what you accept marked",
    )
    group.add_argument(
        "--taxonomy",
        type=path_given,
        metavar="FILE",
        help="JSON list of {tag, aliases, parents}: names and parents of the classes, for the rules",
    )
    group.add_argument(
        "--data-dir",
        type=path_given,
        metavar="FOLDER",
        help="folder with Made With ML's projects.json and tags.json, instead of a download",
    )


def _add_doubts(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--missing-texts",
        choices=("drop", "stop", "keep"),
        default="drop",
        help="what to do with records without a text: leave them out and say how many, refuse them, or keep them as "
        "empty texts (default: drop)",
    )
    add_accept_option(group)
    group.add_argument(
        "--min-texts-per-class",
        type=whole_number(1),
        metavar="N",
        help="drop classes with fewer texts (default: stop at classes with fewer than 3; Made With ML: 30, as in the "
        "course)",
    )


def _add_split(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--split-column", default="", metavar="NAME", help="column that says train, validation or test of each text"
    )
    group.add_argument(
        "--group-column",
        default="",
        metavar="NAME",
        help="texts with the same value, such as a user's, never stand in two parts",
    )
    group.add_argument(
        "--time-column", default="", metavar="NAME", help="train on the past: the latest texts are the test part"
    )
    group.add_argument(
        "--copies",
        choices=("drop", "keep"),
        default="drop",
        help="the copy in training of a text that also stands in another part goes, or stays (default: drop)",
    )


def _add_task(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--task",
        choices=ASKED_TASKS,
        default="auto",
        help="several labels a text, one of many, or yes and no (default: auto, as the labels are)",
    )
    group.add_argument(
        "--positive",
        default="",
        metavar="CLASS",
        help="the class that scores of a binary task are about (default: by its name, else the rarer one)",
    )
    group.add_argument(
        "--metric",
        default="",
        metavar="NAME",
        help="what choices and the verdict are made by (default: f1_weighted for multilabel, accuracy for multiclass, "
        "f1 for binary)",
    )


def options_from(args: Namespace) -> DataOptions:
    """The options as a frozen value; raises DataError for two data sets."""
    return DataOptions(
        dataset=_one_dataset(args.dataset),
        data_dir=args.data_dir,
        text_columns=flat(args.text_column),
        labels=labels_from(args),
        taxonomy=args.taxonomy,
        min_texts_per_class=args.min_texts_per_class,
        seed=args.seed,
        task=args.task,
        positive=args.positive,
        metric=args.metric,
        test=args.test,
        validation=args.validation,
        reading=reading_from(args),
        splitting=SplitWishes(args.split_column, args.group_column, args.time_column, args.copies),
        id_column=args.id_column,
        missing_texts=args.missing_texts,
        accept=flat(args.accept),
        fixes=args.fixes,
    )


def _one_dataset(given: Sequence[str]) -> str:
    if len(given) > 1:
        first, second = given[:2]
        raise DataError(
            f"--dataset was given {len(given)} times ({', '.join(given)}); a second file is a part of its own: "
            f"--train {first} --test {second}, or --validation; rows of one kind belong into one file or folder"
        )
    return given[0] if given else "sample"


def dataset_from(args: Namespace) -> Dataset:
    """Load the data the options name; what had to be done to it is said on stderr."""
    console = Console(stderr=True, soft_wrap=True)
    with alive(console, "reading the data"):
        dataset = load(options_from(args))
    for note in dataset.notes:
        about = "" if note.startswith(f"{dataset.name}:") else f"{dataset.name}: "
        console.print(f"warning: {about}{note}", style="yellow", markup=False, highlight=False)
    return dataset
