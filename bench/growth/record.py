"""What was measured so far, on disk after every stage, and what it comes to: exponents and what the next size takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from baselines.errors import DataError
from baselines.storage.artifact import read_json, write_json_whole

FILE = "growth.json"
FORMAT_VERSION = 1
# Below this many texts, vocabularies and start-up are most of what is measured.
FIRST_COUNTED = 10_000
# CPU seconds below which what doesn't grow with the texts may be most of it.
LEAST_S = 0.5
# Of a stage of which only one size is known: no stage should grow faster.
_SUPPOSED = 1.2

Status = Literal["measured", "skipped", "failed"]


@dataclass(frozen=True)
class Row:
    """One stage at one size.

    Attributes:
        stage: key of `bench.growth.stages.STAGES`.
        n_texts: of training.
        status: what became of it, with `reason` where it wasn't measured.
        wall_s, cpu_s: of the stage alone, all threads counted.
        peak_bytes: largest resident memory of its process, texts and libraries included.
        score: weighted F1, where the stage has one.
    """

    stage: str
    n_texts: int
    status: Status
    reason: str = ""
    wall_s: float | None = None
    cpu_s: float | None = None
    peak_bytes: int | None = None
    score: float | None = None


@dataclass
class Record:
    """All rows of one machine and one number of classes.

    Attributes:
        n_classes: of the texts.
        command: that asked last.
        environment: of the machine.
        rows: in the order in which they were measured; one a stage and size.
    """

    n_classes: int
    command: str
    environment: dict[str, Any]
    rows: list[Row] = field(default_factory=list)

    def find(self, stage: str, n_texts: int) -> Row | None:
        """The row of a stage and size."""
        return next((row for row in self.rows if (row.stage, row.n_texts) == (stage, n_texts)), None)

    def put(self, row: Row) -> None:
        """Add a row in place of one that is no longer true."""
        self.rows = [own for own in self.rows if (own.stage, own.n_texts) != (row.stage, row.n_texts)] + [row]

    def measured(self, stage: str) -> list[Row]:
        """Rows of a stage that have figures, by size."""
        found = [row for row in self.rows if row.stage == stage and row.status == "measured"]
        return sorted(found, key=lambda row: row.n_texts)

    def write(self, folder: Path) -> None:
        """Whole or not at all."""
        content = {**vars(self), "format_version": FORMAT_VERSION, "rows": [asdict(row) for row in self.rows]}
        write_json_whole(folder / FILE, content)


def read_record(folder: Path) -> Record | None:
    """What a folder holds; None where nothing was measured there. Raises DataError for a file that is none of ours."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        content = dict(read_json(path))
        if (version := content.pop("format_version")) != FORMAT_VERSION:
            raise DataError(f"{path}: format_version {FORMAT_VERSION} is read, got {version!r}; choose another --out")
        rows = [Row(**row) for row in content.pop("rows")]
        return Record(**content, rows=rows)
    except (TypeError, ValueError, KeyError):
        raise DataError(f"{path}: isn't what this command writes; remove it, or choose another --out") from None


def exponent(rows: Sequence[Row]) -> float | None:
    """Slope of log CPU time over log texts by least squares, from FIRST_COUNTED texts on; 1 is linear.

    The first size is left out while its time is below LEAST_S, where what doesn't grow may be most of it. None where
    fewer than two sizes are left.

    Args:
        rows: measured, of one stage, by size.
    """
    points = [(row.n_texts, row.cpu_s) for row in rows if row.n_texts >= FIRST_COUNTED and row.cpu_s]
    while points and points[0][1] < LEAST_S:
        points.pop(0)
    if len(points) < 2:
        return None
    texts, seconds = np.log(np.array(points, np.float64)).T
    centred = texts - texts.mean()
    return float(centred @ (seconds - seconds.mean()) / (centred @ centred))


def expected_s(rows: Sequence[Row], n_texts: int) -> float | None:
    """Wall seconds that a size will take, from the last two sizes, or one and an exponent of 1.2; None without any."""
    known = [row for row in rows if row.n_texts < n_texts and row.wall_s]
    if not known:
        return None
    last, slope = known[-1], _SUPPOSED
    if len(known) > 1 and known[-2].wall_s and last.wall_s:
        growth = np.log(last.wall_s / known[-2].wall_s) / np.log(last.n_texts / known[-2].n_texts)
        slope = max(1.0, float(growth))
    return float((last.wall_s or 0.0) * (n_texts / last.n_texts) ** slope)


def sizes_of(rows: Iterable[Row]) -> list[int]:
    """All sizes, ascending."""
    return sorted({row.n_texts for row in rows})
