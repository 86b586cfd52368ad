"""What is said of a model searched within a budget: what was tried, what the test shows, and what it doesn't."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report import markdown, page
from bench.report.sections import within_budget
from bench.verdict.gates import exit_code
from tests.cases.facts_case import facts_of
from tests.cases.report_case import make_results

MODEL = "student-int8"


def searched(limit: float, **changes: Any) -> dict[str, Any]:
    results = make_results()
    results["budget"] = {
        "model": MODEL,
        "reference": results["reference"],
        "candidates": 54,
        "drop": 0.004,
        "kept_on_validation": True,
        "gates": [f"{MODEL}: f1_weighted vs {results['reference']} max_drop {limit}", f"{MODEL}: bytes <= 10M"],
        **changes,
    }
    return results


def bounds(results: dict[str, Any]) -> tuple[float, float]:
    row = facts_of(results).run.by_name[MODEL]
    lower, upper = row.bounds
    assert lower is not None
    assert upper is not None
    return lower, upper


def test_the_luckiest_of_many_is_met_by_a_bound_on_test() -> None:
    lower, upper = bounds(searched(0.0))
    for limit, outcome, head, said in (
        (0.001 - lower, "pass", "within the budget", "it is shown to be worse by at most"),
        (
            -(lower + upper) / 2,
            "inconclusive",
            "not shown to be within the budget",
            "is not shown: the texts are too few",
        ),
        (-upper - 0.001, "fail", "not within the budget", "it is shown to be worse by more than"),
    ):
        facts = facts_of(searched(round(limit, 6)))
        assert (within_budget.outcome(facts), within_budget.head(facts)) == (outcome, head)
        sentence = within_budget.sentence(facts)
        assert sentence.startswith(
            "Budget: 54 candidates were tried on validation, where `student-int8`, the best within"
        )
        assert "0.004 worse than `cnn`. On test the difference is" in sentence
        assert "(one-sided 95 % bound)" in sentence
        assert said in sentence


def test_a_limit_on_bytes_is_exact_and_the_worst_limit_names_the_whole() -> None:
    results = searched(0.9, drop=-0.01)
    results["budget"]["gates"][1] = f"{MODEL}: bytes <= 10"
    facts = facts_of(results)
    assert within_budget.head(facts) == "not within the budget"
    assert "0.010 better than `cnn`" in within_budget.sentence(facts)
    assert within_budget.sentence(facts).endswith(f"`{MODEL}: bytes <= 10`: not within the budget.")


def test_where_nothing_keeps_it_even_on_validation_the_nearest_is_named() -> None:
    said = within_budget.sentence(facts_of(searched(0.01, kept_on_validation=False)))
    assert said.startswith("None of 54 candidates keeps the budget on validation; `student-int8` is the nearest")


def test_a_study_without_a_budget_says_nothing_of_one() -> None:
    facts = facts_of(make_results())
    assert (within_budget.outcome(facts), within_budget.head(facts), within_budget.sentence(facts)) == (None, "", "")


@pytest.mark.parametrize("limit", [0.9])
def test_it_stands_in_the_page_and_in_markdown(limit: float) -> None:
    facts = facts_of(searched(limit))
    said = "54 candidates were tried on validation"
    assert said in page.render(facts, {"payload": None, "reason": "", "model": "", "example": ""})
    assert said in markdown.render(facts, None)


def test_what_is_not_shown_ends_as_a_gate_does() -> None:
    lower, upper = bounds(searched(0.0))
    checked = within_budget._checked(facts_of(searched(round(-(lower + upper) / 2, 6))))
    assert (exit_code(checked), exit_code(checked, strict=True)) == (0, 1)
