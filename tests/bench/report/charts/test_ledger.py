"""The waterfall shows a fall as better where less is better."""

from __future__ import annotations

import pytest

from bench.report.charts.ledger import ledger_bars, ledger_spec
from bench.report.metric_words import MetricWords

LOSS, GAIN = MetricWords("log_loss", "log loss", higher_is_better=False), MetricWords("accuracy", "accuracy")
STEPS = [{"step": "a", "score": {"value": 0.5}, "bytes": 10}, {"step": "b", "score": 0.4, "bytes": 20}]


@pytest.mark.parametrize(("metric", "change"), [(LOSS, "better"), (GAIN, "worse")])
def test_the_colour_follows_the_metric(metric: MetricWords, change: str) -> None:
    assert [bar["change"] for bar in ledger_bars(STEPS, "score", metric)] == ["start", change]


def test_bytes_are_better_when_fewer_whatever_the_metric() -> None:
    assert ledger_bars(STEPS, "bytes", GAIN)[1]["change"] == "worse"


def test_the_title_names_the_metric_and_its_direction() -> None:
    spec = ledger_spec(STEPS, "score", LOSS)
    assert spec is not None
    assert spec["title"] == "Log loss, lower is better"
