"""The work of `python -m bench.scaling`: measure what is missing, then the table, the picture and the document."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from baselines.errors import DataError, UserError
from bench.growth.record import FILE, Record, Row, read_record
from bench.growth.runs import Limits, measure
from bench.growth.shown import draw, headings, into_document, markdown, reasons, table_rows
from bench.growth.stages import STAGES
from bench.measure.environment import describe_environment
from bench.numbers.quantities import duration, size


def run(args: Namespace, command: str) -> int:
    """Exit code 0, also where a stage failed: its row says so."""
    stages = _stages(args.stage)
    record = _record(args.out, args.classes, command)
    console = Console()

    def said(row: Row) -> None:
        what = f"{duration(row.cpu_s)} CPU, {size(row.peak_bytes)}" if row.status == "measured" else row.reason
        line = f"{row.n_texts:,} texts, {STAGES[row.stage].title}: {what}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    measure(record, args.out, args.sizes, stages, Limits(args.most_seconds, args.memory or 0), said)
    _show(record, console)
    written = [args.out / FILE, *draw(record, args.out)]
    if args.document is not None:
        into_document(args.document, markdown(record))
        written.append(args.document)
    console.print(f"written: {', '.join(map(str, written))}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _stages(asked: list[str] | None) -> list[str]:
    if unknown := [name for name in asked or () if name not in STAGES]:
        raise UserError(f"--stage {unknown[0]}: no such stage; there are {', '.join(STAGES)}")
    return list(asked or STAGES)


def _record(folder: Path, n_classes: int, command: str) -> Record:
    """What is there already, or an empty one; raises DataError where it is of something else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"--out {folder}: can't be made ({error.strerror or error})") from None
    found = read_record(folder)
    environment = describe_environment()
    if found is None:
        return Record(n_classes, command, environment)
    if found.n_classes != n_classes:
        raise DataError(f"--out {folder}: holds figures of {found.n_classes} classes, not {n_classes}; choose another")
    ours = (environment["cpu"], environment["cores_usable"])
    if ours != (theirs := (found.environment.get("cpu"), found.environment.get("cores_usable"))):
        raise DataError(f"--out {folder}: measured on {theirs[0]} with {theirs[1]} cores, not this; choose another")
    found.command, found.environment = command, environment
    return found


def _show(record: Record, console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for number, heading in enumerate(headings(record)):
        table.add_column(heading, justify="right" if number else "left", overflow="fold")
    for row in table_rows(record):
        table.add_row(*row)
    console.print(table)
    for reason in reasons(record):
        console.print(reason, style="dim", markup=False, highlight=False, soft_wrap=True)
