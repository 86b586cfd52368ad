"""The pages of one label a text and of yes and no in a real Chromium, at the width of a desk and of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.report.chromium import Browser, find_chromium
from tests.cases.hostile_case import CLASSES
from tests.cases.report_tasks_case import N_CLASSES, SHOWN

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed; apt-get install chromium")
DRAWN = "document.getElementById('picture').dataset.cost !== undefined"
SIZES = {"desk": (1280, 800), "phone": (390, 844)}
PAGES = ("many", "loss", "two")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as made:
        yield made


def show(browser: Browser, task_pages: Path, name: str, size: str, *, dark: bool = False) -> None:
    width, height = SIZES[size]
    browser.look(width, height, dark=dark, phone=size == "phone")
    browser.open((task_pages / name / "report.html").as_uri())
    browser.wait_for(DRAWN)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", SIZES)
def test_nothing_overflows_is_complained_of_or_asked_for(
    browser: Browser, task_pages: Path, name: str, size: str
) -> None:
    show(browser, task_pages, name, size)
    assert browser.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
    assert browser.evaluate("document.querySelectorAll('main img, main b b, dt b, th b').length") == 0
    assert browser.evaluate("window.hacked === undefined")
    assert browser.complaints() == []
    assert browser.requests() == [(task_pages / name / "report.html").as_uri()]


@pytest.mark.parametrize("size", SIZES)
def test_the_matrix_scrolls_in_its_frame_and_its_names_stay(browser: Browser, task_pages: Path, size: str) -> None:
    show(browser, task_pages, "many", size)
    table = "document.querySelector('table.matrix')"
    assert browser.evaluate(f"{table}.tBodies[0].rows.length") == SHOWN + 1  # and those of other classes
    assert browser.evaluate(f"{table}.tHead.rows[0].cells.length") == SHOWN + 3
    browser.evaluate(f"{table}.parentElement.scrollLeft = 300")
    left = browser.evaluate(
        f"{table}.tBodies[0].rows[3].cells[0].getBoundingClientRect().left - "
        f"{table}.parentElement.getBoundingClientRect().left"
    )
    assert abs(left) <= 2
    name = browser.evaluate(f"{table}.tBodies[0].rows[2].cells[0].title")
    assert name == CLASSES[2]


@pytest.mark.parametrize("dark", [False, True])
def test_the_darkest_cells_can_still_be_read(browser: Browser, task_pages: Path, dark: bool) -> None:
    """WCAG 2.2 AA, 4.5 to 1, of the figures on every shade."""
    show(browser, task_pages, "many", "desk", dark=dark)
    ratios = browser.evaluate(
        "(() => { const of = (c) => { const n = c.match(/[\\d.]+/g).map(Number);"
        " const rgb = c.startsWith('color(') ? n.slice(0, 3) : n.slice(0, 3).map((x) => x / 255);"
        " const [r, g, b] = rgb.map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);"
        " return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05; };"
        " return [...document.querySelectorAll('.matrix td.right, .matrix td.wrong')].map((td) => {"
        " const s = getComputedStyle(td), [a, b] = [of(s.color), of(s.backgroundColor)];"
        " return Math.max(a, b) / Math.min(a, b); }); })()"
    )
    assert len(ratios) > SHOWN
    assert min(ratios) >= 4.5


def test_classes_are_filtered_by_name_alone(browser: Browser, task_pages: Path) -> None:
    show(browser, task_pages, "many", "desk")
    rows = "[...document.querySelectorAll('#classes tbody tr')].filter((row) => !row.hidden).length"
    assert browser.evaluate(rows) == N_CLASSES
    for typed, left in (("NUMBER_6", 10), ("0.9", 0), ("", N_CLASSES)):
        browser.evaluate(f"(() => {{ const f = document.getElementById('class-filter'); f.value = '{typed}';"
                         " f.dispatchEvent(new Event('input')); })()")  # fmt: skip
        assert browser.evaluate(rows) == left
    assert browser.evaluate("document.getElementById('class-matches').textContent") == ""


def test_confusions_sort_by_their_share_and_open_on_demand(browser: Browser, task_pages: Path) -> None:
    show(browser, task_pages, "many", "desk")
    shares = browser.evaluate(
        "(() => { const table = document.querySelector('table.confused');"
        " table.tHead.rows[0].cells[3].querySelector('button').click();"
        " return [...table.tBodies[0].rows].map((row) => Number(row.cells[3].dataset.value)); })()"
    )
    assert len(shares) == 12
    assert shares == sorted(shares)
    details = "document.querySelectorAll('table.confused')[1].closest('details')"
    assert browser.evaluate(f"{details}.open") is False
    assert browser.evaluate(f"{details}.querySelectorAll('tbody tr').length") == 18


@pytest.mark.parametrize("size", SIZES)
def test_the_four_counts_stand_two_by_two(browser: Browser, task_pages: Path, size: str) -> None:
    show(browser, task_pages, "two", size)
    boxes = browser.evaluate(
        "[...document.querySelectorAll('.sides div')].map((d) => { const r = d.getBoundingClientRect();"
        " return [Math.round(r.left), Math.round(r.top), d.scrollWidth <= d.clientWidth]; })"
    )
    (found, missed, left, alarms), fits = [box[:2] for box in boxes], [box[2] for box in boxes]
    assert found[1] == missed[1] < left[1] == alarms[1]
    assert found[0] == left[0] < missed[0] == alarms[0]
    assert all(fits)


def test_the_table_of_a_loss_sorts_the_least_first(browser: Browser, task_pages: Path) -> None:
    show(browser, task_pages, "loss", "desk")
    browser.evaluate("document.querySelectorAll('#table thead button')[1].click()")
    first = browser.evaluate("document.querySelector('#table tbody tr').cells[0].dataset.value")
    assert first == "linear"


def test_the_tooltip_of_a_hostile_class_is_text(browser: Browser, task_pages: Path) -> None:
    show(browser, task_pages, "two", "desk")
    at = browser.evaluate(
        "(() => { const marks = [...document.querySelectorAll('#picture svg .mark-symbol path')];"
        " const mark = marks.find((m) => (m.getAttribute('aria-label') ?? '').includes('linear'));"
        " const r = mark.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )
    for x in (at[0] - 3, at[0]):
        browser.call("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": at[1]})
    browser.wait_for("document.querySelector('#vg-tooltip-element.visible') !== null")
    assert "F1 of spam <b>" in browser.evaluate("document.getElementById('vg-tooltip-element').innerText")
    assert browser.evaluate("document.querySelectorAll('#vg-tooltip-element b').length") == 0
