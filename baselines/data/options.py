"""The command-line options that name the data, shared by every command that reads texts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _ArgumentGroup
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from baselines.console import names, whole_number
from baselines.data.data_options import ASKED_TASKS, DataOptions
from baselines.data.sources import load
from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.labels.asked import Labels
from baselines.labels.doubts import DOUBTS, EVERYTHING
from baselines.splits.rules import SplitWishes
from baselines.tables.reading import Reading


def add_data_options(parser: ArgumentParser) -> None:
    """Add `--dataset` and what goes with it, and `--seed`, which also decides the split."""
    group = parser.add_argument_group("data")
    _add_files(group)
    add_reading_options(group)
    add_column_options(group)
    _add_doubts(group)
    _add_split(group)
    _add_task(group)
    group.add_argument(
        "--min-texts-per-class",
        type=whole_number(1),
        metavar="N",
        help="drop classes with fewer texts (default: 3; Made With ML: 30, as in the course)",
    )
    group.add_argument(
        "--seed", type=whole_number(0), default=0, metavar="N", help="of the split and of the training (default: 0)"
    )


def _add_files(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--dataset",
        "--train",
        dest="dataset",
        action="append",
        default=[],
        metavar="NAME|PATH",
        help="sample (default), madewithml, a .csv, .tsv, .txt, .json, .jsonl, .parquet, .arrow or .xlsx file (also "
        "compressed: .gz, .zip, .zst, .bz2), or a folder of the datasets library or of shards; --train says the same",
    )
    for part in ("validation", "test"):
        group.add_argument(
            f"--{part}",
            type=Path,
            metavar="PATH",
            help=f"a {part} part of its own, with the columns of --dataset (default: cut from --dataset)",
        )
    group.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        dest="fixes",
        help="accepted changes to the data: data-issues.csv of an earlier run, with what you accept marked",
    )
    group.add_argument(
        "--data-dir",
        type=Path,
        metavar="FOLDER",
        help="folder with Made With ML's projects.json and tags.json, instead of a download",
    )
    group.add_argument(
        "--taxonomy",
        type=Path,
        metavar="FILE",
        help="JSON list of {tag, aliases, parents}: names and parents of the classes, for the rules",
    )


def add_reading_options(group: _ArgumentGroup | ArgumentParser) -> None:
    """Add what a user may know better about the form of a text file than what is found in it."""
    group.add_argument(
        "--delimiter",
        metavar="CHARACTER",
        help="between the fields of a line, or 'tab' (default: found, and said)",
    )
    group.add_argument("--encoding", metavar="NAME", help="of text files, such as cp1252 (default: found, and said)")
    header = group.add_mutually_exclusive_group()
    header.add_argument(
        "--no-header",
        dest="header",
        action="store_false",
        default=None,
        help="the first row is a text already; columns are then called 1, 2, …",
    )
    header.add_argument(
        "--header", dest="header", action="store_true", help="the first row names the columns, whatever it looks like"
    )


def add_column_options(group: _ArgumentGroup | ArgumentParser) -> None:
    """Add where texts, labels and ids stand, and how labels are to be read."""
    group.add_argument(
        "--text-column",
        action="append",
        type=names,
        default=[],
        metavar="NAME[,NAME]",
        help="column(s) of the text, joined by a space; a.b reaches into nested JSON (default: text, or title and "
        "description)",
    )
    group.add_argument(
        "--labels-column",
        metavar="NAME",
        help="column of the labels; labels[].name reaches into nested JSON (default: labels, tags, label or category)",
    )
    group.add_argument("--id-column", default="", metavar="NAME", help="your own names of texts, kept in all outputs")
    group.add_argument(
        "--label-separator",
        metavar="TEXT",
        help="between the labels of one cell (default: a cell holds one label, or a list)",
    )
    group.add_argument(
        "--label-columns",
        action="append",
        type=names,
        default=[],
        metavar="NAME[,NAME]",
        help="yes/no columns, one a label (0/1, yes/no, true/false, x or blank); 'rest' for all but the others named",
    )
    group.add_argument(
        "--class-names", type=Path, metavar="FILE", help="names of class numbers, one a line, the first for 0"
    )
    group.add_argument(
        "--merge-labels",
        action="store_true",
        help="labels that differ in case, blanks or Unicode form alone are one class",
    )


def _add_doubts(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--missing-texts",
        choices=("drop", "stop", "keep"),
        default="drop",
        help="what to do with records without a text: leave them out and say how many, refuse them, or keep them as "
        "empty texts (default: drop)",
    )
    group.add_argument(
        "--accept",
        action="append",
        type=names,
        default=[],
        metavar="NAME[,NAME]",
        help=f"go on although something looks wrong: {', '.join(DOUBTS)} or {EVERYTHING}",
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
        help="of texts that stand in two parts the copy in training goes, or stays (default: drop)",
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
        help="of a binary task the class that scores are about (default: by its name, else the rarer one)",
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


def reading_from(args: Namespace) -> Reading:
    """What `add_reading_options` added."""
    return Reading(args.delimiter, args.encoding, args.header)


def labels_from(args: Namespace) -> Labels:
    """What `add_column_options` added about labels."""
    return Labels(
        args.labels_column, args.label_separator, flat(args.label_columns), args.class_names, args.merge_labels
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
    dataset = load(options_from(args))
    console = Console(stderr=True, soft_wrap=True)
    for note in dataset.notes:
        console.print(f"warning: {dataset.name}: {note}", style="yellow", markup=False, highlight=False)
    return dataset


def flat(groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The names of a repeated option, each once."""
    return tuple(dict.fromkeys(name for group in groups for name in group))
