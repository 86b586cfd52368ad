"""`data-issues.csv`: whatever a text holds comes back, and no spreadsheet takes a cell for a formula."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from baselines.data.issues import COLUMNS, WHATS, Issue, names_in, sorted_issues, write_issues
from baselines.escaping.csv_cells import guarded, unguarded

ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(ANY)
def test_a_guarded_cell_is_no_formula_and_comes_back(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(cell) == text


@given(ANY, st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)))
def test_texts_and_labels_survive_the_file(text: str, labels: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "issues.csv"
        write_issues(path, [Issue("label", 0.7, text, tuple(labels), (), 3, "a.csv")], "multilabel")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            (row,) = csv.DictReader(stream)
    assert tuple(row) == COLUMNS
    assert unguarded(row["text"]) == text
    assert names_in(unguarded(row["labels"]), "multilabel", "here") == tuple(labels)
    assert row["accept"] == ""


def test_the_surest_stand_first_in_each_kind() -> None:
    found = sorted_issues([Issue("merge", 0.9), Issue("label", 0.6), Issue("label", 0.8), Issue("duplicate", 1.0)])
    assert [(issue.what, issue.sure) for issue in found] == [
        ("label", 0.8),
        ("label", 0.6),
        ("duplicate", 1.0),
        ("merge", 0.9),
    ]
    assert next(iter(WHATS)) == "label"
