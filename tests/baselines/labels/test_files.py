"""Labels as people's files hold them are read, or stopped at with what to type; never silently read wrongly."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from baselines.data.sources import dataset_of, load
from baselines.dataset import Dataset
from baselines.tables.frames import table_of_frame
from tests.cases.data_case import options, write
from tests.cases.labels_case import csv_file, json_lines, stopped

Cells = Sequence[Any]


def labels_of(dataset: Dataset, row: int) -> tuple[str, ...]:
    return tuple(np.array(dataset.classes)[dataset.everything.labels[row]])


@pytest.mark.parametrize(
    "cells",
    [
        ["['a', 'b']", "['b']", "['c']", "[]"],
        ['["a","b"]', '["b"]', '["c"]', "[]"],
        ["['a' 'b']", "['b']", "['c']", "[]"],
        ["('a', 'b')", "('b',)", "('c',)", "()"],
        ["{'a', 'b'}", "{'b'}", "{'c'}", "set()"],
        ["[a, b]", "[b]", "[c]", ""],
        [["a", "b"], ["b"], ["c"], []],
    ],
)
def test_lists_in_cells_are_labels(cells: Cells, tmp_path: Path) -> None:
    written = isinstance(cells[0], str)
    path = csv_file(tmp_path, {"labels": cells * 10}) if written else json_lines(tmp_path, cells * 10)
    dataset = load(options("--dataset", path))
    assert (dataset.task, dataset.classes) == ("multilabel", ("a", "b", "c"))
    assert [labels_of(dataset, row) for row in range(4)] == [("a", "b"), ("b",), ("c",), ()]
    assert any("are lists, such as" in note for note in dataset.notes) == written


def test_frames_hold_lists_of_any_kind() -> None:
    kinds = [{"b", "a"}, ("b",), np.array(["c", "a"]), ["c"]]
    frame = pd.DataFrame({"text": [f"t {i}" for i in range(40)], "tags": kinds * 10})
    dataset = dataset_of(table_of_frame(frame), "frame", options())
    assert [labels_of(dataset, row) for row in range(4)] == [("a", "b"), ("b",), ("a", "c"), ("c",)]


def test_some_lists_beside_names_stop(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"labels": ["a", "['a', 'b']", "b", "a"] * 10})
    said = stopped(path)
    assert "10 cells of column 'labels' look like lists (row 3: \"['a', 'b']\"), 30 don't (row 2: 'a')" in said
    assert "--accept lists" in said
    assert load(options("--dataset", path, "--accept", "lists")).classes == ("['a', 'b']", "a", "b")


@pytest.mark.parametrize("separator", [", ", ",", ";", "|"])
@pytest.mark.parametrize("names", ["abc", "379"])
def test_several_labels_in_a_cell_propose_a_separator(separator: str, names: str, tmp_path: Path) -> None:
    a, b, c = names
    path = csv_file(tmp_path, {"labels": [separator.join([a, b]), b, separator.join([c, a]), c] * 10})
    said = stopped(path)
    assert f'--label-separator "{separator.strip()}"' in said
    assert "20 cells of column 'labels' hold several labels" in said
    assert "as they stand 4 classes, split 3" in said
    dataset = load(options("--dataset", path, "--label-separator", separator.strip()))
    assert (dataset.task, dataset.classes) == ("multilabel", (a, b, c))
    assert load(options("--dataset", path, "--accept", "lists")).task == "multiclass"


def test_names_with_a_comma_are_names(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"labels": ["Trains, planes", "Dolls", 'say "hi"', "<b>\U0001f600</b>"] * 10})
    assert load(options("--dataset", path)).classes == ("<b>\U0001f600</b>", "Dolls", "Trains, planes", 'say "hi"')


@pytest.mark.parametrize("text", [False, True])
def test_zeros_and_ones_in_a_list_are_columns(text: bool, tmp_path: Path) -> None:
    vectors = [[0, 0, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]] * 10
    written = [str(own) for own in vectors]
    path = csv_file(tmp_path, {"labels": written}) if text else json_lines(tmp_path, vectors)
    dataset = load(options("--dataset", path))
    assert (dataset.task, dataset.classes) == ("multilabel", ("1", "2", "3", "4"))
    assert dataset.everything.labels.tolist() == np.array(vectors, bool).tolist()
    assert any("4 zeros and ones in each row" in note and "--class-names" in note for note in dataset.notes)
    names = write(tmp_path, "names.txt", "north\neast\nsouth\nwest\n")
    named = load(options("--dataset", path, "--class-names", names))
    assert labels_of(named, 1) == ("north", "west")
    assert "4 names" not in "".join(named.notes)
    few = write(tmp_path, "few.txt", "north\neast\n")
    assert "2 names" in stopped(path, "--class-names", few)


def test_pairs_of_zeros_and_ones_in_every_row_are_columns(tmp_path: Path) -> None:
    dataset = load(options("--dataset", json_lines(tmp_path, [[0, 1], [1, 0], [0, 1], [1, 0]] * 10)))
    assert (dataset.task, dataset.everything.space.names) == ("binary", ("2", "1"))


def test_lists_of_class_numbers_are_no_columns(tmp_path: Path) -> None:
    dataset = load(options("--dataset", json_lines(tmp_path, [[0, 1], [1], [0], [2, 0]] * 10)))
    assert dataset.classes == ("0", "1", "2")


@pytest.mark.parametrize(("odd", "said"), [([0, 1, 0], "got 3 of them"), ([0, 1, 2, 0], "with another value")])
def test_a_list_that_does_not_fit_the_others_is_named(odd: list[int], said: str, tmp_path: Path) -> None:
    path = json_lines(tmp_path, [*[[0, 0, 1, 0], [1, 0, 0, 1]] * 10, odd])
    assert "row 21, column 'labels': expected 4 zeros and ones" in stopped(path)
    assert said in stopped(path)
    good = json_lines(tmp_path, [[0, 0, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0], [1, 1, 0, 1]] * 10, "good.jsonl")
    given = json_lines(tmp_path, [[0, 0, 1, 0], odd], "given.jsonl")
    assert "given.jsonl: row 2, column 'labels'" in stopped(good, "--test", given)


FLAGS: dict[str, tuple[Cells, Cells]] = {
    "0/1": ("1", "0"),
    "1.0/0.0": ("1.0", "0.0"),
    "yes/no": ("Yes", "no"),
    "y/n": ("y", "N"),
    "true/false": ("True", "False"),
    "on/off": ("on", "off"),
    "x/blank": ("x", ""),
    "1/blank": ("1", ""),
    "tick/blank": ("\u2713", ""),
}


@pytest.mark.parametrize("case", FLAGS)
def test_yes_no_columns_in_any_words(case: str, tmp_path: Path) -> None:
    on, off = FLAGS[case]
    columns = {name: [on if i % k == 0 else off for i in range(40)] for name, k in (("two", 2), ("three", 3))}
    path = csv_file(tmp_path, {"id": range(40), **columns})
    dataset = load(options("--dataset", path, "--label-columns", "rest"))
    assert dataset.classes == ("three", "two")
    assert [labels_of(dataset, row) for row in (0, 1, 2, 3)] == [("three", "two"), (), ("two",), ("three",)]
    assert "--label-columns rest leaves out what holds no yes and no: 'id'" in dataset.notes
    assert "'id'" in stopped(path, "--label-columns", "id,two")
    side = load(options("--dataset", path, "--label-columns", "rest", "--id-column", "id"))
    assert side.origins is not None
    assert side.origins.ids[:2] == ("0", "1")


def test_each_column_has_words_of_its_own(tmp_path: Path) -> None:
    rows = [("yes", "x", "1", "True"), ("no", "", "", "False"), ("", "", "1", "True"), ("no", "x", "", "")] * 10
    path = csv_file(tmp_path, dict(zip("abcd", zip(*rows, strict=True), strict=True)))
    dataset = load(options("--dataset", path, "--label-columns", "rest"))
    assert [labels_of(dataset, row) for row in range(4)] == [("a", "b", "c", "d"), (), ("c", "d"), ("b",)]
    assert any("20 blank cells stand beside yes and no in columns 'a', 'd'" in note for note in dataset.notes)


@pytest.mark.parametrize(("on", "off"), [("1", "0"), ("yes", "no"), ("x", ""), ("1", "")])
def test_one_yes_no_column_is_a_binary_task(on: str, off: str, tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"fraud": [on if i % 4 == 0 else off for i in range(40)]})
    dataset = load(options("--dataset", path, "--label-columns", "fraud"))
    assert (dataset.task, dataset.everything.space.names) == ("binary", ("not fraud", "fraud"))
    assert int(dataset.everything.labels.sum()) == 10


def test_rows_that_say_neither_yes_nor_no_are_left_out(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"fraud": [*["yes", "no"] * 20, "", "N/A"], "label": [*["1", "0"] * 20, "", "nan"]})
    for asked in (["--label-columns", "fraud"], ["--labels-column", "label"]):
        dataset = load(options("--dataset", path, *asked))
        assert (dataset.task, len(dataset.everything)) == ("binary", 40)
        assert any("2 of 42 texts are left out" in note and "row 42" in note for note in dataset.notes)


def test_yes_and_no_in_one_column_are_classes_as_written(tmp_path: Path) -> None:
    dataset = load(options("--dataset", csv_file(tmp_path, {"label": ["yes", "no", "no"] * 10})))
    assert (dataset.task, dataset.everything.space.names) == ("binary", ("no", "yes"))


def test_labels_with_control_characters_are_one_line(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": ["a\x07b", "c\nd", "e\x0bf", 'g,"h"'] * 10})
    dataset = load(options("--dataset", path))
    assert dataset.classes == ("a b", "c d", "e f", 'g,"h"')
    assert "30 labels hold control characters or line ends, read as blanks (such as 'a\\x07b')" in dataset.notes


def test_an_absurd_label_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": [*["a", "b"] * 10, "x" * 100_000]})
    said = stopped(path)
    assert "own.csv: row 22: a label of 100000 characters" in said
    assert len(said) < 400


def test_numbers_and_null_as_texts(tmp_path: Path) -> None:
    texts = ["NaN", "N/A", 3, 2.5, None, "", " "]
    lines = [{"text": f"t {i}", "label": "ab"[i % 2]} for i in range(20)]
    lines += [{"text": text, "label": "a"} for text in texts]
    path = write(tmp_path, "own.jsonl", "\n".join(map(json.dumps, lines)))
    dataset = load(options("--dataset", path))
    assert dataset.everything.texts[20:] == ("NaN", "N/A", "3", "2.5")
    assert "2 of 27 values in text column 'text' are numbers (the first: row 23), and are read as text" in dataset.notes
    assert any("3 of 27 records of" in note and "rows 25, 26, 27" in note for note in dataset.notes)
    assert "3 of 27 records have no text (rows 25, 26, 27)" in stopped(path, "--missing-texts", "stop")


@pytest.mark.parametrize("value", [True, ["a"], {"de": "x"}])
def test_a_value_that_is_no_text_is_named(value: Any, tmp_path: Path) -> None:
    lines = [{"text": "a", "label": "b"}, {"text": value, "label": "b"}]
    said = stopped(write(tmp_path, "own.jsonl", "\n".join(map(json.dumps, lines))))
    assert "row 2, column 'text': expected a text" in said
    assert ("text.de" in said) == isinstance(value, dict)


def test_equal_texts_teach_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "text,label\n" + "Same  text,a\nsame TEXT ,b\n" * 20)
    assert "all 40 texts are the same ('Same  text')" in stopped(path)


def test_what_few_texts_can_not_tell_is_said(tmp_path: Path) -> None:
    few = load(options("--dataset", csv_file(tmp_path, {"label": ["a", "b"] * 25})))
    assert any("test part has only" in note and "points" in note for note in few.notes)
    rare = load(options("--dataset", csv_file(tmp_path, {"fraud": ["1" if i % 33 == 0 else "0" for i in range(1000)]}),
                        "--label-columns", "fraud"))  # fmt: skip
    assert any("texts of fraud (3.1% of all texts)" in note for note in rare.notes)
    assert load(options("--dataset", csv_file(tmp_path, {"label": ["a", "b"] * 200}))).notes == ()


def test_a_class_that_training_lacks_is_told_with_its_texts(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": ["a", "b"] * 20})
    own = csv_file(tmp_path, {"label": ["a", "new", "new", "newer"]}, "test.csv")
    said = stopped(path, "--test", own)
    assert "test.csv: row 3: class 'new' has no text in" in said
    assert "in all 2 such classes, 3 labels: 'new', 'newer'" in said
