"""The options that say how a text file is to be read; light, since what serves has them too."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _ArgumentGroup

from baselines.tables.reading import Reading


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


def reading_from(args: Namespace) -> Reading:
    """What `add_reading_options` added."""
    return Reading(args.delimiter, args.encoding, args.header)
