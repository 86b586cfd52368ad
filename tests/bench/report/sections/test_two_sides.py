"""Yes or no: counts in words, the threshold on the curves, and no headline made of the negatives."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.sections import first_screen
from bench.report.sections.two_sides import rare_note, two_sides
from tests.cases.facts_case import facts_of
from tests.cases.report_tasks_case import binary_results, multiclass_results


def found_in(results: dict[str, Any]) -> dict[str, Any]:
    facts = facts_of(results)
    found = two_sides(facts.run.models["student-int8"], facts)
    assert found is not None
    return found


def test_the_four_counts_are_named_and_said() -> None:
    found = found_in(binary_results())
    assert [(c["name"], c["n"], c["kind"]) for c in found["counts"]] == [
        ("Found", "138", "right"), ("Missed", "11", "wrong"), ("Rightly left", "962", "right"),
        ("False alarms", "4", "wrong"),
    ]  # fmt: skip
    assert found["counts"][3]["says"] == "ham & co, answered “spam <b>”"
    assert found["sentence"].startswith("138 of 149 texts that are spam <b> are found; 4 of 142 alarms are false.")
    assert "from a probability of 0.42 on" in found["sentence"]


def test_a_model_that_never_says_yes_has_no_alarm() -> None:
    results = binary_results()
    for model in results["models"]:
        if model["status"] == "measured":
            model["quality"]["confusion"] = {"tp": 0, "fp": 0, "fn": 149, "tn": 966}
    assert "0 of 149 texts that are spam <b> are found; there is no alarm." in found_in(results)["sentence"]


def test_the_curves_carry_the_threshold_and_their_areas() -> None:
    curves, roc = found_in(binary_results())["charts"]
    assert "average precision 0.978" in curves["title"]
    assert "area 0.991" in roc["title"]
    for chart in (curves, roc):
        assert "threshold 0.42" in chart["svg"]
        assert "<b>" not in chart["svg"]


def test_without_a_point_the_curves_have_no_mark() -> None:
    results = binary_results()
    for model in results["models"]:
        model.get("roc", {}).pop("at_threshold", None)
    assert all("threshold 0.42" not in chart["svg"] for chart in found_in(results)["charts"])


def test_other_tasks_have_no_two_sides() -> None:
    facts = facts_of(multiclass_results())
    assert two_sides(facts.run.models["cnn"], facts) is None


@pytest.mark.parametrize("metric", ["accuracy", "f1", "roc_auc"])
def test_rare_positives_say_what_always_no_would_reach(metric: str) -> None:
    note = rare_note(facts_of(binary_results(metric)))
    assert note.startswith("13 % of the test texts are spam <b>. Always answering “ham & co” would be right for 87 %")
    assert "F1 of spam <b> 0.000" in note
    assert rare_note(facts_of(binary_results(metric, rare=False))) == ""


def test_the_headline_of_rare_positives_is_never_accuracy() -> None:
    assert first_screen.tiles(facts_of(binary_results("accuracy")))[0]["name"] == "F1 of spam <b>"
    assert first_screen.tiles(facts_of(binary_results("accuracy", rare=False)))[0]["name"] == "Accuracy"
    assert first_screen.tiles(facts_of(binary_results("mcc")))[0]["name"] == "Matthews correlation"
