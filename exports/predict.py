"""python -m exports.predict FOLDER "text": the classes of texts, by a bundle."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence

from baselines.console import (
    MOST_THREADS,
    Body,
    number_between,
    path_given,
    path_or_name,
    run_command,
    until_closed,
    whole_number,
)
from baselines.data.column_options import add_id_option, add_text_options
from baselines.tables.reading_options import add_reading_options

PROG = "python -m exports.predict"
_EPILOG = """examples:
  tagpress predict bundle "one text" "another"
  tagpress predict bundle --data new.csv --id-column number --out answers.csv
  tail -f messages.log | tagpress predict bundle --data - --input txt
  tagpress predict bundle --stdin --top 3 < texts.jsonl
  tagpress predict bundle --in 'texts/*.parquet' --out labels
  tagpress predict bundle --in texts --out labels --engine ray://10.0.0.5:10001

A line is answered as soon as it comes. One that can't be read is said on stderr and keeps its place, {"row", "error"};
a blank one is a text without words and gets its answer. With --in every file gets a file of answers of its name in the
folder --out, in its order; those that are there already, of the same texts, bundle and options, aren't made again.
Exit codes: 0 every line answered; 2 one couldn't be read."""


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        description="The classes of texts, by a bundle; one JSON object a line, or a table.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=path_given, metavar="FOLDER", help="a bundle")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="texts to classify")
    _add_answers(parser)
    _add_input(parser)
    _add_many(parser)
    return parser


def _add_answers(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--top", type=whole_number(1), metavar="K", help="the K most probable classes, whatever their thresholds"
    )
    parser.add_argument(
        "--explain", action="store_true", help="the n-grams each class rests on, with their exact shares"
    )
    parser.add_argument(
        "--abstain",
        type=number_between(0, 1),
        metavar="P",
        help="of one class a text: no class where the most probable one has less than P, from 0 to 1",
    )
    parser.add_argument(
        "--threads", type=whole_number(1, MOST_THREADS), default=1, metavar="N", help="threads (default: 1)"
    )
    parser.add_argument(
        "--format",
        choices=("jsonl", "csv", "tsv", "parquet"),
        help="of the answers (default: by the ending of --out, else jsonl; with --in as each file where that can be)",
    )
    parser.add_argument(
        "--out",
        type=path_given,
        metavar="FILE",
        help="file for the answers (default: stdout); with --in the folder for them",
    )


def _add_many(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("texts from many files")
    group.add_argument(
        "--in",
        dest="inputs",
        nargs="+",
        action="extend",
        type=path_or_name,
        default=[],
        metavar="PLACE",
        help="files, folders, or patterns such as 'texts/*.parquet'",
    )
    group.add_argument(
        "--engine",
        type=path_or_name,
        metavar="NAME",
        help="local: processes of this machine (default); ray: the cluster of this machine; or ray://HOST:PORT. The "
        "machines of a cluster need a folder for texts and answers that all of them see",
    )
    group.add_argument(
        "--processes",
        type=whole_number(1, MOST_THREADS),
        metavar="N",
        help="at once (default: as many as there are cores)",
    )


def _add_input(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("texts from a file")
    group.add_argument(
        "--data",
        type=path_or_name,
        metavar="FILE",
        help="a .csv, .tsv, .txt, .json, .jsonl, .parquet, .arrow or .xlsx file, also compressed, or - for stdin",
    )
    group.add_argument("--stdin", action="store_true", help="the same as --data -")
    group.add_argument(
        "--input",
        choices=("jsonl", "txt", "csv", "tsv"),
        help="what a line is: JSON, a text, or fields (default: by the file's ending; of stdin jsonl or txt, as its "
        "first line shows)",
    )
    group.add_argument("--lines", dest="input", action="store_const", const="txt", help="the same as --input txt")
    add_text_options(group)
    add_id_option(group)
    add_reading_options(group)


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0: every text answered; 2: the bundle or a line can't be used."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from exports.answering.command import run

    def answered(args: Namespace, command: str) -> int:
        return until_closed(lambda: run(args))

    return answered


if __name__ == "__main__":
    sys.exit(main())
