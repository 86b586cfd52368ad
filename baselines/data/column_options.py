"""The options that say in which columns texts, ids and labels stand; light, since what serves has them too."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _ArgumentGroup
from collections.abc import Sequence

from baselines.console import names, path_given
from baselines.labels.asked import Labels
from baselines.labels.doubts import DOUBTS, EVERYTHING

Group = _ArgumentGroup | ArgumentParser


def add_column_options(group: Group) -> None:
    """Add where texts, labels and ids stand, and how labels are to be read."""
    add_text_options(group)
    add_id_option(group)
    add_label_options(group)


def add_text_options(group: Group) -> None:
    """Add where texts stand."""
    group.add_argument(
        "--text-column",
        action="append",
        type=names,
        default=[],
        metavar="NAME[,NAME]",
        help="column(s) of the text, joined by a space; a.b reaches into nested JSON (default: a usual name, such as "
        "text, or title and description)",
    )


def add_id_option(group: Group) -> None:
    """Add where the user's own names of texts stand."""
    group.add_argument("--id-column", default="", metavar="NAME", help="your own names of texts, kept in all outputs")


def add_label_options(group: Group) -> None:
    """Add where labels stand, and how they are to be read."""
    group.add_argument(
        "--labels-column",
        metavar="NAME",
        help="column of the labels; labels[].name reaches into nested JSON (default: a usual name, such as labels, "
        "tags, label or category)",
    )
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
        "--class-names", type=path_given, metavar="FILE", help="names of class numbers, one a line, the first for 0"
    )
    group.add_argument(
        "--merge-labels",
        action="store_true",
        help="labels that differ in case, blanks or Unicode form alone are one class",
    )


def add_accept_option(group: Group) -> None:
    """Add what may look wrong in the labels."""
    group.add_argument(
        "--accept",
        action="append",
        type=names,
        default=[],
        metavar="NAME[,NAME]",
        help=f"go on although something looks wrong in the labels: {', '.join(DOUBTS)} or {EVERYTHING}",
    )


def labels_from(args: Namespace) -> Labels:
    """What `add_label_options` added."""
    return Labels(
        args.labels_column, args.label_separator, flat(args.label_columns), args.class_names, args.merge_labels
    )


def flat(groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The names of a repeated option, each once."""
    return tuple(dict.fromkeys(name for group in groups for name in group))
