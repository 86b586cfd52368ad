"""Verdict, front, gates and comparison of runs of other tasks and metrics, losses among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from baselines.errors import DataError, RunFolderError
from bench.results.run import Run
from bench.verdict.comparison import compare
from bench.verdict.conclude import conclude
from bench.verdict.front import front_of, standard_axes
from bench.verdict.gates import Checked, check_gates, parse_gate
from bench.verdict.judge import judge
from tests.cases.report_case import make_results
from tests.cases.report_tasks_case import INTENTS, NEGATIVE, POSITIVE, binary_results, multiclass_results


def named(results: dict[str, Any], name: str) -> dict[str, Any]:
    model: dict[str, Any] = next(m for m in results["models"] if m["name"] == name)
    return model


def said(results: dict[str, Any]) -> str:
    verdict = judge(Run(results))
    return " ".join([verdict.sentence, *verdict.reasons, *verdict.would_change, *(r.reason for r in verdict.rejected)])


def outcome(results: dict[str, Any], gate: str, model: str = "student-int8") -> Checked:
    return check_gates(Run(results), [parse_gate(gate)], model)[0]


def test_the_sentence_names_the_metric() -> None:
    sentence = judge(Run(multiclass_results())).sentence
    assert "that is shown to be as good as `cnn` within 0.01 in accuracy (Δ accuracy +0.030, p 0.00" in sentence
    assert "F1" not in said(multiclass_results())
    assert f"in F1 of {POSITIVE} (Δ F1 of {POSITIVE} +0.030, p" in judge(Run(binary_results())).sentence


def test_of_a_loss_less_is_better() -> None:
    results = multiclass_results("log_loss")
    run = Run(results)
    best = min((row for row in run.rows if row.score), key=lambda row: row.score.value if row.score else 0.0)
    assert judge(run, "quality").model == "linear"
    assert "log loss lower by +0.069" in judge(run, "quality").sentence
    front = front_of(run.rows, standard_axes(0.0, 0.0, cost=("bytes",)))
    assert front.front[0] == best.name
    assert front.dominated_by["tfidf-forest"] in front.front


def test_a_rare_positive_class_is_never_praised_for_its_negatives() -> None:
    results = binary_results()
    (warning,) = [text for text in judge(Run(results)).reasons if text.startswith("Only 13 %")]
    reached = f"would reach accuracy 0.866 and F1 of {POSITIVE} 0.000."
    assert warning == f"Only 13 % of the test texts are {POSITIVE}: always answering {NEGATIVE} {reached}"
    assert not [text for text in judge(Run(binary_results(rare=False))).reasons if text.startswith("Only")]
    asked = judge(Run(binary_results("accuracy"))).reasons
    assert any(text.startswith(f"So accuracy says little here; F1 of {POSITIVE} is 0.9") for text in asked)


def test_what_is_not_better_than_guessing_is_not_recommended() -> None:
    results = multiclass_results()
    guessing = {"model": "chance-coin", "delta": {"value": 0.0, "low": -0.1, "high": 0.1}, "better": False}
    named(results, "student-int8")["versus_chance"] = guessing
    verdict = judge(Run(results))
    assert verdict.model == "student"
    reasons = {item.model: item.reason for item in verdict.rejected}
    assert reasons["student-int8"] == "not shown to be better than guessing (`chance-coin`)"
    for name in ("cnn", *verdict.qualified):
        named(results, name)["versus_chance"] = guessing
    nothing = judge(Run(results))
    assert nothing.model is None
    assert nothing.sentence.startswith("No recommendation: the reference `cnn` isn't shown to be better than guessing")


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ("accuracy >= 0.5", "pass"),
        ("top_3 >= 0.5", "pass"),
        ("log_loss <= 5", "pass"),
        ("log_loss <= 0.1", "fail"),
        (f"f1[{INTENTS[20]}] >= 0.5", "pass"),
        (f"f1[{INTENTS[20]}] >= 0.8", "inconclusive"),
        (f"recall[{INTENTS[4]}] >= 0.5", "pass"),
        (f"cnn: precision[{INTENTS[20]}] >= 0.95", "fail"),
        ("accuracy vs cnn max_drop 0.01", "pass"),
        ("top_3 vs cnn max_drop 0.01", "not_measured"),
    ],
)
def test_gates_on_any_metric_and_on_one_class(gate: str, expected: str) -> None:
    assert outcome(multiclass_results(), gate).outcome == expected


def test_a_class_is_judged_by_its_interval_where_there_is_one() -> None:
    results = binary_results()
    (entry,) = named(results, "cnn")["quality"]["per_class"][:1]
    entry["intervals"] = {"recall": {"value": 0.9, "low": 0.79, "high": 0.95}}
    gate = f"recall[{POSITIVE}] >= 0.8"
    checked = outcome(results, gate, "cnn")
    assert (checked.metric, checked.outcome, checked.low) == (f"recall[{POSITIVE}]", "inconclusive", 0.79)


def test_a_drop_in_another_metric_needs_its_stored_difference() -> None:
    results = multiclass_results()
    versus = named(results, "student-int8")["versus_reference"]
    versus |= {
        "model": "cnn",
        "deltas": {"log_loss": {"value": 0.0, "low": 0.0, "high": 0.0, "lower": 0.0, "upper": 0.0}},
    }
    assert outcome(results, "log_loss vs cnn max_drop 0.01").outcome == "pass"


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ("f1 >= 0.5", r"task multiclass has no metric 'f1'; allowed: accuracy, .*recall\[CLASS\].*bytes"),
        ("recall[nobody] >= 0.5", "no scores of a class 'nobody'; there are: .* and 65 more"),
    ],
)
def test_what_the_task_does_not_have_is_one_clear_error(gate: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        conclude(multiclass_results(), [parse_gate(gate)])


def loaded(results: dict[str, Any], name: str) -> Run:
    return Run(results, Path(name) / "results.json")


def test_runs_of_two_tasks_are_not_compared_and_of_two_metrics_by_the_first() -> None:
    with pytest.raises(RunFolderError, match=r"b/results.json: task binary, but a/results.json is multiclass"):
        compare(loaded(multiclass_results(), "a"), loaded(binary_results(), "b"))
    _, remarks = compare(loaded(multiclass_results(), "a"), loaded(multiclass_results("log_loss"), "b"))
    assert remarks[0].startswith("The runs were judged by different metrics, accuracy and log loss")
    assert compare(loaded(make_results(), "a"), loaded(make_results(), "b"))[1] == []


def test_a_loss_that_fell_is_better() -> None:
    after = multiclass_results("log_loss")
    for key in ("value", "low", "high"):
        named(after, "linear")["quality"]["log_loss"][key] -= 0.5
    changes, _ = compare(loaded(multiclass_results("log_loss"), "a"), loaded(after, "b"))
    found = {(c.model, c.figure): c.kind for c in changes if c.kind != "unchanged"}
    assert found == {("linear", "log_loss"): "better"}
