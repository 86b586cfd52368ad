"""Metrics in words: their names, which way is better, and what a difference is called."""

from __future__ import annotations

import pytest

from bench.report.metric_words import MetricWords, headline_metric, metrics_of
from bench.results.run import Run
from tests.cases.report_tasks_case import binary_results, multiclass_results


@pytest.mark.parametrize(
    ("title", "heading", "short"),
    [("weighted F1", "Weighted F1", "weighted F1"), ("F1 of spam", "F1 of spam", "F1"),
     ("log loss", "Log loss", "log loss"), ("ROC AUC", "ROC AUC", "ROC AUC"),
     ("top-3 accuracy", "Top-3 accuracy", "top-3 accuracy")],
)  # fmt: skip
def test_titles_fit_their_place(title: str, heading: str, short: str) -> None:
    words = MetricWords("m", title)
    assert (words.heading, words.short, words.difference) == (heading, short, f"Δ {title}")


def test_only_a_loss_is_cautioned() -> None:
    loss, gain = MetricWords("log_loss", "log loss", higher_is_better=False), MetricWords("accuracy", "accuracy")
    assert (loss.caution, loss.direction, loss.utility(0.4)) == ("lower is better", "lower is better", -0.4)
    assert (gain.caution, gain.direction, gain.utility(0.4)) == ("", "higher is better", 0.4)


def test_the_metric_of_the_verdict_comes_first_and_once() -> None:
    run = Run(multiclass_results("log_loss"))
    assert headline_metric(run).name == "log_loss"
    assert not headline_metric(run).higher_is_better
    assert [m.name for m in metrics_of(run)] == ["log_loss", "accuracy", "f1_weighted", "f1_macro", "top_3"]


def test_a_metric_of_the_positive_class_names_it() -> None:
    run = Run(binary_results())
    assert headline_metric(run).heading == "F1 of spam <b>"
