"""What a study makes within a time: the most useful models that fit, by what small trainings took."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from baselines.errors import DataError
from baselines.models.registry import BASELINES
from bench.making.variants import Variant
from bench.measure.plan import PLANS
from bench.planning.costs import Costs, Sizes
from bench.planning.plan import Planned, Wanted, plan_within
from bench.planning.timings import Timing
from bench.planning.worth import by_worth
from bench.study.wished_variants import variants_of
from bench.study.wishes import Wishes

SIZES = Sizes(70_000, 15_000, 15_000, 28)
TIMINGS = (
    Timing("linear", 1_000, 0.5, 1.0, 5e-5),
    Timing("linear", 4_000, 1.1, 1.0, 5e-5),
    Timing("cnn", 1_000, 6.0, 1.0, 2e-4),
    Timing("tfidf-knn", 1_000, 0.1, 1.0, 1e-4),
    Timing("tfidf-boosting", 1_000, 12.0, 1.0, 1e-4),
)
VARIANTS = tuple(variants_of(Wishes()))
MEMBERS = ("linear", "tfidf-boosting", "rules-stemmed")


def wanted(variants: tuple[Variant, ...] = VARIANTS, **changes: object) -> Wanted:
    whole = Wanted(tuple(BASELINES), variants, {}, (), MEMBERS, "multilabel", processes=2)
    return replace(whole, **changes)  # type: ignore[arg-type]


def planned(minutes: float, of: Wanted | None = None, spent_s: float = 5.0) -> Planned:
    costs = Costs(SIZES, TIMINGS)
    return plan_within(of or wanted(), costs, PLANS["study"], given_s=60 * minutes, spent_s=spent_s)


def kept(plan: Planned) -> set[str]:
    return {*BASELINES, *(v.name for v in plan.variants)} - set(plan.left_out)


def test_more_time_makes_more() -> None:
    plans = [planned(minutes) for minutes in (4, 8, 15, 40, 1000)]
    made = [kept(plan) for plan in plans]
    assert [plan.seconds for plan in plans] == sorted(plan.seconds for plan in plans)
    for fewer, more in itertools.pairwise(made):
        # The first model that doesn't fit may give way to less useful ones that are small.
        first = next((name for name in plans[0].order if name not in fewer), plans[0].order[-1])
        assert set(plans[0].order[: plans[0].order.index(first)]) <= more
    assert "linear" in made[0]
    assert "cnn" not in made[0]
    assert "cnn" in made[1]
    assert "student" in made[3]
    assert set(BASELINES) <= made[4]


def test_the_plan_keeps_a_part_of_the_time_free() -> None:
    for minutes in (8, 15, 40, 120):
        assert planned(minutes).seconds <= 0.85 * 60 * minutes


def test_what_is_left_out_says_how_long_it_would_take_and_its_children_follow() -> None:
    plan = planned(8)
    assert "of the 8 minutes that --time gives" in plan.left_out["student"]
    assert plan.left_out["student-int4"].startswith("its parent student is left out: about ")
    assert plan.left_out["ensemble"].startswith("its member")
    assert "left out: " in plan.sentence
    assert "student" in plan.sentence
    assert plan.measuring.name == "quick", "measuring takes no more than its share"


def test_what_is_there_costs_nothing() -> None:
    there = wanted(there=frozenset({*BASELINES, *(v.name for v in VARIANTS)}))
    assert len(kept(planned(10, there))) > len(kept(planned(10)))


def test_what_was_named_comes_first() -> None:
    assert "rnn" not in kept(planned(12))
    assert "rnn" in kept(planned(12, wanted(asked=("rnn",))))
    order = by_worth(tuple(BASELINES), VARIANTS, "multilabel", asked=("rnn",), members=MEMBERS)
    assert order[0] == "rnn"
    assert order.index("linear") < order.index("cnn") < order.index("tfidf-forest")
    for variant in VARIANTS:
        assert order.index(variant.parent) < order.index(variant.name)
    assert max(map(order.index, MEMBERS)) < order.index("ensemble")


def test_too_little_time_says_how_much_is_needed() -> None:
    with pytest.raises(DataError, match=r"--time 20 s: too little for any model on 70,000 training texts; the least"):
        planned(1 / 3)
    with pytest.raises(DataError, match="of which 5 minutes went into reading the data"):
        planned(5.1, spent_s=299)


def test_seconds_follow_the_two_sizes_that_were_timed() -> None:
    making = Costs(SIZES, TIMINGS).making(["linear", "cnn", "tfidf-boosting"], ())
    straight = 1.1 + 0.2e-3 * 66_000
    assert straight <= making["linear"] <= 2 * straight, "with the choice of the cleaning"
    assert making["cnn"] == pytest.approx(6.0 * 32 * 32**0.1, rel=0.05)
    # One size alone is carried on in proportion.
    assert making["tfidf-boosting"] > 12.0 * 70


def test_what_was_not_timed_is_as_slow_as_what_was() -> None:
    slow = tuple(replace(timing, fit_s=10 * timing.fit_s) for timing in TIMINGS)
    usual, slower = (Costs(SIZES, timings).making(["rnn"], ())["rnn"] for timings in (TIMINGS, slow))
    assert slower == pytest.approx(10 * usual, rel=0.01)
    assert Costs(SIZES).pace == 1.0
