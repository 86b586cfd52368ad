"""The command-line options that name the data, shared by every command that reads texts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _ArgumentGroup
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from baselines.console import names, whole_number
from baselines.data.data_options import ASKED_TASKS, DataOptions
from baselines.data.sources import load
from baselines.data.table_labels import Labels
from baselines.dataset import Dataset


def add_data_options(parser: ArgumentParser) -> None:
    """Add `--dataset` and what goes with it, and `--seed`, which also decides the split."""
    group = parser.add_argument_group("data")
    _add_files(group)
    _add_columns(group)
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
        default="sample",
        metavar="NAME|PATH",
        help="sample (default), madewithml, or a CSV, TSV, JSON Lines or Parquet file",
    )
    group.add_argument(
        "--data-dir",
        type=Path,
        metavar="FOLDER",
        help="folder with Made With ML's projects.json and tags.json, instead of a download",
    )
    for part in ("test", "validation"):
        group.add_argument(
            f"--{part}",
            type=Path,
            metavar="FILE",
            help=f"a published {part} part, with the columns of --dataset (default: 15 %% of the texts)",
        )
    group.add_argument(
        "--taxonomy",
        type=Path,
        metavar="FILE",
        help="JSON list of {tag, aliases, parents}: names and parents of the classes, for the rules",
    )


def _add_columns(group: _ArgumentGroup) -> None:
    group.add_argument(
        "--text-column",
        action="append",
        type=names,
        default=[],
        metavar="NAME[,NAME]",
        help="column(s) of the text, joined by a space (default: text, or title and description)",
    )
    group.add_argument("--labels-column", metavar="NAME", help="column of the labels (default: labels, tags or label)")
    group.add_argument(
        "--label-separator",
        metavar="TEXT",
        help="between the labels of one cell (default: a cell holds one label, or a JSON list)",
    )
    group.add_argument(
        "--label-columns",
        action="append",
        type=names,
        default=[],
        metavar="NAME[,NAME]",
        help="0/1 columns, one a label; 'rest' for all but the text columns",
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
    """The options as a frozen value."""
    return DataOptions(
        dataset=args.dataset,
        data_dir=args.data_dir,
        text_columns=_flat(args.text_column),
        labels=Labels(args.labels_column, args.label_separator, _flat(args.label_columns)),
        taxonomy=args.taxonomy,
        min_texts_per_class=args.min_texts_per_class,
        seed=args.seed,
        task=args.task,
        positive=args.positive,
        metric=args.metric,
        test=args.test,
        validation=args.validation,
    )


def dataset_from(args: Namespace) -> Dataset:
    """Load the data the options name; what had to be done to it is said on stderr."""
    dataset = load(options_from(args))
    console = Console(stderr=True, soft_wrap=True)
    for note in dataset.notes:
        console.print(f"warning: {dataset.name}: {note}", style="yellow", markup=False, highlight=False)
    return dataset


def _flat(groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))
