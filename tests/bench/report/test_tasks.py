"""The reports of every task: in their format, named by their metric, and safe whatever classes are called."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from baselines.escaping.visible import visible
from bench.report.terminal import print_report
from bench.results.file import check_results
from bench.verdict.conclude import conclude
from tests.cases.facts_case import facts_of
from tests.cases.hostile_case import CLASSES
from tests.cases.page_case import Elements
from tests.cases.report_case import make_results
from tests.cases.report_tasks_case import NEGATIVE, POSITIVE, binary_results, multiclass_results
from tests.cases.schema_case import undescribed

RUNS = {
    "several labels": make_results(),
    "one of many": multiclass_results(),
    "one of many, by loss": multiclass_results("log_loss"),
    "yes and no": binary_results(),
}


@pytest.mark.parametrize("results", RUNS.values(), ids=RUNS)
def test_the_measurements_are_those_that_the_format_describes(results: dict[str, Any]) -> None:
    concluded = conclude(results)
    check_results(concluded)
    assert {place for place in undescribed(concluded) if not place.startswith(".data_card")} == set()


@pytest.fixture(params=[("many", "accuracy"), ("loss", "log loss")], ids=["accuracy", "log loss"])
def many(request: pytest.FixtureRequest, task_pages: Path) -> tuple[Path, str]:
    """Reports of many classes, and what they are judged by."""
    name, title = request.param
    return task_pages / name, title


def test_no_headline_speaks_of_f1_where_something_else_is_judged(many: tuple[Path, str]) -> None:
    folder, title = many
    page = (folder / "report.html").read_text(encoding="utf-8")
    verdict = Elements(page[page.index('<section id="verdict"') : page.index('<section id="texts"')]).text
    assert title in verdict
    assert "F1" not in verdict
    above = (folder / "report.md").read_text(encoding="utf-8").split("## Data and task")[0]
    assert title in above
    assert "F1" not in above
    assert "F1" not in (folder / "tradeoff.svg").read_text(encoding="utf-8")


def test_the_terminal_names_the_metric_and_keeps_its_width(many: tuple[Path, str]) -> None:
    folder, title = many
    console = Console(width=80, record=True, file=io.StringIO())
    print_report(facts_of(json.loads((folder / "results.json").read_text(encoding="utf-8"))), console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(rf"^ +model +{title} +Δ", text, re.MULTILINE)
    assert "F1" not in text


def test_markdown_holds_confusions_and_no_markup_of_theirs(many: tuple[Path, str]) -> None:
    made = (many[0] / "report.md").read_text(encoding="utf-8")
    assert "| true class | answered instead | texts | share of the class |" in made
    assert "600 of 3,080 test texts were answered wrongly" in made
    assert "<script>" not in made


def test_the_page_of_many_classes_shows_every_name_and_runs_none(many: tuple[Path, str]) -> None:
    elements = Elements((many[0] / "report.html").read_text(encoding="utf-8"))
    assert not [tag for tag, _ in elements.tags if tag in ("img", "b>")]
    for name in CLASSES:
        assert visible(name) in elements.text
    assert elements.text.count("card_payment_intent_number_68") >= 2  # its scores, its n-grams


def test_yes_and_no_speaks_of_both_sides_and_of_the_rare_one_first(task_pages: Path) -> None:
    elements = Elements((task_pages / "two" / "report.html").read_text(encoding="utf-8"))
    tiles = elements.text[elements.text.index("Verdict ·") :][:1500]
    assert f"F1 of {POSITIVE}" in tiles
    assert f"Always answering “{NEGATIVE}”" in tiles
    for name in ("Found", "Missed", "False alarms", "Rightly left", f"ROC curve of {POSITIVE}"):
        assert name in elements.text
    made = (task_pages / "two" / "report.md").read_text(encoding="utf-8")
    assert "- False alarms: 4 (ham &amp; co, answered “spam &lt;b&gt;”)" in made
    assert "Class by class" not in elements.text


def test_the_first_gate_to_try_is_one_of_the_metric(many: tuple[Path, str]) -> None:
    page = (many[0] / "report.html").read_text(encoding="utf-8")
    expected = {"accuracy": "accuracy &gt;= 0.70", "log loss": "log_loss &lt;= 0.70"}[many[1]]
    assert f'--gate "{expected}"' in page
