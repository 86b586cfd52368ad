"""report.html is one file that refers to nothing outside, and stored texts can't become markup in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from baselines.escaping.visible import visible
from bench.report.page import json_for_script, mark_names
from tests.cases.hostile_case import CLASSES, TEXTS
from tests.cases.page_case import Elements


def test_the_page_is_one_small_file_with_every_section_in_order(run: Path) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 5_000_000
    wanted = ["verdict", "models", "ledger", "texts", "quality", "speed", "audit", "why", "try", "provenance"]
    assert re.findall(r'<section id="(\w+)"', page) == wanted


def test_the_page_refers_to_nothing_outside(run: Path) -> None:
    elements = Elements((run / "report.html").read_text(encoding="utf-8"))
    for tag, attributes in elements.tags:
        for name in ("src", "href", "action", "data", "srcset", "xlink:href"):
            value = attributes.get(name) or ""
            assert value[:1] in ("", "#") or value.startswith("data:"), (tag, name, value)
    policy = next(a["content"] for t, a in elements.tags if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy


def test_stored_texts_are_shown_and_never_markup(run: Path) -> None:
    elements = Elements((run / "report.html").read_text(encoding="utf-8"))
    assert not [attributes for _, attributes in elements.tags if any(name.startswith("on") for name in attributes)]
    assert not [attributes for tag, attributes in elements.tags if tag == "img"]
    n_scripts = sum(tag == "script" for tag, _ in elements.tags)
    assert n_scripts == 4  # the data, the charts' library, the model, the page's behaviour
    for text in map(visible, (*CLASSES, TEXTS[0], TEXTS[1], TEXTS[5])):
        assert text in elements.text, text


def test_json_cannot_end_its_script() -> None:
    hostile = {"a": "</script><!--<script>", "b": "\u2028\u2029\ud800&"}
    escaped = str(json_for_script(hostile))
    assert not re.search("[<>&\u2028\u2029]", escaped)
    assert json.loads(escaped) == hostile


def test_names_become_code_and_all_else_is_escaped() -> None:
    assert str(mark_names("a `<b>` <i>")) == 'a <code dir="auto">&lt;b&gt;</code> &lt;i&gt;'
