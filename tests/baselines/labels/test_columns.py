"""Texts and labels are found in the columns of a table, however they are written there."""

from pathlib import Path
from typing import Any

import pytest

from baselines.data.sources import load
from baselines.errors import DataError
from baselines.labels.asked import Labels
from baselines.labels.columns import columns_of
from baselines.labels.label_sets import label_sets
from baselines.labels.texts import texts_of
from baselines.tables.table import Table
from tests.cases.data_case import FORMATS, options, write


@pytest.mark.parametrize("suffix", FORMATS)
def test_one_column_a_label(suffix: str, tmp_path: Path) -> None:
    records = [{"words": f"text {i}", "red": i % 2, "blue": int(i % 3 == 0)} for i in range(41)]
    FORMATS[suffix](records, path := tmp_path / f"mine{suffix}")
    rest = load(options("--dataset", str(path), "--text-column", "words", "--label-columns", "rest"))
    named = load(options("--dataset", str(path), "--text-column", "words", "--label-columns", "red,blue"))
    assert rest.classes == ("blue", "red")
    assert rest.sha256 == named.sha256
    assert rest.everything.labels[3].tolist() == [True, True]
    assert any("kept as texts of no class" in note for note in rest.notes)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_lists_of_labels_need_no_separator(suffix: str, tmp_path: Path) -> None:
    records = [{"text": f"text {i}", "labels": ["a", "b; c"] if i % 2 else []} for i in range(20)]
    FORMATS[suffix](records, path := tmp_path / f"mine{suffix}")
    dataset = load(options("--dataset", str(path)))
    assert (dataset.task, dataset.classes) == ("multilabel", ("a", "b; c"))


def test_several_text_columns_are_joined_and_may_be_repeated_options(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "a,b,c,label\n" + "".join(f"x{i},,z,{i % 2}\n" for i in range(20)))
    assert load(options("--dataset", path, "--text-column", "c,b", "--text-column", "a")).everything.texts[0] == "z x0"


def test_cells_become_labels() -> None:
    table = Table(Path("f"), {"text": ["x"] * 5, "label": ["a|b", " a | |a", "", None, ["b", 3]]}, [1, 2, 3, 4, 5])
    assert label_sets(table, columns_of(table, Labels(separator="|"))) == [["a", "b"], ["a"], [], [], ["b", "3"]]
    assert label_sets(table, columns_of(table))[0] == ["a|b"]
    assert texts_of(table, columns_of(table)) == ["x"] * 5


YES_NO = [
    ["1", "0", "1", "0"],
    [1, 0, 1, 0],
    [True, False, True, False],
    ["True", "False", "true", "false"],
    [1.0, 0.0, 1.0, 0.0],
]


@pytest.mark.parametrize("cells", YES_NO)
def test_a_column_of_nothing_but_yes_and_no(cells: list[Any]) -> None:
    table = Table(Path("f"), {"text": ["x"] * 4, "label": cells}, [1, 2, 3, 4])
    columns = columns_of(table)
    assert columns.form.yes_no
    assert label_sets(table, columns) == [["1"], ["0"], ["1"], ["0"]]


@pytest.mark.parametrize("cells", [["1", "0", "2", "0"], ["1"] * 4, ["1", "0", ["1"], "0"], ["yes", "no"] * 2])
def test_other_columns_are_classes_as_they_stand(cells: list[Any]) -> None:
    table = Table(Path("f"), {"text": ["x"] * 4, "label": cells}, [1, 2, 3, 4])
    assert not columns_of(table).form.yes_no
    assert label_sets(table, columns_of(table))[1] == [cells[1]]


def test_yes_and_no_with_empty_cells_and_a_stranger() -> None:
    table = Table(Path("f"), {"text": ["x"] * 4, "label": ["1", None, "", 0]}, [1, 2, 3, 4])
    columns = columns_of(table)
    assert label_sets(table, columns) == [["1"], None, None, ["0"]]
    other = Table(Path("own"), {"text": ["x"], "label": ["maybe"]}, [7])
    with pytest.raises(DataError, match=r"own: row 7, column 'label': expected 0 or 1, got 'maybe'"):
        label_sets(other, columns)
