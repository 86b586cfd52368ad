"""The bar that every model is held against: the best single baseline on validation that can be shipped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bench.study import reference

FOUND = {"cnn": 0.6, "linear": 0.7, "ensemble": 0.8, "chance": 0.9, "skipped": 0.95}


def study(names: list[str]) -> Any:
    kinds = {
        "ensemble": SimpleNamespace(kind="ensemble", forms=("ensemble",)),
        "chance": SimpleNamespace(kind="chance", forms=()),
    }
    other = SimpleNamespace(kind="other", forms=("table",))
    workshop = SimpleNamespace(skipped={"skipped": "no weights"}, classifier=lambda name: kinds.get(name, other))
    return SimpleNamespace(options=SimpleNamespace(baselines=names, reference=""), workshop=workshop)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["cnn", "linear", "ensemble", "chance", "skipped"], "linear"),
        (["cnn", "ensemble"], "cnn"),
        (["ensemble"], "ensemble"),
    ],
)
def test_an_ensemble_is_no_bar_unless_it_is_asked_for(
    names: list[str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "validation_score", lambda _, name: FOUND[name])
    one = study(names)
    assert reference.reference_of(one) == expected
    one.options.reference = "ensemble"
    assert reference.reference_of(one) == "ensemble"
