"""Numbers as people read them: always a unit, three figures, no exponent."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.numbers import quantities as q
from bench.numbers.quantities import Estimate


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 s"), (9.4e-6, "9.40 µs"), (16e-9, "16.0 ns"), (0.00367, "3.67 ms"), (0.99999, "1.00 s"), (12.5, "12.5 s"),
     (1234.0, "1,234 s"), (None, "—")],
)  # fmt: skip
def test_seconds(value: float | None, text: str) -> None:
    assert q.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (310, "310 B"), (63_000, "63.0 kB"), (4_322_000, "4.32 MB"), (81e6, "81.0 MB")]
)
def test_sizes_count_in_thousands(value: float, text: str) -> None:
    assert q.size(value) == text


def test_the_other_kinds() -> None:
    assert (q.count(8_000), q.count(1_083_427), q.count(2.5)) == ("8,000", "1.08 M", "2.50")
    assert (q.score(0.7304), q.signed(0.03), q.signed(-0.0021), q.signed(-0.0001)) == (
        "0.730",
        "+0.030",
        "−0.002",
        "±0.000",
    )
    assert (q.percent(0.03), q.percent(0.4), q.percent(0)) == ("3.0 %", "40 %", "0 %")
    assert (q.times(180.2), q.times(3.06), q.joules(0.000141)) == ("180 ×", "3.1 ×", "141 µJ")
    assert (q.duration(59), q.duration(312), q.duration(7_300)) == ("59.0 s", "5 min 12 s", "2 h 1 min")
    assert q.score_interval(Estimate(0.7, 0.65, 0.75)) == "0.700 (0.650 to 0.750)"
    assert q.difference_interval(Estimate(0.01)) == "+0.010, no interval"


def test_narrow_intervals_get_the_decimals_that_tell_their_ends_apart() -> None:
    assert q.score_interval(Estimate(0.72713, 0.72661, 0.72764)) == "0.7271 (0.7266 to 0.7276)"
    assert q.difference_interval(Estimate(-0.0001, -0.0004, 0.0002)) == "−0.0001, 95 % −0.0004 to +0.0002"
    assert q.difference_interval(Estimate(0.0, -0.00004, 0.00004)) == "±0.00000, 95 % −0.00004 to +0.00004"
    assert q.difference_interval(Estimate(0.0, 0.0, 0.0)) == "±0.000, 95 % ±0.000 to ±0.000"
    assert q.score_of(Estimate(0.7304, 0.7, 0.76)) == "0.730"
    assert (q.score_of(None), q.signed_of(None), q.score_ends(None)) == ("—", "—", "")


def test_ratios_say_which_way() -> None:
    assert q.change(0.01, "smaller", "larger") == "100 × smaller"
    assert q.change(3.1, "faster", "slower") == "3.1 × slower"
    assert q.change(None, "faster", "slower") == q.change(0, "faster", "slower") == "—"


@given(st.floats(1e-9, 1e9))
def test_every_positive_number_has_a_unit_and_keeps_its_size(value: float) -> None:
    text = q.seconds(value)
    match = re.fullmatch(r"([\d,]+(?:\.\d+)?) (ns|µs|ms|s)", text)
    assert match, text
    shown = float(match[1].replace(",", "")) * {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}[match[2]]
    assert shown == pytest.approx(value, rel=0.006)
