"""The work of `python -m exports.predict`: questions in, answers out, and at the end what couldn't be read."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from baselines.console import say_error
from baselines.data.column_options import flat
from baselines.errors import DataError
from baselines.tables.reading_options import reading_from
from baselines.tables.stream import BadRow
from exports import runtime
from exports.answering.questions import KINDS_ASKED, STDIN, Question, Source, of_texts, questions
from exports.answering.said import answers
from exports.answering.written import AnswerWriter, format_of, opened

# So many lines are said one by one, the rest is counted.
_MOST_SAID = 20


def run(args: Namespace) -> int:
    """Exit code 0: every text answered; 2: a line couldn't be read."""
    if args.inputs:
        from exports.answering.many.command import run_many

        return run_many(args)
    _check_single(args)
    source = _source(args)
    form = args.format or format_of(args.out)
    if args.explain and form != "jsonl":
        raise DataError(f"--explain: its parts don't fit into columns, got --format {form}; use jsonl")
    if args.out and source and source.place != STDIN and _same_file(args.out, Path(source.place)):
        raise DataError(f"{args.out}: --out is the file that is read; choose another")
    predictor = runtime.load(args.folder, threads=args.threads, abstain=args.abstain)
    one = predictor.task != "multilabel" and args.top in (None, 1)
    tally = _Tally(source)
    asked = questions(source) if source else of_texts(args.texts)
    with opened(args.out) as stream:
        writer = AnswerWriter(stream, form, one, (source is not None, bool(source and source.id_column)))
        for batch in tally.watched(asked):
            writer.write(answers(predictor, batch, args.top, args.explain))
    return tally.exit_code()


@dataclass
class _Tally:
    """Counts what passes by, and says what couldn't be read as it comes."""

    source: Source | None
    answered: int = 0
    bad: int = 0
    named: int = 0

    @property
    def place(self) -> str:
        return "stdin" if self.source is None or self.source.place == STDIN else self.source.place

    def watched(self, asked: Iterator[list[Question | BadRow]]) -> Iterator[list[Question | BadRow]]:
        """The same, counted once each batch is answered, so that what is said on stderr follows its answer."""
        for batch in asked:
            yield batch
            for item in batch:
                self._count(item)

    def _count(self, item: Question | BadRow) -> None:
        if isinstance(item, Question):
            self.answered += 1
            self.named += item.id is not None
            return
        self.bad += 1
        if self.bad <= _MOST_SAID:
            say_error(f"{self.place}: row {item.number}: {item.error}")
        elif self.bad == _MOST_SAID + 1:
            say_note(f"{self.place}: further rows that can't be read stand among the answers, and are counted here")

    def exit_code(self) -> int:
        """Sums up on stderr what a user has to know, and gives the command's exit code."""
        if self.source and self.source.id_column and self.answered and not self.named:
            say_note(f"{self.place}: no record has an id in {self.source.id_column!r}; check --id-column")
        if not self.bad:
            return 0
        say_error(
            f"{self.place}: {self.answered + self.bad:,} rows: {self.answered:,} answered, {self.bad:,} can't be read; "
            'among the answers each has its place, {"row", "error"}'
        )
        return DataError.exit_code


def _check_single(args: Namespace) -> None:
    if args.engine is not None or args.processes is not None:
        name = "--engine" if args.engine is not None else "--processes"
        raise DataError(f"{name}: for many files; give them by --in, and a folder for the answers by --out")
    if args.format == "parquet":
        raise DataError("--format parquet: of files that are given by --in; allowed here: jsonl, csv, tsv")


def _source(args: Namespace) -> Source | None:
    """Where the texts come from; None for those that were typed."""
    place = STDIN if args.stdin else args.data
    if args.stdin and args.data not in (None, STDIN):
        raise DataError(f"texts: --stdin or --data {args.data}, not both")
    if (place is None) == (not args.texts):
        given = "both" if args.texts else "neither"
        raise DataError(f"texts: either TEXT arguments or --data (--stdin) are needed, got {given}; --help says more")
    if place is None:
        return None
    reading = reading_from(args)
    if args.input == "tsv":
        reading = replace(reading, delimiter=reading.delimiter or "tab")
    kind = KINDS_ASKED[args.input] if args.input else None
    return Source(place, kind, reading, flat(args.text_column), args.id_column, say_note)


def say_note(text: str) -> None:
    """One sentence on stderr about what was found while reading."""
    sys.stderr.write(f"note: {text}\n")


def _same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
