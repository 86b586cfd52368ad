"""The table of classes: largest loss first, filtered when long, thresholds where they decide."""

from __future__ import annotations

from bench.report.sections.classes import class_rows, classes
from tests.cases.facts_case import facts_of
from tests.cases.report_case import make_results
from tests.cases.report_tasks_case import N_CLASSES, binary_results, multiclass_results


def test_the_largest_loss_comes_first_and_classes_without_a_parent_last() -> None:
    before = [{"class": "a", "f1": 0.9}, {"class": "b", "f1": 0.5}]
    now = [{"class": "new", "f1": 0.1}, {"class": "b", "f1": 0.6}, {"class": "a", "f1": {"value": 0.7}}]
    rows = class_rows(now, before)
    assert [(row["name"], row["delta"], row["sign"]) for row in rows] == [
        ("a", "−0.200", "worse"), ("b", "+0.100", "better"), ("new", "—", ""),
    ]  # fmt: skip


def test_many_classes_can_be_filtered_and_show_no_thresholds_that_decide_nothing() -> None:
    facts = facts_of(multiclass_results())
    found = classes(facts.run.models["student-int8"], facts.run.models["cnn"], facts)
    assert len(found["rows"]) == N_CLASSES
    assert found["is_long"]
    assert not found["has_thresholds"]
    assert "Threshold" not in found["columns"]
    assert found["columns"][0] == "Class"


def test_labels_keep_their_thresholds() -> None:
    facts = facts_of(make_results())
    found = classes(facts.run.models["student-int8"], None, facts)
    assert found["columns"][0] == "Label"
    assert found["columns"][-1] == "Threshold"
    assert not found["is_long"]


def test_the_one_class_of_yes_and_no_needs_no_table() -> None:
    facts = facts_of(binary_results())
    assert classes(facts.run.models["student-int8"], None, facts)["rows"] == []
