"""First screen, table and provenance of the report: results.json turned into short texts for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report.charts.tradeoff import Scene
from bench.results.row import Row, rows_of
from bench.verdict.front import Front, front_of, standard_axes
from bench.verdict.gates import Checked
from bench.verdict.judge import Verdict
from bench.verdict.speed_claims import claim_floor

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """Everything the report is made from: the checked content, its rows, the verdict and the gates."""

    results: Json
    rows: Sequence[Row]
    verdict: Verdict
    gates: Sequence[Checked]
    notes: Sequence[str]
    front: Front

    @property
    def best(self) -> Row | None:
        return next((row for row in self.rows if row.name == self.verdict.model), None)

    @property
    def reference(self) -> Row | None:
        return next((row for row in self.rows if row.name == self.verdict.reference), None)

    @property
    def scene(self) -> Scene:
        always = tuple(name for name in (self.verdict.model, self.verdict.reference) if name)
        return Scene(self.rows, self.verdict.model, claim_floor(self.results), self.verdict.delta, always)


def gather(results: Json, verdict: Verdict, gates: Sequence[Checked] = (), notes: Sequence[str] = ()) -> Facts:
    """Rows and front of a run, beside its verdict and gates."""
    rows = rows_of(results)
    front = front_of(rows, standard_axes(claim_floor(results), verdict.delta))
    return Facts(results, rows, verdict, gates, notes, front)
