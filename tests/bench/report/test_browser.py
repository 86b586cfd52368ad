"""report.html in a real headless Chromium: what is seen, sorted, chosen, typed; no error, no request, no overflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.dataset import Dataset
from bench import screenshot
from bench.report.chromium import Browser, find_chromium
from bench.report.write_report import write_report
from bench.verdict.gates import parse_gate
from exports.runtime.load_bundle import load
from exports.runtime.table_predictor import TablePredictor
from tests.cases.hostile_case import CLASSES, TEXTS
from tests.cases.run_case import write_run

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed; apt-get install chromium")
DRAWN = "document.getElementById('picture').dataset.cost !== undefined"
ROWS = (
    "[...document.querySelectorAll('#table tbody tr')].filter((row) => !row.hidden)"
    ".map((row) => row.cells[0].dataset.value)"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_run(tmp_path_factory.mktemp("run"))
    write_report(made, gates=[parse_gate("bytes <= 50k")])
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as made:
        yield made


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Browser]:
    """The page at desktop width; after the test, that nothing was complained of and nothing asked for."""
    browser.look(1280, 800)
    browser.open((folder / "report.html").as_uri())
    browser.wait_for(DRAWN)
    yield browser
    assert browser.complaints() == []
    assert browser.requests() == [(folder / "report.html").as_uri()]


def click_heading(page: Browser, name: str) -> str:
    """Click a column's heading; its state afterwards."""
    found = f"[...document.querySelectorAll('#table thead th')].find((th) => th.textContent === {name!r})"
    page.evaluate(f"{found}.querySelector('button').click()")
    return str(page.evaluate(f"{found}.getAttribute('aria-sort')"))


def test_the_first_screen_holds_verdict_and_picture(page: Browser) -> None:
    assert page.evaluate("document.querySelector('h1').textContent") == "Deploy student-int8"
    for part in ("h1", ".lead", ".tiles", ".gates", "#picture svg"):
        box = page.evaluate(f"(() => {{ const r = document.querySelector('{part}').getBoundingClientRect();"
                            " return [r.top, r.bottom, r.width]; })()")  # fmt: skip
        assert box[0] >= 0, part
        assert box[1] <= 800, part
        assert box[2] > 200, part


def test_stored_texts_run_nothing(page: Browser) -> None:
    assert page.evaluate("window.hacked === undefined")
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    shown = page.evaluate("document.body.innerText")
    for name in CLASSES:
        assert name in shown


@pytest.mark.parametrize(
    ("column", "first", "direction"),
    [("Weighted F1", "linear", "descending"), ("Size", "chance-coin", "ascending"), ("p50", "chance-coin", "ascending"),
     ("Model", "chance-coin", "ascending"), ("Texts/s", "chance-coin", "descending")],
)  # fmt: skip
def test_columns_sort_best_first_then_the_other_way(page: Browser, column: str, first: str, direction: str) -> None:
    assert click_heading(page, column) == direction
    rows = page.evaluate(ROWS)
    assert rows[0] == first
    assert click_heading(page, column) != direction
    again = page.evaluate(ROWS)
    if column == "Model":
        assert again == rows[::-1]
    else:
        assert set(rows[-2:]) == set(again[-2:]) == {"transformer-frozen", "student-pruned"}
        assert again[0] != first


def test_sorting_works_from_the_keyboard(page: Browser) -> None:
    page.evaluate("document.querySelectorAll('#table thead button')[1].focus()")
    page.press("Enter")
    assert page.evaluate("document.querySelectorAll('#table thead th')[1].getAttribute('aria-sort')") == "descending"
    page.press(" ")
    assert page.evaluate("document.querySelectorAll('#table thead th')[1].getAttribute('aria-sort')") == "ascending"


def test_tables_with_units_sort_by_the_number(page: Browser) -> None:
    """1.32 MB comes after 430 kB."""
    values = page.evaluate(
        "(() => { const table = document.querySelector('#speed table.sortable');"
        " table.tHead.rows[0].cells[7].querySelector('button').click();"
        " return [...table.tBodies[0].rows].map((row) => row.cells[7].dataset.value).filter(Boolean).map(Number); })()"
    )
    assert values == sorted(values)
    assert len(values) == 15


def test_the_table_filters_by_text_and_by_front(page: Browser) -> None:
    page.evaluate("(() => { const f = document.getElementById('filter'); f.value = '4 BITS';"
                  " f.dispatchEvent(new Event('input')); })()")  # fmt: skip
    assert page.evaluate(ROWS) == ["student-int4"]
    assert "1 of 17 models" in page.evaluate("document.getElementById('matches').textContent")
    page.evaluate("document.getElementById('filter').value = ''")
    page.evaluate("document.getElementById('only-front').click()")
    assert "cnn-int8-dynamic" not in page.evaluate(ROWS)
    assert "linear" in page.evaluate(ROWS)


@pytest.mark.parametrize(
    ("cost", "title"),
    [
        ("bytes", "Size of all files"),
        ("operations", "Operations per document (MACs and adds)"),
        ("energy_j", "Energy"),
        ("cold_start_s", "Cold start"),
    ],
)
def test_the_selector_redraws_the_picture(page: Browser, cost: str, title: str) -> None:
    page.evaluate(f"(() => {{ const s = document.getElementById('cost'); s.value = '{cost}';"
                  " s.dispatchEvent(new Event('change')); })()")  # fmt: skip
    page.wait_for(f"document.getElementById('picture').dataset.cost === '{cost}'")
    assert title in page.evaluate("document.querySelector('#picture svg').textContent")


def test_hovering_over_a_point_shows_its_row_as_text(page: Browser) -> None:
    at = page.evaluate(
        "(() => { const marks = [...document.querySelectorAll('#picture svg .mark-symbol path')];"
        " const mark = marks.find((m) => (m.getAttribute('aria-label') ?? '').includes('student-int4'));"
        " const r = mark.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )
    for x in (at[0] - 3, at[0]):
        page.call("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": at[1]})
    page.wait_for("document.querySelector('#vg-tooltip-element.visible') !== null")
    tip = page.evaluate("document.getElementById('vg-tooltip-element').innerText")
    assert '4 bits <b>"tiny"</b>' in tip
    assert "32.0 kB" in tip
    assert page.evaluate("document.querySelectorAll('#vg-tooltip-element b').length") == 0


def test_try_it_answers_as_python_on_every_text(page: Browser, folder: Path, sample: Dataset) -> None:
    predictor = load(folder / "exports" / "student-int8-table", engine="numpy")
    assert isinstance(predictor, TablePredictor)
    awkward = [
        "ΑΣ ΣΊΣΥΦΟΣ Σ",
        "ǅungla ﬁne Ⅷ ½ ² ৪ 𝔘𝔫𝔦",
        "don't DON’T re-run_snake",
        "İIıi",
        "\ufeff\u00a0x\u3000y\u0085z",
        "a" * 5000,
    ]
    texts = [*TEXTS, *awkward, *sample.part("test").texts]
    answers: Any = page.evaluate(
        f"{json.dumps(texts)}.map((text) => {{ const a = tagpress.model.classify(text);"
        " return [[...a.logits], [...a.probabilities], a.names]; })"
    )
    probabilities, predicted = predictor.predict_proba(texts), predictor.predict(texts)
    for i, (text, (logits, ours, labels)) in enumerate(zip(texts, answers, strict=True)):
        assert np.array_equal(np.float32(logits), predictor.tables.logits(predictor.tokenizer.encode(text))), text
        assert np.array_equal(np.float32(ours), probabilities[i]), text
        assert labels == predicted[i], text


def test_typing_a_text_shows_labels_with_their_ngrams(page: Browser) -> None:
    page.evaluate("(() => { const t = document.getElementById('try-text'); t.focus(); t.select(); })()")
    page.call("Input.insertText", {"text": "<b>Graph</b> networks & transformers"})
    shown = page.evaluate("document.getElementById('try-answer').innerText")
    expected = page.evaluate("tagpress.model.classify('<b>Graph</b> networks & transformers').names")
    for name in expected:
        assert name in shown
    assert page.evaluate("document.querySelectorAll('#try-answer .tag.on').length") == len(expected)
    assert page.evaluate("document.querySelectorAll('#try-answer code').length") > 3
    page.evaluate("(() => { const t = document.getElementById('try-text'); t.value = '';"
                  " t.dispatchEvent(new Event('input')); })()")  # fmt: skip
    assert page.evaluate("document.querySelectorAll('#try-answer .tag').length") >= 5
    assert "known: false" in page.evaluate("document.getElementById('try-answer').innerText")
    assert page.evaluate("document.querySelectorAll('#try-answer code').length") == 0


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_overflows(browser: Browser, folder: Path, width: int) -> None:
    browser.look(width, 844, phone=width < 600)
    browser.open((folder / "report.html").as_uri())
    browser.wait_for(DRAWN)
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.complaints() == []


def test_the_dark_look_changes_page_and_picture(browser: Browser, folder: Path) -> None:
    browser.look(1280, 800, dark=True)
    browser.open((folder / "report.html").as_uri())
    browser.wait_for(DRAWN)
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"
    assert "#f0803c" in browser.evaluate("document.querySelector('#picture svg').outerHTML")
    browser.look(1280, 800)
    browser.wait_for("document.querySelector('#picture svg').outerHTML.includes('#d55e00')")
    assert browser.complaints() == []


def test_text_has_enough_contrast_in_both_looks(browser: Browser, folder: Path) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text, of the page's own colours on its backgrounds."""
    for dark in (False, True):
        browser.look(1280, 800, dark=dark)
        browser.open((folder / "report.html").as_uri())
        names = ("bg", "raised", "mark", "text", "soft", "link", "accent", "good", "bad", "warn")
        style = "getComputedStyle(document.documentElement)"
        colours = {name: browser.evaluate(f"{style}.getPropertyValue('--{name}').trim()") for name in names}
        for back in ("bg", "raised", "mark"):
            for front in ("text", "soft", "link", "accent", "good", "bad", "warn"):
                assert contrast(colours[front], colours[back]) >= 4.5, (dark, front, back)


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two hexadecimal colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_what_a_screen_reader_needs_is_there(page: Browser) -> None:
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every((t) => t.caption && t.caption.textContent.trim())"
    )
    assert page.evaluate("[...document.querySelectorAll('input, select, textarea')].every((e) => e.labels.length)")
    assert page.evaluate("[...document.querySelectorAll('section')].every((s) => document.getElementById("
                         "s.getAttribute('aria-labelledby'))?.textContent.trim())")  # fmt: skip
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((h) => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_print_shows_the_still_picture_on_white(page: Browser) -> None:
    page.call("Emulation.setEmulatedMedia", {"media": "print", "features": [
        {"name": "prefers-color-scheme", "value": "dark"}]})  # fmt: skip
    try:
        assert page.evaluate("getComputedStyle(document.querySelector('.print-only')).display") == "block"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    finally:
        page.call("Emulation.setEmulatedMedia", {"media": ""})


def test_the_screenshot_command_writes_a_png(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "first.png"
    assert screenshot.main([str(folder), str(out), "--width", "640", "--height", "400"]) == 0
    content = out.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == (640, 400)
    assert screenshot.main([str(tmp_path / "none"), str(out)]) == 2
    assert "no such file" in capsys.readouterr().err
