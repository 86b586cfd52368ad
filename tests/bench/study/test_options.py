"""What a study leaves out on large data unless it is asked for, and gates that its task doesn't have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.dataset import Dataset, Part, Split
from baselines.errors import DataError
from baselines.models.registry import BASELINES
from bench.cost.bill import Prices
from bench.study.options import StudyOptions, options_of, slow_rungs
from bench.study.parser import study_parser
from bench.study.wishes import Wishes
from bench.verdict.gates import parse_gate


def large(n: int, n_classes: int) -> Dataset:
    """Texts of which all but 20 are for training."""
    labels = np.eye(n_classes, dtype=bool)[np.arange(n) % n_classes]
    part = Part(("a text",) * n, labels, tuple(f"c{i:02}" for i in range(n_classes)), task="multiclass")
    rows = np.arange(n)
    return Dataset("large", part, Split(rows[20:], rows[:10], rows[10:20]))


def asked(data: Dataset, **wishes: object) -> StudyOptions:
    return options_of(replace(Wishes(), **wishes), data, "")  # type: ignore[arg-type]


def test_of_many_texts_and_classes_slow_rungs_wait_to_be_asked_for() -> None:
    data = large(20_000, 77)
    found = asked(data).slow
    assert set(found) == {"tfidf-boosting", "ensemble"}
    assert "minutes on 19,980 training texts of 77 classes" in found["tfidf-boosting"]
    assert found["tfidf-boosting"].endswith("--baseline tfidf-boosting trains it")
    assert set(asked(data).baselines) == set(BASELINES), "what is left out has a row that says why"
    assert set(asked(data, baseline=("tfidf-boosting",)).slow) == set()
    with pytest.raises(DataError, match="--baseline has no effect in the whole study"):
        asked(data, baseline=("tfidf-knn",))


def test_nothing_is_left_out_of_usual_data_nor_of_what_was_named() -> None:
    assert slow_rungs(large(10_000, 10), set()) == {}
    assert asked(large(20_000, 77), method="fold", baseline=("tfidf-boosting",)).slow == {}


def test_a_gate_of_another_task_or_class_is_refused_before_training() -> None:
    data = large(100, 3)
    assert asked(data, gates=(parse_gate("recall[c01] >= 0.8"), parse_gate("accuracy >= 0.9"))).gates
    with pytest.raises(DataError, match="no scores of a class 'c09'; there are: c00, c01, c02"):
        asked(data, gates=(parse_gate("recall[c09] >= 0.8"),))
    with pytest.raises(DataError, match="task multiclass has no metric 'f1_micro'; allowed: accuracy"):
        asked(data, gates=(parse_gate("f1_micro >= 0.8"),))


def test_prices_are_the_users_or_none() -> None:
    data = large(100, 3)
    assert asked(data).prices == Prices()
    wishes = study_parser("study").parse_args(["--carbon-per-kwh", "380", "--price-per-hour", "0.5"])
    given = asked(data, carbon_per_kwh=wishes.carbon_per_kwh, price_per_hour=wishes.price_per_hour)
    assert given.prices == Prices(per_hour=0.5, carbon_per_kwh=380.0)
    with pytest.raises(SystemExit):
        study_parser("study").parse_args(["--carbon-per-kwh", "-1"])
