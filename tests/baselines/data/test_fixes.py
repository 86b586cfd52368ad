"""Accepted changes: what they change, what they leave as it is, and every way in which a file of them is refused."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from baselines.data.data_options import DataOptions
from baselines.data.issues import COLUMNS
from baselines.data.sources import load
from baselines.dataset import PARTS, Dataset
from baselines.errors import DataError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    rows = [f"text number {i} of {label},{label}" for i in range(20) for label in ("a", "b", "c")]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def _fixes(folder: Path, *rows: Mapping[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    path = folder / "fixes.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _row(row: str = "2", labels: str = "a", suggested: str = "b", what: str = "label", **more: str) -> dict[str, str]:
    return {"row": row, "file": "texts.csv", "what": what, "labels": labels, "suggested": suggested, **more}


def _load(data: Path, fixes: Path | None = None) -> Dataset:
    return load(DataOptions(dataset=str(data), fixes=fixes))


@pytest.mark.parametrize("mark", ["x", "X", "yes", "1", "true", " y "])
def test_an_accepted_label_changes_and_the_split_stays(data: Path, tmp_path: Path, mark: str) -> None:
    before = _load(data)
    after = _load(data, _fixes(tmp_path, _row(accept=mark), _row("3", "b", "c")))
    assert after.everything.space.said(after.everything.labels[0]) == ["b"]
    assert (after.everything.labels[1:] == before.everything.labels[1:]).all()
    for part in PARTS:
        assert np.array_equal(getattr(after.split, part), getattr(before.split, part))
    assert after.mended is not None
    assert after.mended.changed == (0,)
    assert "1 text has other labels" in after.notes[-1]
    assert after.sha256 != before.sha256


def test_an_accepted_copy_leaves_its_part_alone(data: Path, tmp_path: Path) -> None:
    before = _load(data)
    after = _load(data, _fixes(tmp_path, _row("5", what="duplicate", suggested="texts.csv: row 2", accept="x")))
    kept = {part: set(getattr(after.split, part)) for part in PARTS}
    was = {part: set(getattr(before.split, part)) for part in PARTS}
    assert set().union(*was.values()) - set().union(*kept.values()) == {3}
    assert all(kept[part] == was[part] - {3} for part in PARTS)


def test_a_merge_takes_the_class_away_everywhere(data: Path, tmp_path: Path) -> None:
    merge = {"what": "merge", "labels": "c", "suggested": "b", "accept": "x"}
    after = _load(data, _fixes(tmp_path, merge, _row("2", "a", "c", accept="x")))
    assert after.classes == ("a", "b")
    assert after.everything.labels.sum(axis=0).tolist() == [19, 41]  # the other fix's c is b now, too


def test_without_the_column_every_row_is_accepted(data: Path, tmp_path: Path) -> None:
    columns = tuple(name for name in COLUMNS if name != "accept")
    after = _load(data, _fixes(tmp_path, _row(), _row("3", "b", "c"), columns=columns))
    assert after.mended is not None
    assert after.mended.changed == (0, 1)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (_row(), "no row is accepted; write x"),
        (_row(accept="maybe"), "line 2, column 'accept': x, yes"),
        (_row("999", accept="x"), "row '999' of 'texts.csv' is no row of these data"),
        (_row(labels="b", accept="x"), "the labels of row 2 of texts.csv are a now, not b"),
        (_row(suggested="zebra", accept="x"), "'zebra' is not a class; classes: a, b, c"),
        (_row(suggested="", accept="x"), "one label is needed, got none"),
        (_row(what="nonsense", accept="x"), "column 'what': label, missing label"),
        ({"what": "merge", "labels": "a", "suggested": "a", "accept": "x"}, "are one class already"),
        ({"what": "merge", "labels": "a", "suggested": "q", "accept": "x"}, "'q' is no class that can be merged"),
    ],
)
def test_what_cannot_be_applied_is_refused_by_place(data: Path, tmp_path: Path, row: dict[str, str], said: str) -> None:
    with pytest.raises(DataError) as caught:
        _load(data, _fixes(tmp_path, row))
    assert said in str(caught.value)


def test_two_changes_of_one_text_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 3: its text has a change already, by .*line 2"):
        _load(data, _fixes(tmp_path, _row(accept="x"), _row(suggested="c", accept="x")))


def test_a_file_of_texts_is_no_file_of_fixes(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'row', .*--dataset, --train or --test"):
        _load(data, data)
    with pytest.raises(DataError, match="no such file; --data takes"):
        _load(data, tmp_path / "nowhere.csv")
