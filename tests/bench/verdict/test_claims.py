"""Claims about all models together: one function for every word, few texts claim nothing, nobody passes by luck."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from baselines.scores.influence import paired_difference
from baselines.scores.weightings import Groups
from bench.results.run import Run
from bench.verdict.claims import CLAIMS, claim, claims_of, resampled_claims
from bench.verdict.family import resampled_as_good
from bench.verdict.gates import check_gates, parse_gate
from bench.verdict.judge import judge
from tests.cases.report_case import make_results


def many(value: float, deviation: float, n: int = 30, n_texts: int = 220) -> dict[str, Any]:
    """Results with so many small models, all with this difference."""
    results = make_results()
    reference = next(m for m in results["models"] if m["name"] == "cnn")
    student = next(m for m in results["models"] if m["name"] == "student-int8")
    ends = {"value": value, "low": value - 1.96 * deviation, "high": value + 1.96 * deviation}
    delta = {**ends, "lower": value - 1.645 * deviation, "upper": value + 1.645 * deviation}
    versus = {"model": "cnn", "delta": delta, "validation": delta}
    results["models"] = [reference]
    results["models"] += [{**student, "name": f"small-{i}", "versus_reference": versus} for i in range(n)]
    names = [f"small-{i}" for i in range(n)]
    results["together"] = {"models": names, "correlation": np.eye(n).tolist()}
    results["dataset"]["split"]["test"] = n_texts
    return results


@pytest.mark.parametrize(
    ("as_good", "low", "high", "word"),
    [
        (True, 0.001, 0.02, "better"),
        (True, -0.02, 0.02, "as good"),
        (True, -0.009, -0.001, "as good"),
        (False, -0.03, -0.001, "worse"),
        (False, -0.03, 0.001, "undecided"),
        (False, None, None, "undecided"),
    ],
)
def test_there_are_four_words(as_good: bool, low: float | None, high: float | None, word: str) -> None:
    assert claim(as_good=as_good, low=low, high=high) == word
    assert word in CLAIMS


def test_what_passes_alone_does_not_pass_among_thirty() -> None:
    alone, among = (Run(many(0.0, 0.005, n)) for n in (1, 30))
    assert claims_of(alone).by_model["small-0"].claim == "as good"
    assert not any(claims_of(among).as_good(f"small-{i}") for i in range(30))
    assert judge(among).model == "cnn"


def test_models_that_change_the_same_answers_are_one_test() -> None:
    results = many(0.0, 0.005, 30)
    results["together"]["correlation"] = np.ones((30, 30)).tolist()
    assert all(claims_of(Run(results)).as_good(f"small-{i}") for i in range(30))


def test_validation_spends_the_error_where_it_promises_most() -> None:
    results = many(0.0, 0.0038, 30)
    for i, model in enumerate(results["models"][1:]):
        seen = 0.0 if i < 3 else -0.08
        stated = {"value": seen, "lower": seen - 0.01, "upper": seen + 0.01}
        model["versus_reference"] = {**model["versus_reference"], "validation": stated}
    found = claims_of(Run(results))
    assert [name for name in found.by_model if found.as_good(name)] == ["small-0", "small-1", "small-2"]
    assert (found.by_model["small-1"].spent or 0) == pytest.approx(1 / 3, rel=0.02)
    for model in results["models"][1:]:
        del model["versus_reference"]["validation"]
    assert not any(claims_of(Run(results)).as_good(name) for name in found.by_model)


@pytest.mark.parametrize("n_texts", [8, 50, 99])
def test_of_few_texts_nothing_is_claimed_and_nothing_recommended(n_texts: int) -> None:
    verdict = judge(Run(many(0.0, 0.0001, 3, n_texts)))
    assert verdict.model is None
    assert {judged.claim for judged in verdict.claims.by_model.values()} == {"undecided"}
    assert verdict.sentence.startswith(f"No recommendation: {n_texts} test texts are too few to tell models apart")
    assert "--folds" in verdict.sentence
    assert judge(Run(many(0.0, 0.0001, 3, 100))).model is not None


def test_texts_needed_are_for_a_true_difference_of_nothing() -> None:
    lucky, unlucky = (claims_of(Run(many(value, 0.02, 1))).by_model["small-0"] for value in (0.02, -0.009))
    assert lucky.claim == unlucky.claim == "undecided"
    assert lucky.texts_needed == unlucky.texts_needed == pytest.approx(224 * (2.4865 * 2) ** 2, rel=0.03)


def test_the_more_models_the_more_texts() -> None:
    one, thirty = (claims_of(Run(many(0.0, 0.02, n))).by_model["small-0"].texts_needed for n in (1, 30))
    assert one is not None
    assert thirty is not None
    assert thirty > 1.5 * one


def test_without_stored_correlations_the_error_still_holds() -> None:
    results = many(0.0, 0.0036, 5)
    assert claims_of(Run(results)).as_good("small-0")
    del results["together"]
    assert claims_of(Run(results)).by_model["small-0"].p_value == pytest.approx(5 * 0.00274, rel=0.05)


def test_folds_are_judged_by_students_t() -> None:
    results = many(0.0, 0.004, 1)
    delta = {"value": 0.0, "low": -0.008, "high": 0.008, "lower": -0.0061}
    results["folds"] = {"k": 5, "reference": "cnn", "models": {"small-0": {"delta": delta}}}
    found = claims_of(Run(results)).by_model["small-0"]
    assert found.claim == "as good"
    assert found.p_value == pytest.approx(0.0129, abs=0.002)
    said = " ".join(judge(Run(results)).reasons)
    assert "The folds judge the recipe, made 5 times; the file that is shipped is one training" in said


def test_a_gate_on_the_chosen_model_is_judged_with_all() -> None:
    chosen = parse_gate("f1_weighted vs cnn max_drop 0.01")
    named = parse_gate("small-0: f1_weighted vs cnn max_drop 0.01")
    run = Run(many(0.0, 0.005, 30))
    assert check_gates(run, [chosen], "small-0")[0].outcome == "inconclusive"
    assert check_gates(run, [named], "small-0")[0].outcome == "pass"
    assert check_gates(Run(many(0.0, 0.001, 30)), [chosen], "small-0")[0].outcome == "pass"
    assert check_gates(Run(many(-0.05, 0.001, 30)), [chosen], "small-0")[0].outcome == "fail"


def test_how_often_the_winner_changes_is_said() -> None:
    verdict = judge(Run(make_results()))
    assert verdict.chosen == {"student-int8": pytest.approx(0.61), "cnn": pytest.approx(0.39)}
    assert verdict.caution[0] == "`student-int8` is chosen in 61 % of resampled test sets; `cnn` in 39 %."
    assert judge(Run(make_results()), "quality").chosen == {}
    assert any("a wrong claim comes in at most 5 %" in line for line in verdict.caution)


def test_nothing_is_resampled_of_few_texts() -> None:
    found = resampled_claims(Run(many(0.0, 0.001, 3, 50)), {}, "smallest", np.random.default_rng(0))
    assert found["sets"] == []


def test_drawing_groups_of_texts_shows_models_as_often_as_drawing_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, n = np.random.default_rng(6), 3_000
    truth = rng.random((n, 4)) < 0.3
    wrong = [truth ^ (rng.random((n, 4)) < share) for share in (0.05, 0.052, 0.055, 0.06)]
    differences = [paired_difference(truth, own, wrong[0], metric="f1_micro", task="multilabel") for own in wrong[1:]]
    shares = []
    for most in (5_000, 500):
        monkeypatch.setattr("bench.verdict.family.Groups", lambda n, most=most: Groups(n, most))
        flags = resampled_as_good(differences, 0.02, np.full(3, 1 / 3), None, np.random.default_rng(0))
        shares.append(flags.mean(axis=0))
    assert shares[1] == pytest.approx(shares[0], abs=0.1)
    assert 0.02 < shares[0][1] < 0.98
