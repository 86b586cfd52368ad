"""How the report speaks of metrics: what stands over a column, beside an axis, before a difference."""

from __future__ import annotations

from dataclasses import dataclass

from bench.results.run import MetricFacts, Run


@dataclass(frozen=True)
class MetricWords:
    """One metric in words.

    Attributes:
        name: in results.json, such as `f1_weighted`.
        title: in a sentence, such as "weighted F1".
        higher_is_better: False for losses.
    """

    name: str
    title: str
    higher_is_better: bool = True

    @property
    def heading(self) -> str:
        """At the start of a line or over a column: "Weighted F1"."""
        return self.title[:1].upper() + self.title[1:]

    @property
    def difference(self) -> str:
        """Before a difference. A positive one is better, of losses too."""
        return f"Δ {self.title}"

    @property
    def short(self) -> str:
        """Where there is room for a word or two: without the name of a class."""
        return self.title.split(" of ")[0]

    @property
    def direction(self) -> str:
        """Which way is better."""
        return "higher is better" if self.higher_is_better else "lower is better"

    @property
    def caution(self) -> str:
        """What has to be said beside a loss; "" where more is better, as everybody expects."""
        return "" if self.higher_is_better else "lower is better"

    def utility(self, value: float) -> float:
        """The value as something of which more is better."""
        return value if self.higher_is_better else -value


def headline_metric(run: Run) -> MetricWords:
    """The metric that the verdict is about."""
    return _words(run.metric)


def metrics_of(run: Run) -> list[MetricWords]:
    """Every metric of the run, the one that the verdict is about first."""
    others = (facts for name, facts in run.metrics.items() if name != run.metric.name)
    return [headline_metric(run), *map(_words, others)]


def _words(facts: MetricFacts) -> MetricWords:
    return MetricWords(facts.name, facts.title, facts.higher_is_better)
