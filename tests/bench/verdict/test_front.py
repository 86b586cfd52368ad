"""The front: brute force agrees, ties within noise are kept and named, and it is never empty."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.results.run import Run
from bench.verdict.front import Axis, front_of, pareto, standard_axes
from tests.cases.report_case import make_results

SCORE = Axis("goodness", higher_is_better=True)
AXES = (SCORE, Axis("p50_s"), Axis("bytes"))
NOISY = (Axis("goodness", higher_is_better=True, noise=0.01), Axis("p50_s", noise=0.1, relative=True), Axis("bytes"))
VALUES = st.sampled_from([0.1, 0.105, 0.2, 0.21, 0.5, 0.9])
POINTS = st.dictionaries(st.sampled_from("abcdefghij"), st.tuples(VALUES, VALUES, VALUES), min_size=1)


def test_a_model_better_on_every_axis_dominates() -> None:
    front = pareto({"good": (0.7, 1.0, 10.0), "bad": (0.6, 2.0, 20.0), "cheap": (0.5, 0.5, 5.0)}, AXES)
    assert front.front == ("good", "cheap")
    assert front.dominated_by == {"bad": "good"}


def test_worse_only_within_the_noise_of_every_axis_is_a_tie() -> None:
    front = pareto({"a": (0.700, 1.00, 10.0), "b": (0.695, 1.05, 10.0), "c": (0.695, 1.05, 11.0)}, NOISY)
    assert front.front == ("a", "b")
    assert front.ties == {"b": "a"}
    assert front.dominated_by == {"c": "a"}


def test_equal_points_are_both_on_the_front_and_one_stands_for_both() -> None:
    front = pareto({"a": (0.7, 1.0, 1.0), "b": (0.7, 1.0, 1.0)}, AXES)
    assert front.front == ("a", "b")
    assert front.ties == {"b": "a"}


@settings(max_examples=150, deadline=None)
@given(POINTS)
def test_without_noise_it_agrees_with_the_definition(points: dict[str, tuple[float, float, float]]) -> None:
    def dominates(p: tuple[float, ...], q: tuple[float, ...]) -> bool:
        return p[0] >= q[0] and p[1] <= q[1] and p[2] <= q[2] and p != q

    expected = {n for n, q in points.items() if not any(dominates(p, q) for p in points.values())}
    assert set(pareto(points, AXES).front) == expected


@settings(max_examples=150, deadline=None)
@given(POINTS)
def test_with_noise_nobody_is_lost_and_dominators_are_on_the_front(
    points: dict[str, tuple[float, float, float]],
) -> None:
    front = pareto(points, NOISY)
    assert front.front
    assert set(front.front) | set(front.dominated_by) == set(points)
    assert set(front.dominated_by.values()) <= set(front.front)
    assert set(pareto(points, AXES).front) <= set(front.front)


def test_rows_without_an_axis_are_neither_on_the_front_nor_dominated() -> None:
    rows = Run(make_results()).rows
    front = front_of(rows, standard_axes(0.03, 0.01))
    assert "transformer-frozen" not in (*front.front, *front.dominated_by)
    assert {"student-int8", "linear"} <= set(front.front)
    assert front.dominated_by["cnn-int8-dynamic"] in front.front


def test_other_axes_can_be_chosen() -> None:
    rows = Run(make_results()).rows
    by_size = front_of(rows, standard_axes(0.03, 0.01, cost=("bytes",)))
    by_speed = front_of(rows, standard_axes(0.03, 0.01, cost=("p50_s",)))
    assert "rules-stemmed" in by_size.front
    assert by_speed.dominated_by["rules-stemmed"] in ("linear", "student-int8", "student-int4")
