"""The section "Your data": what is shown, in which words, and what is shown where nobody looked."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report import page
from bench.report.sections import your_data
from bench.report.sections.facts import Facts
from tests.cases.facts_case import facts_of
from tests.cases.report_case import make_results


def _facts(**changes: Any) -> Facts:
    return facts_of({**make_results(), **changes})


def test_lists_hold_the_issues_and_say_how_many_there_are() -> None:
    shown = your_data.your_data(_facts())
    assert shown is not None
    titles = [each["title"] for each in shown["lists"]]
    assert titles[0] == "41 doubtful labels, the first 3 shown"
    assert "3 near copies" in titles
    first = shown["lists"][0]["rows"][0]
    assert (first["sure"], first["place"], first["part"]) == ("99 %", "row 7", "train")
    assert shown["merges"][0]["gain"] == "+0.0200 (+0.0120 to +0.0280)"
    assert shown["rare"][1]["lacks"] == "1"


def test_a_change_is_what_goes_and_what_comes() -> None:
    results = make_results()
    issue = results["data_doctor"]["issues"][0] | {"labels": ["cat", "dog"], "suggested": ["dog", "cow"]}
    results["data_doctor"]["issues"] = [issue]
    shown = your_data.your_data(facts_of(results))
    assert shown is not None
    assert shown["lists"][0]["rows"][0]["change"] == "− cat, + cow"


def test_the_sentences_name_counts_list_curve_and_fixes() -> None:
    counts, curve, effect = your_data.sentences(_facts())
    assert counts.startswith("Your data: 41 doubtful labels, ")
    assert "data-issues.csv" in counts
    assert "twice the texts might reach about 0.77" in curve
    assert "better by +0.0100" in effect


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.002, 0.018, "is better by +0.01"), (-0.018, -0.002, "is worse, "), (-0.01, 0.02, "can't be told: ")],
)
def test_fixes_are_called_better_only_where_the_interval_says_so(low: float, high: float, said: str) -> None:
    results = make_results()
    value = 0.01 if high > 0 else -0.01
    results["data_doctor"]["effect"]["difference"] = {"value": value, "low": low, "high": high}
    effect = your_data.sentences(facts_of(results))[-1]
    assert said in effect
    assert ("better by" in effect) == (low > 0)


def test_a_run_without_findings_says_so() -> None:
    assert your_data.your_data(_facts(data_doctor=None)) is None
    assert your_data.sentences(_facts(data_doctor=None)) == []
    skipped = _facts(data_doctor={"skipped": "90,000 texts"})
    assert your_data.sentences(skipped) == ["Your data weren't looked at: 90,000 texts."]
    html = page.render(skipped, {"payload": None, "reason": "none", "model": "", "example": ""})
    assert "The data weren't looked at" in html.replace("&#39;", "'")


def test_stored_texts_cannot_form_markup() -> None:
    html = page.render(_facts(), {"payload": None, "reason": "none", "model": "", "example": ""})
    section = html.split('id="your-data"')[1].split("</section>")[0]
    assert "<i>word</i>" not in section
    assert "&lt;i&gt;word&lt;/i&gt;" in section
    assert "<script" not in section
