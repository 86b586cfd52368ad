"""The table in the terminal fits 80 columns, and the verdict comes last."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from bench.report.terminal import merged, print_report
from bench.report.write_report import write_report


def test_the_terminal_table_fits_80_columns_and_ends_with_the_verdict(run: Path) -> None:
    facts = write_report(run)
    console = Console(width=80, record=True, file=io.StringIO())
    print_report(facts, console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    for name in ("student-int8", "cnn-int8-dynamic", "chance-coin"):
        assert re.search(rf"^.*{name} +0\.\d{{3}} ", text, re.MULTILINE)
    assert text.index("student-pruned: failed") < text.index("Deploy student-int8")


def test_a_note_that_holds_for_several_models_is_one_line() -> None:
    notes = ["The run was noisy: cnn", "linear: cold start: median of 1", "cnn: slow", "cnn: cold start: median of 1"]
    assert merged(notes, {"cnn", "linear"}) == [
        "The run was noisy: cnn",
        "linear, cnn: cold start: median of 1",
        "cnn: slow",
    ]
