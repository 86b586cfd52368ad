"""report.md is the golden file, and stored texts can't become markup in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from baselines.escaping.markdown import cell, prose

GOLDEN = Path(__file__).resolve().parents[2] / "cases" / "golden" / "report.md"


def test_markdown_is_the_golden_file(run: Path) -> None:
    """TAGPRESS_ACCEPT=1 python -m pytest tests/bench/report/test_markdown.py accepts a wanted change; read its diff."""
    made = (run / "report.md").read_text(encoding="utf-8")
    if os.environ.get("TAGPRESS_ACCEPT"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(made, encoding="utf-8")
    assert made == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", "a\\|b"),
        ("<b>", "&lt;b&gt;"),
        ("a\nb", "a b"),
        ("`x`", "'x'"),
        ("[l](u)", "\\[l\\]\\(u\\)"),
        ("\u202ea", "⟨U+202E⟩a"),
    ],
)
def test_a_cell_of_markdown_is_one_line_of_text(text: str, expected: str) -> None:
    assert cell(text) == expected


def test_an_odd_backtick_opens_no_code() -> None:
    assert prose("a `b` <c>") == "a `b` &lt;c&gt;"
    assert prose("a ` <c>") == "a ' &lt;c&gt;"
