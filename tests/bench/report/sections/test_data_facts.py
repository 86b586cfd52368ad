"""The task, how it was found, and how texts are cleaned."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.sections import first_screen
from bench.report.sections.data_facts import collision_warning, data_facts
from tests.cases.facts_case import facts_of
from tests.cases.report_case import make_results
from tests.cases.report_tasks_case import binary_results, multiclass_results


@pytest.mark.parametrize(
    ("results", "task", "judged"),
    [
        (make_results(), "any number of 8 classes (multilabel)", "Weighted F1, higher is better"),
        (multiclass_results("log_loss"), "one of 77 classes (multiclass)", "Log loss, lower is better"),
        (binary_results(), "yes or no (binary): spam <b>, or ham & co", "F1 of spam <b>, higher is better"),
    ],
)
def test_the_task_is_said_with_how_it_was_found(results: dict[str, Any], task: str, judged: str) -> None:
    pairs = dict(data_facts(facts_of(results))["pairs"])
    assert pairs["Task"] == task
    assert pairs["Judged by"] == judged
    assert pairs["How it was found"] == results["dataset"]["task_found"]


def test_the_cleanings_are_ranked_and_the_chosen_one_is_marked() -> None:
    found = data_facts(facts_of(make_results()))["cleaning"]
    assert [(row["name"], row["chosen"], row["score"], row["collisions"]) for row in found["rows"]] == [
        ("words", True, "0.712", "0"), ("raw", False, "0.709", "—"), ("course", False, "0.655", "12"),
    ]  # fmt: skip
    assert found["score"] == "Weighted F1 on validation"


def test_of_a_loss_the_lowest_is_the_best() -> None:
    found = data_facts(facts_of(multiclass_results("log_loss")))["cleaning"]
    assert [row["name"] for row in found["rows"]] == ["course", "raw", "words"]
    assert found["score"] == "Log loss on validation, lower is better"


def test_a_cleaning_that_makes_unlike_texts_equal_is_shown_with_two_examples() -> None:
    (warning,) = data_facts(facts_of(make_results()))["cleaning"]["warnings"]
    assert (warning["name"], warning["n"]) == ("course", "12 groups of texts")
    assert [[t["text"] for t in example] for example in warning["examples"]] == [
        ["it is <i>good</i>", "it is not <i>good</i>"],
        ["C++", "C#"],
    ]
    assert warning["examples"][1][1]["labels"] == "none"


def test_collisions_of_the_chosen_cleaning_stand_on_the_first_screen() -> None:
    results = make_results()
    assert collision_warning(facts_of(results)) == ""
    results["cleaning"]["chosen"] = "course"
    warning = collision_warning(facts_of(results))
    assert "The cleaning course makes texts with different labels equal (12 groups of texts)" in warning
    assert warning in first_screen.warnings(facts_of(results))


def test_where_nothing_was_chosen_nothing_is_said_of_cleaning() -> None:
    results = make_results() | {"cleaning": None}
    assert data_facts(facts_of(results))["cleaning"] is None


def test_copies_conflicts_and_rules_of_the_split_are_said() -> None:
    results = make_results()
    results["dataset"]["copies"] = {"from_train": 75, "from_validation": 1, "kept": 0}
    example = {"text": "the <b>same</b> text", "labels": [["a"], [], ["a"]]}
    duplicates = {"conflicts": {"groups": 2, "documents": 5, "examples": [example]}}
    results["data_card"] |= {"duplicates": duplicates, "grouped": True, "in_time": True}
    pairs = dict(data_facts(facts_of(results))["pairs"])
    assert pairs["Copies in two parts"] == (
        "75 training texts that also stand in validation or test were left out; "
        "1 validation text that also stands in test was left out"
    )
    conflicts = pairs["Equal texts, other labels"]
    assert conflicts == "5 texts in 2 groups of texts, such as “the <b>same</b> text”: a or none"
    assert pairs["Split"] == "groups stay in one part; training is on the past, the test part is the latest"
    assert not {"Copies in two parts", "Split"} & dict(data_facts(facts_of(make_results()))["pairs"]).keys()


def test_copies_that_stayed_are_a_warning() -> None:
    results = make_results()
    results["dataset"]["copies"] = {"from_train": 0, "from_validation": 0, "kept": 12}
    (warning,) = [said for said in first_screen.warnings(facts_of(results)) if "--copies keep" in said]
    assert warning.startswith("12 training or validation texts also stand in a part that judges")
