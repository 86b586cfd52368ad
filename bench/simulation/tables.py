"""What the simulations found, as tables for the terminal and for documents, and what broke its promise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from bench.numbers.quantities import percent
from bench.simulation.recommendations import Rates
from bench.simulation.repeat import Repeated
from bench.simulation.score_intervals import CoverageRow
from bench.simulation.speed import MARGINS, SpeedRow

# At most that many claims of a kind may be wrong; two standard errors of a simulation are allowed for.
PROMISED, ERRORS = 0.05, 2
# Coverage that is promised of an interval.
LEAST_COVERED = 0.93


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        title: above it.
        columns: headings, the first of names.
        rows: texts, as many as columns.
        broken: sentences about promises that were broken.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    broken: tuple[str, ...] = ()

    def markdown(self) -> str:
        """The table for a document."""
        lines = ["| " + " | ".join(self.columns) + " |", "|---" + "|---:" * (len(self.columns) - 1) + "|"]
        return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in self.rows)])


def of_recommendations(found: Iterable[Rates]) -> Table:
    """How often a recommendation was wrong."""
    columns = (
        "scenario",
        "runs",
        "recommended",
        "wrong (standard error)",
        "wrong words",
        "all intervals hold",
        "one holds",
        "wrong if alone",
    )
    rows, broken = [], []
    for r in found:
        wrong = f"{percent(r.wrong)} ({percent(r.error_of(r.wrong))})"
        shares = (r.wrong_words, r.covered, r.covered_one, r.wrong_alone)
        rows.append((r.scenario.name, f"{r.runs:,}", percent(r.recommended), wrong, *map(percent, shares)))
        for what, rate in (("wrong recommendations", r.wrong), ("wrong words", r.wrong_words)):
            if rate > PROMISED + ERRORS * r.error_of(PROMISED):
                broken.append(f"{r.scenario.name}: {what} in {percent(rate)}")
        if r.scenario.n_test >= 100 and r.covered < LEAST_COVERED - ERRORS * r.error_of(0.95):
            broken.append(f"{r.scenario.name}: all intervals together hold in {percent(r.covered)} only")
    return Table("Recommendations among thirty models", columns, tuple(rows), tuple(broken))


def of_scores(found: Sequence[CoverageRow]) -> Table:
    """How often intervals of scores hold the true score; few texts, and few positives, are shown but not judged."""
    columns = ("population", "metric", "texts", "positives", "coverage (standard error)", "mean width", "percentile")
    rows = [
        (
            row.population,
            row.metric,
            f"{row.n:,}",
            "" if row.positives is None else str(row.positives),
            f"{percent(row.coverage)} ({percent(row.standard_error)})",
            f"{row.width:.3f}",
            "" if row.percentile is None else percent(row.percentile),
        )
        for row in found
    ]
    broken = [
        f"{row.population}, {row.metric}, {row.n:,} texts: {percent(row.coverage)}"
        for row in found
        if row.n >= 100 and row.coverage < LEAST_COVERED - ERRORS * sqrt(0.95 * 0.05 / row.runs)
    ]
    return Table("Intervals of scores", columns, tuple(rows), tuple(broken))


def of_speed(found: Sequence[SpeedRow]) -> Table:
    """How often one of thirty models was called faster or slower."""
    columns = (
        *("process effect", "processes", "rounds", "true ratio", "interval", "coverage"),
        *(f"any word, margin {percent(m)}" for m in MARGINS),
        *(f"words a model, margin {percent(m)}" for m in MARGINS),
    )
    rows, broken = [], []
    for r in found:
        s = r.scenario
        plan = (percent(s.process_effect), str(s.processes), str(s.rounds), f"{s.true_ratio:g}", s.method)
        words = [percent(r.any_word[m]) for m in MARGINS] + [percent(r.words[m]) for m in MARGINS]
        rows.append((*plan, percent(r.coverage), *words))
        for margin in MARGINS:
            if (
                s.method == "study"
                and s.true_ratio == 1
                and r.any_word[margin] > PROMISED + ERRORS * r.error_of(margin)
            ):
                broken.append(f"process effect {percent(s.process_effect)}: a word in {percent(r.any_word[margin])}")
    return Table("Speed of thirty models", columns, tuple(rows), tuple(broken))


def of_repeats(found: Sequence[Repeated]) -> Table:
    """Whether a verdict stays when a run is measured again."""
    columns = ("measurement", "recommended", "refused for slowness", "noise floor")
    rows = [
        (str(n), one.model or "nothing", ", ".join(one.refused) or "none", percent(one.noise_floor))
        for n, one in enumerate(found, 1)
    ]
    models = sorted({one.model or "nothing" for one in found})
    broken = (f"{len(found)} measurements recommend {' and '.join(models)}",) if len(models) > 1 else ()
    return Table("The same run, measured again", columns, tuple(rows), broken)
