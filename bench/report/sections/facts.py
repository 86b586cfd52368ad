"""Everything the sections of a report are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.charts.tradeoff import Scene
from bench.report.metric_words import MetricWords, headline_metric, metrics_of
from bench.results.row import Json, Row
from bench.results.run import Run
from bench.verdict.front import Front, front_of, standard_axes, worth_having
from bench.verdict.gates import Checked
from bench.verdict.judge import Verdict


@dataclass(frozen=True)
class Facts:
    """A run with its verdict, its gates and its front."""

    run: Run
    verdict: Verdict
    gates: Sequence[Checked]
    front: Front

    @property
    def results(self) -> Json:
        """The content of results.json."""
        return self.run.content

    @property
    def rows(self) -> Sequence[Row]:
        return self.run.rows

    @property
    def metric(self) -> MetricWords:
        """What the verdict, and every score without another name, is about."""
        return headline_metric(self.run)

    @property
    def metrics(self) -> Sequence[MetricWords]:
        """Every metric of the run, that of the verdict first."""
        return metrics_of(self.run)

    @property
    def best(self) -> Row | None:
        return self.run.by_name.get(self.verdict.model or "")

    @property
    def reference(self) -> Row | None:
        return self.run.by_name.get(self.verdict.reference or "")

    @property
    def sampled(self) -> str:
        """`5,000 of 150,000 test texts, drawn at random`, of what only so many were asked for; "" where all were."""
        found = self.results.get("sampled")
        return f"{found['texts']:,} of {found['of']:,} test texts, drawn at random" if found else ""

    @property
    def scene(self) -> Scene:
        always = tuple(name for name in (self.verdict.model, self.verdict.reference) if name)
        return Scene(
            self.rows,
            self.metric,
            self.verdict.model,
            self.run.claim_floor,
            self.verdict.delta,
            always,
            self.verdict.claims.by_model,
        )


def gather(run: Run, verdict: Verdict, gates: Sequence[Checked] = ()) -> Facts:
    """The front of a run, beside its verdict and gates."""
    return Facts(run, verdict, gates, front_of(worth_having(run.rows), standard_axes(run.claim_floor, verdict.delta)))
