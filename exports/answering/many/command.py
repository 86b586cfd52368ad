"""The work of `python -m exports.predict BUNDLE --in …`: files of texts in, a file of answers for each of them out."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import dataclass, field, replace
from pathlib import Path

from baselines.cluster.engines import Engine, engine_of
from baselines.console import say_error
from baselines.cores import usable_core_count
from baselines.data.column_options import flat
from baselines.errors import DataError, MissingExtra
from baselines.tables.opened import DATA_COMMAND
from baselines.tables.reading_options import reading_from
from exports import runtime
from exports.answering.many.kept import Kept
from exports.answering.many.on_ray import answer_there
from exports.answering.many.on_this_machine import answer_here
from exports.answering.many.one_shard import MOST_SAID, Outcome, Work, keep_open
from exports.answering.many.shards import Shard, shards_of
from exports.answering.many.time_said import Said
from exports.answering.questions import KINDS_ASKED


def run_many(args: Namespace) -> int:
    """Exit code 0: every text answered; 2: a record or a shard couldn't be read."""
    engine = engine_of(args.engine or "local")
    _check(args)
    out: Path = args.out
    shards = shards_of(args.inputs, out, args.format)
    if any(shard.format == "parquet" for shard in shards):
        _require_pyarrow()
    work = _work(args)
    out.mkdir(parents=True, exist_ok=True)
    kept, tally = Kept(out, work), _Tally(args)
    there = {shard.name: kept.outcome(shard) for shard in shards}
    for outcome in there.values():
        if outcome is not None:
            tally.found(outcome)
    _answer(args, work, [shard for shard in shards if there[shard.name] is None], kept, tally, engine)
    return tally.exit_code()


def _answer(args: Namespace, work: Work, shards: list[Shard], kept: Kept, tally: _Tally, engine: Engine) -> None:
    if not shards:
        return
    said = Said(len(shards), sum(shard.size for shard in shards))

    def done(shard: Shard, outcome: Outcome) -> None:
        if not outcome.failed:
            kept.keep(shard, outcome)
        said.done += 1
        said.end()
        tally.made(outcome)

    try:
        if engine.kind == "ray":
            answer_there(work, shards, kept.out, engine, args.processes, done, said.advance)
        else:
            processes = args.processes or usable_core_count()
            if processes > len(shards) and args.processes:
                what = f"{len(shards):,} shards to answer" if len(shards) > 1 else "one shard to answer"
                say_note(f"--processes {processes}: {what}, so their batches are shared out among the processes")
            answer_here(work, shards, kept.out, processes, done, said.advance)
    finally:
        said.end()
        kept.end()


@dataclass
class _Tally:
    """Counts what became of shards, and says what a user has to know of them."""

    args: Namespace
    answered: int = 0
    bad: int = 0
    named: int = 0
    before: int = 0
    whole: int = 0
    failed: list[str] = field(default_factory=list)
    _notes: set[str] = field(default_factory=set)

    def found(self, outcome: Outcome) -> None:
        """A shard whose answers were there."""
        self.before += 1
        self._count(outcome)

    def made(self, outcome: Outcome) -> None:
        """A shard that was answered now, or couldn't be."""
        if outcome.failed:
            self.failed.append(outcome.failed)
            say_error(outcome.failed)
            return
        for note in outcome.notes:
            if note not in self._notes and len(self._notes) < MOST_SAID:
                self._notes.add(note)
                say_note(note)
        for sentence in outcome.said:
            say_error(sentence)
        if outcome.bad > len(outcome.said):
            more = outcome.bad - len(outcome.said)
            say_note(f"{outcome.name}: {more:,} further rows that can't be read stand among the answers")
        self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        self.whole += 1
        self.answered += outcome.answered
        self.bad += outcome.bad
        self.named += outcome.named

    def exit_code(self) -> int:
        """Sums up on stderr; 2 where something couldn't be read."""
        out, column = self.args.out, self.args.id_column
        if column and self.answered and not self.named:
            say_note(f"no record has an id in {column!r}; check --id-column")
        shards = "1 shard" if self.whole == 1 else f"{self.whole:,} shards"
        there = f" ({self.before:,} of them there already)" if self.before else ""
        say_note(f"{out}: {self.answered:,} texts of {shards} answered{there}")
        if self.bad:
            say_error(f'{out}: {self.bad:,} rows can\'t be read; among the answers each has its place and its "error"')
        if self.failed:
            say_error(f"{out}: {len(self.failed):,} shards can't be answered, see above; mend them and run it again")
        return DataError.exit_code if self.bad or self.failed else 0


def _check(args: Namespace) -> None:
    given = [name for name, there in (("TEXT", args.texts), ("--data", args.data), ("--stdin", args.stdin)) if there]
    if given:
        raise DataError(f"--in: reads files alone, got {' and '.join(given)} as well; leave one of them out")
    if args.explain:
        raise DataError("--explain: isn't offered for many files; give one of them by --data")
    if args.out is None:
        raise DataError("--in: needs a folder for the answers, --out FOLDER")
    if args.out.exists() and not args.out.is_dir():
        raise DataError(f"{args.out}: a file; with --in answers go into a folder, so give --out another name")


def _work(args: Namespace) -> Work:
    predictor = runtime.load(args.folder, threads=args.threads, abstain=args.abstain)
    reading = reading_from(args)
    if args.input == "tsv":
        reading = replace(reading, delimiter=reading.delimiter or "tab")
    assert predictor.opening is not None
    folder, sha256 = predictor.opening[1][:2]
    work = Work(
        folder,
        sha256,
        predictor.task,
        args.threads,
        args.abstain,
        args.top,
        KINDS_ASKED[args.input] if args.input else None,
        reading,
        flat(args.text_column),
        args.id_column,
    )
    keep_open(work, predictor)
    return work


def _require_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise MissingExtra(f"--in: Parquet needs pyarrow: {DATA_COMMAND}; or --format jsonl") from None


def say_note(text: str) -> None:
    """One sentence on stderr about what was found or done."""
    sys.stderr.write(f"note: {text}\n")
