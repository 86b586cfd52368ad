"""Looks at the test part in the report: a line among the data, and a warning where there were more than this one."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.sections.looks import looks_said, looks_warning


def looked(own: int, others: dict[str, int | None], models: int = 14) -> dict[str, Any]:
    entries = [{"run": run, "looks": n} for run, n in others.items()]
    return {"test_looks": {"own": own, "by_other_runs": entries, "models": models}}


def test_the_line_says_who_looked_and_how_many_models_were_judged() -> None:
    assert looks_said(looked(2, {"a": 1, "b": None})) == (
        "2 by this run, 1 by run a, an unknown number by run b; 14 models judged on it"
    )
    assert looks_said({}) == looks_said({"test_looks": None}) == ""


@pytest.mark.parametrize(
    ("own", "others", "said"),
    [
        (2, {}, "looked at once, by this run itself:"),
        (1, {"a": 2, "b": 1}, "looked at 3 times, by runs a and b:"),
        (3, {"a": 1}, "looked at 3 times, by this run itself and run a:"),
        (1, {"a": 2, "b": None}, "looked at at least 2 times, by runs a and b:"),
        (1, {"b": None}, "looked at an unknown number of times, by run b:"),
    ],
)
def test_more_looks_are_warned_of(own: int, others: dict[str, int | None], said: str) -> None:
    warning = looks_warning(looked(own, others))
    assert said in warning
    assert warning.endswith("a model chosen after such looks is judged too kindly.")


def test_one_look_needs_no_warning() -> None:
    assert looks_warning(looked(1, {})) == looks_warning({}) == ""
