"""The time left: right where steps are even, moving between events, and never absurd."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.watching.time_left import TimeLeft, spent_words, words

lengths = st.lists(st.floats(0.5, 300), min_size=1, max_size=8)
pace = st.floats(0.1, 20)


def named(seconds: list[float]) -> list[tuple[str, float]]:
    return [(f"step-{number}", own) for number, own in enumerate(seconds)]


def run_through(left: TimeLeft, steps: list[tuple[str, float]], slowness: float, reports: int = 0) -> list[float]:
    """Times of all events, in order; the steps take their seconds times `slowness`."""
    now, times = 0.0, [0.0]
    for name, seconds in steps:
        left.begin(name, now)
        for report in range(1, reports + 1):
            left.inside(name, report / (reports + 1), now + seconds * slowness * report / (reports + 1))
        now += seconds * slowness
        left.end(name, seconds * slowness, now)
        times.append(now)
    return times


@given(lengths)
def test_is_the_sum_of_what_is_expected_before_anything_began(seconds: list[float]) -> None:
    assert TimeLeft(named(seconds)).seconds(0.0) == pytest.approx(sum(seconds))


@given(lengths)
def test_counts_down_with_the_clock_where_all_is_as_expected(seconds: list[float]) -> None:
    left, now = TimeLeft(named(seconds)), 0.0
    for name, own in named(seconds):
        left.begin(name, now)
        assert left.estimate(now) == pytest.approx(sum(seconds) - now, abs=1e-6)
        # Its last moments are stretched; until then it is the truth.
        middle = now + 0.5 * own
        assert left.estimate(middle) == pytest.approx(sum(seconds) - middle, abs=1e-6)
        assert left.seconds(middle) == pytest.approx(sum(seconds) - middle, rel=0.6)
        now += own
        left.end(name, own, now)
    assert left.seconds(now) == 0.0


@given(st.lists(st.floats(1, 100), min_size=3, max_size=8), pace)
def test_comes_to_the_truth_on_a_machine_of_any_speed(seconds: list[float], slowness: float) -> None:
    steps = [*named(seconds), ("last", 100.0)]
    left = TimeLeft(steps)
    now = run_through(left, steps[:-1], slowness, reports=3)[-1]
    left.begin("last", now)
    for share in (0.1, 0.2, 0.3, 0.4, 0.5):
        left.inside("last", share, now + share * 100 * slowness)
    truth, at = 50 * slowness, now + 50 * slowness
    assert left.estimate(at) == pytest.approx(truth)
    assert 0.8 * truth <= left.seconds(at) * (1 + 1e-9)
    assert left.seconds(at) <= 1.6 * truth * (1 + 1e-9)


@given(st.lists(st.floats(20, 100), min_size=2, max_size=6), pace)
def test_finished_steps_say_how_fast_the_others_will_be(seconds: list[float], slowness: float) -> None:
    steps = [*named(seconds), *((f"{name}'", own) for name, own in named(seconds))]
    left = TimeLeft(steps)
    now = run_through(left, steps[: len(seconds)], slowness)[-1]
    whole = sum(seconds)
    # The more was seen, the less counts what was expected.
    assert abs(left.estimate(now) - whole * slowness) <= abs(slowness - 1) * whole * 5 / (5 + whole) + 1e-6


events = st.lists(
    st.tuples(
        st.sampled_from(("begin", "inside", "end", "found", "skip", "add", "together", "apart", "look")),
        st.sampled_from(("a", "b", "c", "d", "nobody expected me")),
        st.floats(0, 1),
        st.floats(0, 100),
    ),
    max_size=25,
)


def happen(left: TimeLeft, event: tuple[str, str, float, float], now: float) -> None:
    kind, name, share, wait = event
    match kind:
        case "begin":
            left.begin(name, now)
        case "inside":
            left.inside(name, share, now)
        case "end":
            left.end(name, wait, now)
        case "found":
            left.end(name, 0.0, now)
        case "skip":
            left.skip(name, now)
        case "add":
            left.add(name, wait, now)
        case "together":
            left.side_by_side({"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}, 2)
        case "apart":
            left.one_by_one(now)
        case "look":
            left.look(now)


@given(st.lists(st.floats(0, 1e4), min_size=4, max_size=4), events)
def test_falls_between_any_events_and_is_never_negative(
    seconds: list[float], happened: list[tuple[str, str, float, float]]
) -> None:
    left, now = TimeLeft(list(zip("abcd", seconds, strict=True))), 0.0
    for event in happened:
        happen(left, event, now)
        shown = [left.seconds(now + event[3] * part / 20) for part in range(21)]
        assert all(math.isfinite(one) and one >= 0 for one in shown)
        assert all(later <= before * (1 + 1e-9) for before, later in itertools.pairwise(shown))
        for _, share, spent in left.under_way(now):
            assert 0 <= share <= 1
            assert spent >= 0
        done, total = left.count
        assert 0 <= done <= total
        now += event[3]


@given(st.floats(1, 1000), st.floats(0.1, 50))
def test_is_never_frozen_even_where_a_step_takes_far_longer_than_expected(expected: float, factor: float) -> None:
    left = TimeLeft([("long", expected), ("then", 10.0)])
    left.begin("long", 0.0)
    # As long as it takes no more than three times as long as expected.
    times = [expected * factor * part / 50 for part in range(51) if factor * part / 50 <= 3]
    shown = [left.seconds(at) for at in times]
    assert all(later < before for before, later in itertools.pairwise(shown))


@given(lengths, pace)
def test_what_is_shown_jumps_no_further_than_the_estimate(seconds: list[float], slowness: float) -> None:
    left, now = TimeLeft([*named(seconds), ("last", 20.0)]), 0.0
    for name, own in named(seconds):
        for happened, wait in (("begin", own * slowness), ("end", 0.0)):
            before = left.seconds(now)
            if happened == "begin":
                left.begin(name, now)
            else:
                left.end(name, own * slowness, now)
            shown, estimate = left.seconds(now), left.estimate(now)
            low, high = sorted((before, estimate))
            assert low * (1 - 1e-9) <= shown <= high * (1 + 1e-9)
            now += wait


def test_a_step_that_is_late_says_that_the_machine_is_slow() -> None:
    left = TimeLeft([("a", 10.0), ("b", 90.0)])
    left.begin("a", 0.0)
    left.look(10.0)
    assert left.pace == 1
    shown = []
    for second in range(15, 60, 5):
        left.look(float(second))
        shown.append(left.seconds(second))
    # Five times as slow so far, and no report from within: the rest takes longer too, and what is shown keeps moving.
    assert 250 < shown[-1] < 600
    assert all(later != before for before, later in itertools.pairwise(shown))
    left.end("a", 60.0, 60.0)
    assert left.pace == pytest.approx(65 / 15)


def test_steps_that_were_there_already_say_nothing_of_the_machine() -> None:
    steps = [(f"made {number}", 30.0) for number in range(20)]
    left = TimeLeft([*steps, ("new", 100.0)])
    now = 0.0
    for name, _ in steps:
        left.begin(name, now)
        now += 0.01
        left.end(name, 0.01, now)
    assert left.pace == 1
    assert left.estimate(now) == 100
    assert 100 <= left.seconds(now) <= 160
    left.begin("new", now)
    assert left.seconds(now + 20) == pytest.approx(80, abs=2)


def test_a_step_that_nobody_expected_is_counted_and_one_that_is_skipped_is_not() -> None:
    left = TimeLeft([("a", 10.0), ("b", 10.0)])
    left.begin("x", 0.0)
    assert left.count == (0, 3)
    left.end("x", 1.0, 1.0)
    left.skip("b", 1.0)
    left.skip("never heard of", 1.0)
    assert left.count == (1, 2)
    left.end("a", 10.0, 11.0)
    left.end("a", 99.0, 12.0)
    left.begin("a", 13.0)
    assert left.count == (2, 2)
    assert left.seconds(13.0) == 0
    assert not list(left.under_way(13.0))


def test_steps_side_by_side_take_as_long_as_the_lanes_or_the_longest_chain() -> None:
    left = TimeLeft([("a", 10.0), ("b", 30.0), ("c", 30.0), ("report", 5.0)])
    left.side_by_side({"a": (), "b": ("a",), "c": ("a",)}, 2)
    assert left.estimate(0.0) == 45  # a, then b beside c; then the report
    left.begin("a", 0.0)
    left.end("a", 10.0, 10.0)
    left.begin("b", 10.0)
    left.begin("c", 10.0)
    assert left.estimate(20.0) == pytest.approx(25, rel=0.05)
    left.end("b", 30.0, 40.0)
    left.one_by_one(40.0)
    # c failed beside us, and is made again; alone it goes faster than b did beside it.
    assert 35 / 1.4 <= left.estimate(40.0) < 35


def test_a_share_that_falls_is_another_phase_of_the_same_step() -> None:
    left = TimeLeft([("choose, then train", 100.0)])
    left.begin("choose, then train", 0.0)
    for share in (0.5, 1.0):
        left.inside("choose, then train", share, 40 * share)
    assert left.estimate(40.0) < 3
    left.inside("choose, then train", 0.25, 60.0)
    assert left.estimate(60.0) == pytest.approx(60)
    left.inside("choose, then train", 0.5, 80.0)
    assert left.estimate(80.0) == pytest.approx(40)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_shares_that_are_none_are_passed_over(share: float) -> None:
    left = TimeLeft([("a", 10.0)])
    left.begin("a", 0.0)
    left.inside("a", share, 5.0)
    left.inside("b", 0.5, 5.0)
    assert left.estimate(5.0) == 5


def test_nothing_to_do_takes_no_time() -> None:
    assert TimeLeft([]).seconds(0.0) == 0
    left = TimeLeft([("nothing", 0.0)])
    left.begin("nothing", 0.0)
    assert left.seconds(3.0) == 0
    assert list(left.under_way(3.0)) == [("nothing", 1.0, 3.0)]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "nearly done"),
        (3.2, "about 4 s left"),
        (9.6, "about 10 s left"),
        (33.0, "about 35 s left"),
        (57.4, "about 55 s left"),
        (58.0, "about 1 min left"),
        (89.0, "about 1 min left"),
        (125.0, "about 2 min left"),
        (80 * 60.0, "about 80 min left"),
        (2 * 3600.0, "about 2 h left"),
        (2.42 * 3600, "about 2 h 25 min left"),
    ],
)
def test_time_left_is_said_as_coarsely_as_it_is_known(seconds: float, said: str) -> None:
    assert words(seconds) == said


@given(st.floats(0, 1e6))
def test_words_never_say_more_for_less(seconds: float) -> None:
    def meant(text: str) -> float:
        parts, total = text.split(), 0.0
        for number, unit in itertools.pairwise(parts):
            total += float(number) * {"s": 1, "min": 60, "h": 3600}[unit] if number.isdecimal() else 0
        return total

    assert meant(words(seconds)) <= meant(words(seconds * 1.01 + 0.1))


def test_seconds_spent_are_said_in_minutes_where_there_are_many() -> None:
    assert [spent_words(s) for s in (0.04, 25.06, 99.9, 99.99, 200.4)] == [
        "0.0 s",
        "25.1 s",
        "99.9 s",
        "1 min 40 s",
        "3 min 20 s",
    ]
