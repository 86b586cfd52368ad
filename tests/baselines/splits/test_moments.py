"""Dates of one form, numbers and objects become moments in order; everything else is refused with its row."""

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import DataError
from baselines.splits.moments import times_of

FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%d", "%d.%m.%Y %H:%M",
    "%d %b %Y", "%B %d, %Y", "%a, %d %b %Y %H:%M:%S +0000", "%a %b %d %H:%M:%S +0000 %Y", "%b %d, %Y %I:%M %p",
)  # fmt: skip
MOMENTS = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1))


def where(row: int) -> str:
    return f"a.csv: row {row + 2}"


def seconds(moment: dt.datetime) -> float:
    return (moment - dt.datetime(1970, 1, 1)).total_seconds()


@pytest.mark.parametrize("form", FORMATS)
@given(moments=st.lists(MOMENTS, min_size=1, max_size=20))
def test_every_form_keeps_the_order(form: str, moments: list[dt.datetime]) -> None:
    words = [moment.strftime(form) for moment in moments]
    meant = [dt.datetime.strptime(word, form) for word in words]
    found = times_of(words, where)
    order = [seconds(m.replace(tzinfo=None)) for m in meant]
    assert (np.argsort(found, kind="stable") == np.argsort(order, kind="stable")).all()
    if form != "%Y%m%d":  # a number stays one
        assert found.tolist() == order


@given(st.lists(MOMENTS, min_size=30, max_size=60, unique_by=lambda m: m.date()), st.booleans())
def test_day_and_month_are_told_apart_by_all_rows_or_refused(moments: list[dt.datetime], day_first: bool) -> None:
    words = [moment.strftime("%d/%m/%Y" if day_first else "%m/%d/%Y") for moment in moments]
    if any(moment.day > 12 for moment in moments):
        assert times_of(words, where).tolist() == [seconds(dt.datetime(m.year, m.month, m.day)) for m in moments]
    else:
        with pytest.raises(DataError, match="may be day and month or month and day"):
            times_of(words, where)


@pytest.mark.parametrize(
    "values",
    [
        [dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 5), dt.date(2024, 3, 1)],
        [np.datetime64("2024-01-01"), np.datetime64("2024-01-01T05:00"), np.datetime64("2024-03-01")],
        [2019, 2020.0, "2021"],
        ["1700000000", "1700000000.5", "1800000000"],
        [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000],
        ["20231231", "20240101", "20240201"],
        ["2024-01-01T10:00+02:00", "2024-01-01T09:00Z", "2024-01-01T09:00:00.5+00:00"],
        ["1/2/2024 9:05 AM", "1/2/2024 12:00 PM", "1/13/2024 1:00 am"],
        ["2023-12", "2024-01", "2024-02"],
        ["12/2023", "1/2024", "02/2024"],
        ["2023-Q4", "2024-Q1", "2024-Q2"],
        ["Dec 2023", "January 2024", "Feb 2024"],
        ["31-12-69", "31-12-99", "01-01-00"],
        [-5, 0, 3.25],
    ],
)
def test_what_stands_in_order_is_read_in_order(values: list[Any]) -> None:
    found = times_of(values, where)
    assert (np.diff(found) > 0).all()


def test_pandas_moments_are_read() -> None:
    pandas = pytest.importorskip("pandas")
    found = times_of(list(pandas.to_datetime(["2024-01-01T00:00", "2024-01-02T03:04"])), where)
    assert found.tolist() == [seconds(dt.datetime(2024, 1, 1)), seconds(dt.datetime(2024, 1, 2, 3, 4))]
    with pytest.raises(DataError, match=r"row 3: no time; 1 of 2"):
        times_of([pandas.Timestamp("2024-01-01"), pandas.NaT], where)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["2024-01-01", "", None, " "], r"row 3: no time; 3 of 4"),
        (["2024-01-01", "NaN"], r"row 3: no time; 1 of 2"),
        ([True, False], r"row 2: no time; 2 of 2"),
        (
            ["2024-01-01", "2024-01-02", "soon"],
            r"row 4: 'soon' is no time .*2 of 3 values are like .*; one form has to",
        ),
        (["2024-01-01", "2024-02-30"], r"row 3: '2024-02-30' is no time"),
        (["never"], r"row 2: 'never' is no time that can be read; one form"),
        (["31.12.2024", "2024-12-31"], r"is no time that can be read \(1 of 2"),
        (["2024-01-01T10:00Z", "2024-01-01T10:00"], r"row 3: .* has no time zone, but .*row 2.* 1 of 2 have"),
        (["1700000000", "1700000000000"], r"row 3: .* looks like milliseconds .* row 2 has .* seconds"),
        (["31122024", "1012024"], r"row 2: 31122024 looks like a date that begins with the day"),
        (["12312024", "01152024"], r"row 2: 12312024 looks like a date"),
        (["01/02/2024", "03/04/2024"], r"row 2: '01/02/2024' may be day and month or month and day, .* all 2 values"),
        (["inf", "1"], r"row 2: 'inf' is no time"),
        (["1/2/2024 13:00 PM", "1/13/2024 1:00 PM"], r"row 2: '1/2/2024 13:00 PM' is no time"),
    ],
)
def test_what_is_no_moment_is_refused_with_its_row(values: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        times_of(values, where)


@given(st.lists(st.one_of(st.text(max_size=12), st.integers(), st.floats(), st.none(), st.dates()), min_size=1))
def test_any_column_is_read_or_refused(values: list[Any]) -> None:
    refused = ""
    try:
        assert np.isfinite(times_of(values, where)).all()
    except DataError as error:
        refused = str(error)
    assert not refused or "row " in refused
