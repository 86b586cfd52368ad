"""What a study leaves out on large data unless it is asked for, and gates that its task doesn't have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.dataset import Dataset, Part, Split
from baselines.errors import DataError
from baselines.models.chance import ChanceClassifier
from baselines.models.registry import BASELINES
from bench.cost.bill import Prices
from bench.making.folds import of_folds
from bench.planning.limits import slow_rungs
from bench.study.options import StudyOptions, options_of
from bench.study.parser import study_parser
from bench.study.reference import budget_gates
from bench.study.wishes import Wishes
from bench.verdict.gates import parse_gate
from compress.search.budget import Budget, Candidate, Solution


def large(n: int, n_classes: int) -> Dataset:
    """Texts of which all but 20 are for training."""
    labels = np.eye(n_classes, dtype=bool)[np.arange(n) % n_classes]
    part = Part(("a text",) * n, labels, tuple(f"c{i:02}" for i in range(n_classes)), task="multiclass")
    rows = np.arange(n)
    return Dataset("large", part, Split(rows[20:], rows[:10], rows[10:20]))


def asked(data: Dataset, **wishes: object) -> StudyOptions:
    return options_of(replace(Wishes(), **wishes), data, "")  # type: ignore[arg-type]


def test_of_many_classes_slow_rungs_wait_to_be_asked_for() -> None:
    data = large(4_000, 200)
    found = asked(data).left_out
    assert set(found) == {"tfidf-boosting"}
    assert "minutes on 3,980 training texts of 200 classes" in found["tfidf-boosting"]
    assert found["tfidf-boosting"].endswith("--baseline tfidf-boosting trains it")
    assert set(asked(data).baselines) == set(BASELINES), "what is left out has a row that says why"
    assert asked(data, baseline=("tfidf-boosting",)).left_out == {}
    with pytest.raises(DataError, match="--baseline has no effect in the whole study"):
        asked(data, baseline=("tfidf-knn",))


def test_an_ensemble_goes_with_the_members_that_it_has_for_the_task() -> None:
    assert asked(large(4_000, 200)).members == ("linear", "cnn"), "no trees where a text has one label"
    members = {"ensemble": {"members": ["linear", "tfidf-boosting"]}}
    found = asked(large(4_000, 200), config=members)
    assert set(found.left_out) == {"tfidf-boosting", "ensemble"}
    assert found.left_out["ensemble"].endswith("--baseline ensemble trains both")


def test_nothing_is_left_out_of_usual_data_nor_of_what_was_named() -> None:
    assert slow_rungs(large(4_000, 10), set()) == {}
    assert asked(large(4_000, 200), method="fold", baseline=("tfidf-boosting",)).left_out == {}


def test_of_many_texts_small_trainings_decide_so_nothing_is_left_out_before_them() -> None:
    data = large(20_000, 77)
    assert asked(data).left_out == {}
    assert {"tfidf-knn", "tfidf-boosting"} <= asked(data, baseline=("tfidf-knn", "tfidf-boosting")).asked


def test_a_time_is_not_planned_for_folds() -> None:
    with pytest.raises(DataError, match="--folds makes every model 5 times more, which --time doesn't plan"):
        asked(large(100, 3), folds=5, time=60.0)


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


@pytest.mark.parametrize(("mixtures", "plain"), [(None, True), (2.0, True), (0.0, False)])
def test_a_plain_student_is_trained_only_where_texts_are_mixed(mixtures: float | None, plain: bool) -> None:
    config = {} if mixtures is None else {"distill": {"mixtures": mixtures}}
    options = asked(large(100, 3), method="distill", config=config)
    variants = {variant.name: variant for variant in options.variants}
    assert ("student-plain" in variants) is plain
    assert variants["student"].plain == ("student-plain" if plain else "")
    assert [name for name in variants if "plain" in name] == ["student-plain"] * plain, "one seed of it"
    if plain:
        assert variants["student-plain"].config == variants["student"].config.plain
        assert not variants["student-plain"].has_row
        assert "student-plain" not in {variant.name for variant in of_folds(options.variants)}


def test_a_budget_counts_from_the_reference_of_the_study() -> None:
    assert asked(large(100, 3), max_bytes=10_000).reference == "", "the best on validation, once the baselines are made"
    assert asked(large(100, 3), max_bytes=10_000, reference="linear").reference == "linear"


def test_the_limits_of_a_budget_are_gates_on_the_model_that_is_found() -> None:
    nearest = Candidate((), 9_000, 0.5, 0.01, None, {})
    solution = Solution(nearest, ChanceClassifier(), "", (nearest,), "accuracy", "linear")
    found = budget_gates(Budget(max_bytes=1_234_567, max_drop=0.01, max_p95_s=50e-6), solution)
    assert [gate.text for gate in found] == [
        "budget: accuracy vs linear max_drop 0.01",
        "budget: bytes <= 1234567",
        "budget: p95_s <= 50us",
    ]
    assert [gate.model for gate in found] == ["budget"] * 3
    assert found[2].limit == pytest.approx(50e-6)
    (better,) = budget_gates(Budget(max_drop=-0.02), solution)
    assert better.limit == -0.02
