"""Faster, slower, and everything between: one rule for verdict, report, terminal and Markdown, with a margin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.numbers.quantities import Estimate
from bench.report.sections.facts import gather
from bench.report.sections.first_screen import speed_note, speed_rule
from bench.results.row import estimate
from bench.results.run import Run
from bench.verdict.judge import judge
from bench.verdict.speed_claims import is_faster, is_quicker, is_refused, is_slower, speed_text
from tests.cases.report_case import make_results


def results_with(ratio: dict[str, float | None], **speed: Any) -> dict[str, Any]:
    """A CNN and a variant of it, at this ratio."""
    results = make_results()
    results["models"] = [m for m in results["models"] if m["name"] in ("cnn", "cnn-int8-dynamic")]
    results["models"][1]["runs"][0]["ratio_to_reference"] = ratio
    results["speed"] |= speed
    return results


def around(value: float, reach: float, family: float) -> dict[str, float | None]:
    ends = {"low": value - reach, "high": value + reach, "family_low": value - family, "family_high": value + family}
    return {"value": value, **ends}


@pytest.mark.parametrize(
    ("ratio", "margin", "refused"),
    [
        (around(1.01, 0.002, 0.004), 0.10, False),  # a sure 1 % doesn't matter
        (around(1.01, 0.002, 0.004), 0.0, True),  # unless a user says so; the noise floor of this run is taken away
        (around(1.30, 0.10, 0.25), 0.10, False),  # sure alone, not among all models
        (around(1.30, 0.10, 0.15), 0.10, True),
        (around(1.30, 0.10, 0.15), 0.25, False),
        ({"value": 1.5, "low": None, "high": None}, 0.10, False),  # no interval, no claim
    ],
)
def test_a_variant_is_refused_only_beyond_the_margin(
    ratio: dict[str, float | None], margin: float, refused: bool
) -> None:
    run = Run(results_with(ratio, margin=margin, noise_floor=0.0))
    assert is_refused(run.by_name["cnn-int8-dynamic"], run.claim_floor) is refused
    assert judge(run).model == ("cnn" if refused else "cnn-int8-dynamic")


def test_the_floor_is_the_margin_or_the_noise_or_two_where_nothing_is_trusted() -> None:
    ratio = around(1.0, 0.01, 0.02)
    assert Run(results_with(ratio)).claim_floor == 0.10  # a file that doesn't say
    assert Run(results_with(ratio, margin=0.0)).claim_floor == 0.03
    assert Run(results_with(ratio, margin=0.2)).claim_floor == 0.2
    assert Run(results_with(ratio, margin=0.2, distrust=["other processes were running"])).claim_floor == 1.0
    # Another runtime's noise is no reason to distrust everything, once the measurement said that there is none.
    assert Run(results_with(ratio, margin=0.1, noise_floor=0.3, distrust=[])).claim_floor == 0.3


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.5, "2.0 × faster"),
        (0.95, "about as fast"),
        (1.05, "about as fast"),
        (1.12, "no clear difference"),
        (2.0, "2.0 × slower"),
    ],
)
def test_the_same_words_stand_everywhere(value: float, said: str) -> None:
    results = results_with(around(value, 0.03, 0.04))
    run = Run(results)
    facts = gather(run, judge(run))
    row = facts.run.by_name["cnn-int8-dynamic"]
    assert speed_note(row, facts) == said
    sentence = facts.verdict.sentence
    assert said.replace("difference", "difference in speed") in sentence or "slower" in said
    assert speed_rule(facts).endswith("beyond 10 %.")


def test_faster_is_the_mirror_image_of_slower() -> None:
    for value, floor in ((0.8, 0.1), (0.85, 0.1), (0.95, 0.1), (0.95, 0.0), (0.4, 1.0)):
        found = Estimate(value, value / 1.02, value * 1.02, value / 1.04, value * 1.04)
        mirrored = Estimate(1 / value, 1 / value / 1.02, 1 / value * 1.02, 1 / value / 1.04, 1 / value * 1.04)
        assert is_faster(found, floor) is is_slower(mirrored, floor)
        assert not is_slower(found, floor)
    assert speed_text(None, 0.1) == ""
    assert not is_faster(None, 0.0)


def test_two_p50_without_a_ratio_need_intervals_that_lie_apart() -> None:
    row = Run(results_with(around(1.0, 0.01, 0.02))).by_name["cnn"]
    fast, slow = (replace(row, p50_s=v, p50_low=v * 0.95, p50_high=v * 1.05) for v in (1e-3, 1.3e-3))
    assert is_quicker(fast, slow, 0.1)
    assert not is_quicker(fast, slow, 0.2)
    assert not is_quicker(slow, fast, 0.0)
    assert not is_quicker(replace(fast, p50_high=None), slow, 0.0)


def test_the_ends_for_all_models_are_read_and_turned_with_a_speedup() -> None:
    results = results_with(around(1.0, 0.01, 0.02))
    ends = {"value": 0.5, "low": 0.4, "high": 0.8, "family_low": 0.25, "family_high": 1.0}
    results["models"][1]["versus_parent"]["speedup"] = ends
    assert Run(results).by_name["cnn-int8-dynamic"].parent_ratio == Estimate(2.0, 1.25, 2.5, 1.0, 4.0)
    assert estimate({"value": 1.0, "low": 0.9, "high": 1.1}) == Estimate(1.0, 0.9, 1.1)
