"""Accepted changes to a data set: `data-issues.csv` with what a person accepts marked, applied to a split data set.

They are applied after the split is dealt on the labels as they were, so that every text stays in its part and figures
with and without them are about the same texts: only labels change, and copies leave. A class that is merged into
another is gone from all parts.

Which rows: with a column `accept`, those marked `x`, `yes`, `y`, `1` or `true`; if none is marked, that is an error and
no guess. Without that column, every row: a person who takes it out has kept what they want.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.data.issues import DROPS, RELABELS, WHATS, names_in
from baselines.data.task_choice import listed
from baselines.dataset import PARTS, Dataset, Mended, Part, Split, TaxonomyEntry
from baselines.errors import DataError
from baselines.escaping.csv_cells import unguarded
from baselines.inputs.named_files import check_file
from baselines.tables.encodings import read_text
from baselines.tables.formats.dialects import any_field_length
from baselines.task import LabelSpace

_YES = frozenset(["yes", "y", "x", "1", "1.0", "true"])
_NO = frozenset(["", "no", "n", "0", "0.0", "false", "-"])
_NEEDED = ("row", "what", "labels", "suggested")


@dataclass(frozen=True)
class Fix:
    """One accepted row: its place in the fixes file, for messages, and its cells."""

    where: str
    what: str
    file: str
    row: str
    labels: str
    suggested: str


def apply_fixes(dataset: Dataset, path: Path) -> Dataset:
    """The data set with the accepted changes; `mended` says what they were, and a note how many.

    Raises:
        DataError: no such file, not a file of issues, nothing accepted, a row that isn't there, labels that aren't the
            row's any more, or an unknown class; each names the row.
    """
    fixes = read_fixes(path)
    names = _Names.of(dataset, [fix for fix in fixes if fix.what == "merge"])
    before = names.merged(dataset.everything)
    labels, rows = before.labels.copy(), _Rows.of(dataset)
    dropped: set[int] = set()
    changed: dict[int, Fix] = {}
    for fix in fixes:
        if fix.what in RELABELS:
            row = rows.find(fix)
            if row in changed:
                raise DataError(
                    f"{fix.where}: its text has a change already, by {changed[row].where}; accept one of them"
                )
            labels[row] = _relabelled(before, row, fix, names)
            changed[row] = fix
        elif fix.what in DROPS:
            dropped.add(rows.find(fix))
    out = np.array(sorted(dropped), np.intp)
    split = Split(**{part: np.setdiff1d(getattr(dataset.split, part), out) for part in PARTS})
    mended = Mended(before.labels, dataset.split, tuple(sorted(changed)), tuple(sorted(dropped)), len(names.renamed))
    notes = (*dataset.notes, f"{path.name}: {mended.said()}")
    return replace(dataset, everything=replace(before, labels=labels), split=split, notes=notes, mended=mended)


def read_fixes(path: Path) -> list[Fix]:
    """The accepted rows of a file; raises DataError."""
    check_file(path, expected=f"--data takes {_EXPECTED}")
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        with any_field_length():  # texts stand in it whole
            columns, rows = list(reader.fieldnames or ()), [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise DataError(f"{path}: not a readable CSV file ({error}); --data takes {_EXPECTED}") from None
    if missing := [name for name in _NEEDED if name not in columns]:
        raise DataError(
            f"{path}: no column {', '.join(map(repr, missing))}, so it holds no fixes; --data takes {_EXPECTED}. Texts "
            "to learn from go to --dataset, --train or --test"
        )
    accepted = [_fix(row, f"{path}: line {line}") for line, row in rows if _accepts(row, f"{path}: line {line}")]
    if not accepted:
        raise DataError(f"{path}: no row is accepted; write x into the column 'accept' of the rows you accept")
    return accepted


_EXPECTED = "data-issues.csv of a run, with an x in the column 'accept' of what you accept"


def _accepts(row: Mapping[str, str | None], where: str) -> bool:
    if "accept" not in row:
        return True
    said = (row["accept"] or "").strip().lower()
    if said not in _YES | _NO:
        raise DataError(f"{where}, column 'accept': x, yes, 1, true or nothing are allowed, got {row['accept']!r}")
    return said in _YES


def _fix(row: Mapping[str, str | None], where: str) -> Fix:
    cell = {name: unguarded(str(row.get(name) or "")) for name in (*_NEEDED, "file")}
    if cell["what"] not in WHATS:
        raise DataError(f"{where}, column 'what': {', '.join(WHATS)} are allowed, got {cell['what']!r}")
    return Fix(where, cell["what"], cell["file"], cell["row"].strip(), cell["labels"], cell["suggested"])


@dataclass(frozen=True)
class _Rows:
    """Texts by the place they came from."""

    by_place: Mapping[tuple[str, str], Sequence[int]]

    @classmethod
    def of(cls, dataset: Dataset) -> _Rows:
        """By name of file and row; the folder may have moved."""
        found: dict[tuple[str, str], list[int]] = {}
        origins = dataset.origins
        if origins is not None:
            for row, (file, number) in enumerate(zip(origins.files, origins.rows, strict=True)):
                found.setdefault((Path(file).name, str(number)), []).append(row)
        return cls(found)

    def find(self, fix: Fix) -> int:
        rows = self.by_place.get((Path(fix.file).name, fix.row), ())
        if len(rows) != 1:
            said = "is no row of these data" if not rows else f"stands for {len(rows)} rows of these data"
            raise DataError(
                f"{fix.where}: row {fix.row!r} of {fix.file!r} {said}; use the file of issues of a run on these very "
                "data"
            )
        return rows[0]


def _relabelled(before: Part, row: int, fix: Fix, names: _Names) -> NDArray[np.bool_]:
    if (names.row_of(fix.labels, f"{fix.where}, column 'labels'") != before.labels[row]).any():
        now = ", ".join(before.space.said(before.labels[row])) or "none"
        raise DataError(
            f"{fix.where}: the labels of row {fix.row} of {fix.file} are {now} now, not {fix.labels}; the file of "
            "issues is older than the data: make it anew with tagpress doctor"
        )
    return names.row_of(fix.suggested, f"{fix.where}, column 'suggested'")


@dataclass(frozen=True)
class _Names:
    """What the names of classes stand for once some are merged.

    Attributes:
        space: of the labels, with the classes that are left.
        renamed: merged classes, each with the one that it becomes.
    """

    space: LabelSpace
    renamed: Mapping[str, str]

    @classmethod
    def of(cls, dataset: Dataset, merges: Sequence[Fix]) -> _Names:
        classes, renamed = dataset.classes, dict[str, str]()
        for fix in merges:
            for name in (fix.labels, fix.suggested):
                if name not in classes or dataset.task == "binary":
                    raise DataError(f"{fix.where}: {name!r} is no class that can be merged; classes: {listed(classes)}")
            a, b = (_end_of(name, renamed) for name in (fix.labels, fix.suggested))
            if a == b:
                raise DataError(
                    f"{fix.where}: {fix.labels!r} and {fix.suggested!r} are one class already; leave it out"
                )
            renamed[a] = b
        left = tuple(name for name in classes if name not in renamed)
        if len(left) < 2 and renamed:
            raise DataError(f"{merges[-1].where}: at least 2 classes are needed, and this merge leaves {len(left)}")
        space = replace(dataset.everything.space, classes=left, shares=())
        return cls(space, {name: _end_of(name, renamed) for name in renamed})

    def merged(self, part: Part) -> Part:
        """The part with the classes that are left."""
        if not self.renamed:
            return part
        labels = np.zeros((len(part), len(self.space.classes)), np.bool_)
        for column, name in enumerate(part.classes):
            labels[:, self.space.classes.index(self.renamed.get(name, name))] |= part.labels[:, column]
        return replace(part, labels=labels, classes=self.space.classes, taxonomy=self._taxonomy(part))

    def _taxonomy(self, part: Part) -> tuple[TaxonomyEntry, ...]:
        """Names of a merged class are names of what it became; what stood below it stands below that."""
        found = {entry.tag: entry for entry in part.taxonomy}
        for name, new in self.renamed.items():
            old, kept = found.pop(name, None), found.get(new)
            if old is not None and kept is not None:
                found[new] = replace(kept, aliases=tuple(dict.fromkeys((*kept.aliases, *old.aliases))))
        known = {tag: [self.renamed.get(p, p) for p in entry.parents] for tag, entry in found.items()}
        kept_parents = {tag: tuple(dict.fromkeys(p for p in own if p != tag)) for tag, own in known.items()}
        return tuple(replace(entry, parents=kept_parents[tag]) for tag, entry in found.items())

    def row_of(self, cell: str, where: str) -> NDArray[np.bool_]:
        """0/1 row of the labels in a cell; bool (n_classes,)."""
        task, row = self.space.task, np.zeros(len(self.space.classes), np.bool_)
        given = names_in(cell, task, where)
        if task != "multilabel" and len(given) != 1:
            raise DataError(f"{where}: one label is needed, got none; write it there, or don't accept the row")
        for name in (self.renamed.get(name, name) for name in given):
            if name not in self.space.names:
                raise DataError(f"{where}: {name!r} is not a class; classes: {listed(self.space.names)}")
            if name in self.space.classes:
                row[self.space.classes.index(name)] = True
        return row


def _end_of(name: str, renamed: Mapping[str, str]) -> str:
    while name in renamed:
        name = renamed[name]
    return name
