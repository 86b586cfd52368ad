"""What may be wrong with the data, as rows of `data-issues.csv`: what the doctor writes and a person edits.

Columns: id, row, file, part, what, text, labels, suggested, sure, accept. One label a text: its name; several: a JSON
list. A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage return)
gets an apostrophe before it, and so does one that begins with an apostrophe: reading takes one away, so that every text
comes back as it was.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from baselines.errors import DataError
from baselines.escaping.csv_cells import guarded
from baselines.task import Task
from baselines.whole_files import whole_file

What = Literal["label", "missing label", "conflict", "duplicate", "near duplicate", "merge", "rare class"]
# In the order of the file, each with what is done where a person accepts it.
WHATS: dict[What, str] = {
    "label": "the text gets the suggested labels",
    "missing label": "the text gets the suggested labels",
    "conflict": "the text gets the suggested labels",
    "duplicate": "the row leaves its part",
    "near duplicate": "the row leaves its part",
    "merge": "the class becomes the suggested one",
    "rare class": "nothing; add texts",
}
RELABELS: tuple[What, ...] = ("label", "missing label", "conflict")
DROPS: tuple[What, ...] = ("duplicate", "near duplicate")
COLUMNS = ("id", "row", "file", "part", "what", "text", "labels", "suggested", "sure", "accept")
ISSUES = "data-issues.csv"


@dataclass(frozen=True)
class Issue:
    """One thing that may be wrong.

    Attributes:
        what: in WHATS.
        sure: 0 to 1; of a label the probability that it is wrong, see `baselines.doctor.sureness`.
        text: raw, "" for what is about a class.
        labels: names of the text's labels as they are; of `merge` and `rare class` the class.
        suggested: names that they should be; of duplicates those of the row that stays; of `rare class` none.
        row: number of the record in its file, as an editor numbers it; None for what is about a class.
        file: name of the file.
        id: the user's name for the text.
        part: train, validation or test; "" for none.
        partner: `file: row n` of the other text, for copies and conflicts; goes into `suggested` of no row.
    """

    what: What
    sure: float
    text: str = ""
    labels: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    row: int | None = None
    file: str = ""
    id: str = ""
    part: str = ""
    partner: str = ""


def sorted_issues(issues: Iterable[Issue]) -> list[Issue]:
    """By kind, the surest first in each."""
    order = list(WHATS)
    return sorted(issues, key=lambda issue: (order.index(issue.what), -issue.sure))


def write_issues(path: Path, issues: Sequence[Issue], task: Task) -> None:
    """Write the file, UTF-8 with a mark that spreadsheets look for."""
    with whole_file(path) as part, part.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for issue in issues:
            writer.writerow(_cells(issue, task))


def _cells(issue: Issue, task: Task) -> list[str]:
    told = issue.partner if issue.what in DROPS else label_cell(issue.suggested, task, issue.what)
    own = label_cell(issue.labels, task, issue.what)
    row = "" if issue.row is None else str(issue.row)
    cells = [issue.id, row, issue.file, issue.part, issue.what, issue.text, own, told, f"{issue.sure:.2f}", ""]
    return [guarded(cell) for cell in cells]


def label_cell(names: Sequence[str], task: Task, what: str) -> str:
    """Labels as one cell."""
    if task == "multilabel" and what in (*RELABELS, *DROPS):
        return json.dumps(list(names), ensure_ascii=False)
    return names[0] if names else ""


def names_in(cell: str, task: Task, where: str) -> tuple[str, ...]:
    """The labels of a cell; raises DataError where a list is needed and there is none."""
    if task != "multilabel":
        return (cell.strip(),) if cell.strip() else ()
    try:
        found: Any = json.loads(cell)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise DataError(f'{where}: expected a list of labels such as ["a", "b"], got {cell!r}')
    return tuple(found)
