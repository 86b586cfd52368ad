"""The time left of whole studies, of few texts and of many: shown within a factor of two.

The seconds of the first two are those of studies of the embedded sample on two machines; those of large data are made
up from what was expected, each step longer or shorter by a factor of its own, all of them by one of the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest

from baselines.watching.time_left import TimeLeft
from bench.measure.plan import PLANS
from bench.planning.costs import Costs, Sizes
from bench.planning.timings import Timing
from bench.study.wished_variants import variants_of
from bench.study.wishes import Wishes

Event = Callable[[TimeLeft], object]
NAMES = ("chance-coin", "chance-frequency", "rules", "rules-stemmed", "tfidf-logistic", "tfidf-knn", "tfidf-forest")
NAMES += ("tfidf-boosting", "tfidf-svm", "linear", "cnn", "rnn", "ensemble")
VARIANTS = tuple(variants_of(Wishes()))
# Seconds that trainings took; the first that isn't a guess also tried the cleanings.
QUIET = dict(zip(NAMES, (0.05, 0.05, 9.0, 0.7, 0.6, 0.2, 3.7, 21.0, 0.4, 1.7, 29.9, 18.0, 25.2), strict=True))
QUIET |= {"cnn-dynamic-default": 5.7, "cnn-dynamic": 6.8, "cnn-fold": 0.05, "cnn-int4": 2.2, "cnn-int8": 2.0}
QUIET |= {"cnn-pruned": 10.6, "cnn-pruned-int8": 2.0, "cnn-sparse": 35.4, "cnn-static": 3.5, "fastest-2-prune": 6.7}
QUIET |= {"fastest": 0.8, "linear-few": 2.4, "linear-few-int4": 1.3, "linear-int4": 1.3, "linear-pruned": 2.4}
QUIET |= {"linear-pruned-int4": 1.3, "linear-sparse": 3.9, "linear-sparse-int4": 3.2, "linear-sparser": 2.5}
QUIET |= {"linear-sparser-int4": 2.8, "linear-sparsest": 2.6, "linear-sparsest-int4": 2.4, "smallest": 29.1}
QUIET |= {"student": 38.7, "student-control": 21.8, "student-plain": 15.5, "student-int4": 1.0}
QUIET |= {"student-seed1": 21.5, "student-seed2": 20.2, "student-control-seed1": 20.4, "student-control-seed2": 20.0}
AFTER = {"exports": 60.0, "validation": 7.0, "scores": 8.0, "latency": 238.0, "report": 80.0}
BUSY = {name: 2.6 * seconds for name, seconds in QUIET.items()} | {"student": 89.2, "cnn-dynamic-default": 28.7}


def shares_right(expected: Mapping[str, float], taken: Mapping[str, float], *, reports: bool) -> float:
    """Share of the moments after the first tenth at which the time shown is within a factor of two.

    Args:
        expected: seconds of the steps.
        taken: what they took, one after the other.
        reports: whether long trainings tell how far they are.
    """
    whole = sum(taken.values())
    left, right, total = TimeLeft(list(expected.items()), ["latency"]), 0, 0
    for at, event in moments(taken, whole / 400, reports=reports):
        event(left)
        left.look(at)
        if 0.1 * whole <= at < whole - 2:
            total += 1
            right += (whole - at) / 2 - 1 <= left.seconds(at) <= 2 * (whole - at) + 1
    return right / total


def moments(taken: Mapping[str, float], every: float, *, reports: bool) -> Iterator[tuple[float, Event]]:
    at = 0.0
    for name, seconds in taken.items():
        yield at, lambda left, name=name, at=at: left.begin(name, at)
        for share in np.arange(every, seconds, every) / seconds:
            now = at + share * seconds
            told = reports and seconds > 10
            yield now, lambda left, name=name, now=now, share=share, told=told: told and left.inside(name, share, now)
        at += seconds
        yield at, lambda left, name=name, at=at, seconds=seconds: left.end(name, seconds, at)


def costs(n_texts: int) -> Costs:
    timings = () if n_texts < 5_000 else (
        Timing("linear", 1_000, 0.5, 1.0, 5e-5),
        Timing("linear", 4_000, 1.4, 1.0, 5e-5),
        Timing("cnn", 1_000, 12.0, 1.0, 2e-4),
        Timing("tfidf-knn", 4_000, 0.5, 1.0, 4e-4),
    )  # fmt: skip
    part = max(220, n_texts // 5)
    return Costs(Sizes(n_texts, part, part, 28 if n_texts > 5_000 else 35), timings)


def expected_of(n_texts: int) -> dict[str, float]:
    found = costs(n_texts).making(NAMES, VARIANTS)
    rows = [*NAMES, *(v.name for v in VARIANTS if v.has_row)]
    return found | costs(n_texts).after(rows, PLANS["study"])


@pytest.mark.parametrize("making", [QUIET, BUSY])
@pytest.mark.parametrize("reports", [True, False])
def test_of_the_sample(making: Mapping[str, float], reports: bool) -> None:
    expected = expected_of(1_030)
    taken = {name: (making | AFTER)[name] for name in expected}
    assert shares_right(expected, taken, reports=reports) >= 0.9


@pytest.mark.parametrize("n_texts", [70_000, 700_000])
@pytest.mark.parametrize("seed", range(4))
def test_of_many_texts_with_steps_that_take_twice_or_half(n_texts: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = expected_of(n_texts)
    machine = 2 ** rng.uniform(-1, 1)
    taken = {name: seconds * machine * 2 ** rng.uniform(-1, 1) for name, seconds in expected.items()}
    taken["latency"] = 1.2 * expected["latency"]
    assert shares_right(expected, taken, reports=True) >= 0.9


def test_what_follows_the_training_grows_with_the_texts_that_are_answered() -> None:
    small, large = (Costs(Sizes(1_000, n, n, 28)).after(["linear", "cnn"], PLANS["quick"]) for n in (200, 150_000))
    assert large["scores"] > 10 * small["scores"]
    assert large["report"] > 2 * small["report"]
    assert large["latency"] == small["latency"], "measuring takes as long as it is meant to"
