"""The work of `python -m bench.sameness`: every bundle compared, a table each, and a file.

`sameness.json`: `command`, `seed`, `texts`, `environment`, and `bundles`, a list of: `bundle` (folder), `kind`
(`tables` or `rows`), `task`, `flavours` (texts of each), `engines`, a list of rows as `bench.same_bits.compare.Row`
describes them.

`times.json`, with `--times`: `command`, `environment`, and `bundles`: `bundle`, `kind`, `task`, `texts`, `characters`
(median), `rounds`, and `engines`: `microseconds` (the median text of each round), `times_the_kernel`, `reason`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib import resources
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from baselines.cores import usable_core_count
from baselines.errors import MeasurementError
from baselines.tables.reading_options import reading_from
from bench.measure.environment import describe_environment
from bench.same_bits.compare import ABSENT, BROKEN, DIFFERS, EQUAL, Found, Row, compare
from bench.same_bits.engine import Workshop
from bench.same_bits.engines import ENGINES, chosen, shares_of
from bench.same_bits.processes import Processes
from bench.same_bits.reference import Reference
from bench.same_bits.texts import Material
from bench.same_bits.times import run_times
from exports.answering.questions import Question, Source, questions

OUT, TIMES = "sameness.json", "times.json"
_COLOURS = {EQUAL: "green", DIFFERS: "bold red", BROKEN: "bold red", ABSENT: "dim"}
_MOST_SHOWN = 300
# Of each engine; the file has more.
_MOST_TEXTS = 2


def run(args: Namespace, command: str) -> int:
    """Exit code 0: every bit is equal; 1: one differs, or an engine broke."""
    if args.times:
        return _time(args, command)
    wanted, shares = chosen([name for each in args.engines for name in each]), shares_of(args.share)
    references = [Reference.open(folder) for folder in args.bundles]
    texts = _data_texts(args)
    _require_writable(args.out)
    console, found = Console(), []
    for reference in references:
        one = _compared(reference, args, wanted, shares, texts, console)
        _show(console, reference, one, args.texts)
        found.append({"bundle": str(reference.folder), **_facts(reference), "flavours": one.flavours})
        found[-1]["engines"] = [asdict(row) for row in one.rows]
        _require_there(one.rows, wanted)
    content = {
        "command": command,
        "seed": args.seed,
        "texts": args.texts,
        "environment": describe_environment(),
        "bundles": found,
    }
    (args.out / OUT).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    console.print(f"written: {args.out / OUT}", markup=False, highlight=False, soft_wrap=True)
    return int(any(row["state"] in (DIFFERS, BROKEN) for each in found for row in each["engines"]))


def _time(args: Namespace, command: str) -> int:
    """What one text takes, of each bundle; exit code 0."""
    texts, console, found = _data_texts(args), Console(), []
    _require_writable(args.out)
    for folder in args.bundles:
        reference = Reference.open(folder)
        with _workshop(reference, args) as workshop:
            one = run_times(workshop, texts)
        found.append({"bundle": str(folder), **_facts(reference), **one})
        said = f"{folder}: one of {one['texts']} texts of {one['characters']:g} characters, {one['rounds']} rounds"
        console.print(said, style="bold", markup=False, highlight=False, soft_wrap=True)
        console.print(_table_of_times(one["engines"]))
    content = {"command": command, "environment": describe_environment(), "bundles": found}
    (args.out / TIMES).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    console.print(f"written: {args.out / TIMES}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _table_of_times(engines: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("engine", "p50 in µs", "of rounds", "times the kernel"):
        table.add_column(title, justify="left" if title == "engine" else "right", no_wrap=True)
    for each in engines:
        took = each["microseconds"]
        figures = (f"{median(took):,.2f}", f"{min(took):,.2f} to {max(took):,.2f}") if took else (each["reason"], "")
        table.add_row(
            each["engine"], *figures, "" if each["times_the_kernel"] is None else f"{each['times_the_kernel']:.1f}"
        )
    return table


@contextmanager
def _workshop(reference: Reference, args: Namespace) -> Iterator[Workshop]:
    """What engines are built with, in a folder that is gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="tagpress-sameness-"))
    try:
        with Processes() as processes:
            yield Workshop(reference, place, processes, args.longest)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _compared(
    reference: Reference,
    args: Namespace,
    wanted: Mapping[str, bool],
    shares: Mapping[str, int],
    texts: tuple[str, ...],
    console: Console,
) -> Found:
    with _workshop(reference, args) as workshop, console.status("") as status:
        return compare(
            workshop,
            {name: ENGINES[name] for name in wanted},
            Material(reference.own, texts),
            n_texts=args.texts,
            seed=args.seed,
            shares=shares,
            threads=usable_core_count(),
            progress=lambda done: status.update(f"{reference.folder.name}: {done:,} of {args.texts:,} texts"),
        )


def _facts(reference: Reference) -> dict[str, Any]:
    return {"kind": reference.kind, "task": reference.source.space.task}


def _data_texts(args: Namespace) -> tuple[str, ...]:
    """No more than can be asked for."""
    place = args.data or Path(str(resources.files("baselines.data") / "sample" / "projects.jsonl"))
    columns = tuple(name for each in args.text_column for name in each)
    source = Source(str(place), reading=reading_from(args), text_columns=columns)
    found = (one.text for batch in questions(source) for one in batch if isinstance(one, Question))
    return tuple(islice(found, args.texts))


def _require_there(rows: list[Row], wanted: Mapping[str, bool]) -> None:
    """What was asked for by its name must have been compared, and something at all."""
    for row in rows:
        if row.state == ABSENT and wanted[row.engine]:
            raise MeasurementError(f"--engines {row.engine}: {row.reason}")
    if all(row.state == ABSENT for row in rows):
        raise MeasurementError("--engines: none of those asked for is there, so nothing was compared")


def _show(console: Console, reference: Reference, found: Found, n_texts: int) -> None:
    """The table of one bundle, and what differs."""
    said = f"{reference.folder}: {n_texts:,} texts, {reference.kind}, {reference.source.space.task}"
    console.print(said, style="bold", markup=False, highlight=False, soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("engine", "state", "texts", "refused", "differing", "s", "texts/s"):
        table.add_column(title, justify="left" if title in ("engine", "state") else "right", no_wrap=True)
    for row in found.rows:
        table.add_row(row.engine, f"[{_COLOURS[row.state]}]{row.state}[/]", *_figures(row))
    console.print(table)
    for line in _notes(found.rows):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for line in _differences(found.rows):
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)


def _figures(row: Row) -> tuple[str, ...]:
    if not row.texts:
        return ("",) * 5
    rate = f"{row.texts / row.seconds:,.0f}" if row.seconds else ""
    return f"{row.texts:,}", f"{sum(row.refused.values()):,}", f"{row.differing:,}", f"{row.seconds:.1f}", rate


def _notes(rows: list[Row]) -> list[str]:
    """Why engines are absent or broken, what they refused, and sizes; engines of which the same is said in one line."""
    alike: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        refused = ", ".join(f"{n:,} as {why}" for why, n in row.refused.items())
        sizes = [f"{name.removesuffix('_bytes').replace('_', ' ')} {value:,} B" for name, value in row.facts.items()]
        for what, said in ((row.state, row.reason), ("rightly refused", refused), ("sizes", ", ".join(sizes))):
            if said:
                alike.setdefault((what, said), []).append(row.engine)
    # The order of `kinds`, and of the engines within each.
    kinds = (BROKEN, DIFFERS, ABSENT, "rightly refused", "sizes")
    lines = [(kinds.index(what), f"{what}: {', '.join(names)}: {said}") for (what, said), names in alike.items()]
    return [line for _, line in sorted(lines, key=lambda each: each[0])]


def _differences(rows: list[Row]) -> list[str]:
    """The first texts that differ; engines that differ in the same way in one place."""
    alike: dict[tuple[int, str, str], tuple[list[str], dict[str, Any]]] = {}
    for row in rows:
        for one in row.differences[:_MOST_TEXTS]:
            alike.setdefault((one["text"], one["field"], one["came"]), ([], one))[0].append(row.engine)
    lines = []
    for (number, what, came), (engines, one) in alike.items():
        text = one["escaped"] if len(one["escaped"]) <= _MOST_SHOWN else one["escaped"][:_MOST_SHOWN] + "…"
        lines += [f"differs: {', '.join(engines)}: text {number} ({one['flavour']}): {text}"]
        if "shortest" in one:
            lines.append(f"  the shortest text that differs: {one['shortest']}")
        lines += [f"  {what}: expected {one['expected']}", f"  {what}: came {came}"]
    return lines


def _require_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise MeasurementError(f"--out {out}: can't be written ({error.strerror or error})") from None
