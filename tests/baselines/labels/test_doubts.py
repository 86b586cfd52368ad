"""What looks wrong in labels stops before training, with counts, examples and what to type, until told otherwise."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.data.sources import load
from tests.cases.data_case import options
from tests.cases.labels_case import csv_file, json_lines, stopped

VARIANTS = ["Card Arrival", "card arrival", "card arrival ", "lost", "caf\u00e9", "cafe\u0301", "lo\u200bst", "tea"]


def test_spellings_of_one_class_stop_until_merged(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": VARIANTS * 10})
    said = stopped(path)
    assert "2 labels are 1 class in different spellings: 'card arrival' (20) and 'Card Arrival' (10)" in said
    assert "--merge-labels" in said
    merged = load(options("--dataset", path, "--merge-labels"))
    assert merged.classes == ("caf\u00e9", "card arrival", "lost", "tea")
    assert any("merged by --merge-labels: 2 labels are 1 class" in note for note in merged.notes)
    assert any("3 classes are written in several ways" in note for note in merged.notes)
    kept = load(options("--dataset", path, "--accept", "variants"))
    assert kept.classes == ("Card Arrival", "caf\u00e9", "card arrival", "lost", "tea")


def test_missing_labels_are_left_out_and_counted(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": [*["a", "b", "c"] * 20, "nan", "NULL", "N/A", "#N/A", ""]})
    dataset = load(options("--dataset", path))
    assert (dataset.task, dataset.classes, len(dataset.everything)) == ("multiclass", ("a", "b", "c"), 60)
    assert "'nan' (1 text) and 'NULL' (1 text)" in dataset.notes[0]
    assert "own.csv: row 62), and such texts are left out" in dataset.notes[0]
    assert "1 of 61 texts has no label" in dataset.notes[1]
    kept = load(options("--dataset", path, "--accept", "missing", "--min-texts-per-class", "1"))
    assert {"nan", "NULL", "N/A", "#N/A"} < {*kept.classes}


def test_missing_names_leave_the_set_where_texts_have_several(tmp_path: Path) -> None:
    dataset = load(
        options("--dataset", json_lines(tmp_path, [["a", "b"], ["b", "nan"], ["a"], ["null"]] * 3 + [["a"]] * 30))
    )
    assert (dataset.classes, len(dataset.everything)) == (("a", "b"), 42)
    assert np.flatnonzero(~dataset.everything.labels.any(axis=1)).tolist() == [3, 7, 11]


@pytest.mark.parametrize(
    "cells",
    [
        ["a", "b", "none"] * 10,
        ["DE", "FR", "NA", "US"] * 10,
        ["sports", "news", "nan"] * 10,
        ["good", "bad", "?", "bad", "good", "good"] * 6,
    ],
)
def test_a_missing_word_that_may_be_a_class_stops(cells: Sequence[Any], tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": cells})
    assert "may stand for a missing label, or be a class" in stopped(path)
    assert len(load(options("--dataset", path, "--accept", "missing")).everything.space.names) == len({*cells})


def test_na_among_words_is_a_missing_label(tmp_path: Path) -> None:
    dataset = load(options("--dataset", csv_file(tmp_path, {"label": [*["sports", "news", "arts"] * 20, "NA"]})))
    assert len(dataset.everything) == 60


def test_a_column_called_none_is_a_class(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"none": [1, 0, 0] * 10, "some": [0, 1, 1] * 10})
    assert load(options("--dataset", path, "--label-columns", "rest")).everything.space.names == ("some", "none")


def test_all_doubts_are_said_at_once(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": [*["Red", "red", "none", "blue"] * 10, "rare"]})
    said = stopped(path)
    assert "--accept variants,missing,rare" in said
    assert len(load(options("--dataset", path, "--accept", "variants,missing,rare")).classes) == 4
    assert len(load(options("--dataset", path, "--accept", "all")).classes) == 4


def test_rare_classes_stop_until_said(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": [*["a", "b", "c"] * 10, "rare", "rare", "rarer"]})
    said = stopped(path)
    assert "of 5 classes 2 have fewer than 3 texts: 'rare' (2), 'rarer' (1); 3 texts would be left out" in said
    assert "--min-texts-per-class 3 goes on without them or --min-texts-per-class 1 keeps them" in said
    assert load(options("--dataset", path, "--min-texts-per-class", "3")).classes == ("a", "b", "c")
    assert load(options("--dataset", path, "--min-texts-per-class", "1")).classes == ("a", "b", "c", "rare", "rarer")
