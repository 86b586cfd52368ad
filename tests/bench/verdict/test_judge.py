"""The verdict on fixed measurements: who qualifies, who is refused and why, and what is said when nobody does."""

from __future__ import annotations

from typing import Any

import pytest

from bench.results.run import Run
from bench.verdict.judge import Verdict, judge
from tests.cases.report_case import make_results


def named(results: dict[str, Any], name: str) -> dict[str, Any]:
    """One model of the results, to be changed."""
    model: dict[str, Any] = next(m for m in results["models"] if m["name"] == name)
    return model


def reason(verdict: Verdict, model: str) -> str:
    return next(item.reason for item in verdict.rejected if item.model == model)


def only(results: dict[str, Any], *names: str) -> dict[str, Any]:
    """The results with these models alone."""
    return {**results, "models": [named(results, name) for name in names]}


def test_the_smallest_qualified_model_is_recommended_in_one_sentence() -> None:
    verdict = judge(Run(make_results()))
    assert verdict.model == "student-int8"
    assert verdict.sentence == (
        "Deploy `student-int8`: the smallest of 15 models that is shown to be as good as `cnn` within 0.01 in weighted "
        "F1 (Δ weighted F1 +0.030, p 0.006 for all 14 models together), 69 × smaller, 390 × faster; "
        "`cnn-int8-dynamic` rejected, 3.1 × slower here: this CPU has no VNNI."
    )


@pytest.mark.parametrize(
    ("priority", "model"), [("smallest", "student-int8"), ("fastest", "student-int8"), ("quality", "linear")]
)
def test_the_priority_decides_among_the_qualified(priority: Any, model: str) -> None:
    assert judge(Run(make_results()), priority).model == model


def test_a_linear_model_that_wins_is_called_one() -> None:
    verdict = judge(Run(make_results()), "quality")
    assert verdict.sentence.startswith(
        "Deploy `linear`, a linear model: the best one of 15 models that is shown to be better than `cnn` ("
    )
    assert any("A linear model wins" in text for text in verdict.reasons)


def test_without_networks_nothing_is_said_of_them() -> None:
    alone = judge(Run({**only(make_results(), "linear"), "reference": "linear"}), "quality")
    assert alone.model == "linear"
    assert not any("network" in text for text in alone.reasons)


def test_a_slower_variant_is_refused_with_its_measured_ratio() -> None:
    verdict = judge(Run(only(make_results(), "cnn", "cnn-int8-dynamic")))
    assert verdict.model == "cnn"
    assert reason(verdict, "cnn-int8-dynamic") == "3.1 × slower here: this CPU has no VNNI"
    assert verdict.sentence.startswith("Keep `cnn`")


def test_with_vnni_the_reason_is_not_blamed_on_its_absence() -> None:
    results = only(make_results(), "cnn", "cnn-int8-dynamic")
    results["environment"]["vnni"] = True
    assert reason(judge(Run(results)), "cnn-int8-dynamic") == "3.1 × slower here"


def test_slower_within_the_noise_is_not_slower() -> None:
    results = only(make_results(), "cnn", "cnn-int8-dynamic")
    named(results, "cnn-int8-dynamic")["runs"][0]["ratio_to_reference"] = {"value": 1.02, "low": 1.01, "high": 1.03}
    verdict = judge(Run(results))
    assert verdict.model == "cnn-int8-dynamic"
    assert "about as fast" in verdict.sentence


def test_in_a_noisy_run_only_factors_above_two_are_claims() -> None:
    results = make_results()
    results["speed"]["noise_floor"] = 0.4
    named(results, "student-int8")["runs"][0]["ratio_to_reference"] = {"value": 0.6, "low": 0.55, "high": 0.65}
    verdict = judge(Run(results))
    assert "faster" not in verdict.sentence
    assert "no claim on speed, the run was too noisy" in verdict.sentence
    assert "`cnn-int8-dynamic` rejected, 3.1 × slower" in verdict.sentence
    assert any("the run was noisy: the reference differs from itself by up to 40 %" in text for text in verdict.reasons)
    assert reason(verdict, "student") == "as good, but 6.8 × larger (430 kB) than `student-int8`"
    assert reason(verdict, "cnn-tables") == "as good, but `student` measured better on every axis"


def test_reasons_for_distrust_come_from_the_measurement() -> None:
    results = make_results()
    results["speed"]["distrust"] = ["the baseline got the CPU for 61% of the time only"]
    named(results, "cnn-int8-dynamic")["runs"][0]["ratio_to_reference"] = {"value": 1.7, "low": 1.6, "high": 1.8}
    verdict = judge(Run(results))
    assert "slower" not in verdict.sentence
    assert any("61%" in text for text in verdict.reasons)


def test_when_nobody_qualifies_it_says_how_many_texts_it_would_take() -> None:
    verdict = judge(Run(only(make_results(), "cnn", "cnn-pruned", "tfidf-logistic")))
    assert verdict.model == "cnn"
    assert verdict.qualified == ()
    needed = verdict.claims.by_model["cnn-pruned"].texts_needed
    assert needed is not None
    assert verdict.sentence == (
        f"Keep `cnn`: no other model is shown to be as good within 0.01 in weighted F1; about {needed:,} test texts "
        "would show it for `cnn-pruned`, were it truly equal."
    )


def test_more_texts_never_help_a_model_that_is_worse() -> None:
    verdict = judge(Run(only(make_results(), "cnn", "tfidf-logistic")))
    assert verdict.sentence == "Keep `cnn`: no other model is shown to be as good within 0.01 in weighted F1."


def test_a_reference_that_is_beaten_on_every_axis_is_kept_for_now_only() -> None:
    verdict = judge(Run(only(make_results(), "cnn", "student-int4", "tfidf-logistic")))
    assert verdict.model == "cnn"
    assert verdict.sentence.startswith(
        "Keep `cnn` for now: `student-int4` measured better on every axis, but isn't shown"
    )
    assert "test texts would, were it truly equal." in verdict.sentence


def test_a_reference_that_is_smaller_than_all_that_qualify_is_kept() -> None:
    results = only(make_results(), "cnn", "linear", "cnn-tables")
    named(results, "cnn")["runs"][0]["bytes"] = 1_000
    verdict = judge(Run(results))
    assert verdict.model == "cnn"
    assert verdict.sentence == (
        "Keep `cnn`: of the 2 models shown to be as good within 0.01 in weighted F1 none is smaller; for better "
        "answers take `linear` (Δ weighted F1 +0.069, 95 % +0.026 to +0.112)."
    )
    assert judge(Run(results), "fastest").model == "linear"


def test_models_without_a_bundle_are_not_recommended() -> None:
    results = only(make_results(), "cnn", "student-int8")
    for run in named(results, "student-int8")["runs"]:
        run["runtime"] = "torch"
    verdict = judge(Run(results))
    assert verdict.model == "cnn"
    assert reason(verdict, "student-int8") == "as good, but no bundle was measured (only torch)"
    assert any("A bundle for `student-int8`" in text for text in verdict.would_change)


def test_skipped_and_failed_models_keep_their_reason() -> None:
    verdict = judge(Run(make_results()))
    assert reason(verdict, "transformer-frozen").startswith("skipped: needs the extra")
    assert reason(verdict, "student-pruned").startswith("failed: NotCompressible")


def test_a_variant_whose_quality_collapsed_is_never_recommended() -> None:
    results = make_results()
    chosen = judge(Run(results)).model
    assert chosen is not None
    named(results, chosen)["audit"] = {"failed": "validation F1 fell by 0.034, more than 0.02"}
    verdict = judge(Run(results))
    assert verdict.model != chosen
    assert reason(verdict, chosen) == "validation F1 fell by 0.034, more than 0.02"


def test_dominated_models_name_their_dominator() -> None:
    rejected = {item.model: item for item in judge(Run(make_results())).rejected}
    assert rejected["cnn-tables-int8"].dominated_by == "student-int8"
    assert rejected["linear"].dominated_by is None


def test_without_the_reference_nothing_is_called_as_good() -> None:
    results = make_results()
    results["models"] = [m for m in results["models"] if m["name"] != "cnn"]
    verdict = judge(Run(results))
    assert verdict.model is None
    assert verdict.sentence.startswith("No reference model was measured")
    assert "`linear`, weighted F1 0.730" in verdict.sentence


def test_a_reference_that_failed_is_no_reference() -> None:
    results = make_results()
    named(results, "cnn").update(status="failed", reason="out of memory", quality=None)
    assert judge(Run(results)).model is None


def test_differences_over_folds_come_before_those_of_one_split() -> None:
    results = make_results()
    results["folds"] = {
        "k": 5,
        "models": {"student-int4": {"delta": {"value": 0.004, "low": -0.004, "high": 0.012}}},
    }
    verdict = judge(Run(results))
    assert verdict.model == "student-int4"
    assert "(5 folds)" in verdict.reasons[0]


def test_it_is_a_pure_function() -> None:
    results = make_results()
    assert judge(Run(results)) == judge(Run(results))
    assert results == make_results()


def test_the_verdict_says_how_many_copies_left_training() -> None:
    results = make_results()
    results["dataset"]["copies"] = {"from_train": 75, "from_validation": 0, "kept": 0}
    said = "75 training texts that also stand in validation or test were left out."
    assert judge(Run(results)).reasons[-1] == said
    assert said not in judge(Run(make_results())).reasons
