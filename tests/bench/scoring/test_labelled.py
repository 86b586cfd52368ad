"""Labels held against a bundle: what it doesn't know, other spellings, and texts without a label."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from baselines.errors import UserError
from baselines.labels.columns import columns_of
from baselines.labels.records import records_of
from baselines.tables.read_table import read_table
from bench.scoring.score import score_bundles
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.score_case import FEW, Rows, records, scored, value
from tests.cases.table_case import lineage, task_classifier


def test_what_a_bundle_does_not_know_counts_and_is_said(bundles: Mapping[str, Path]) -> None:
    text = "who found my coat?"
    found = scored(bundles, ["multiclass"], [(text, ["person"])] * 3 + [(text, ["unheard"])])
    assert found.value == 0.75
    assert any("'unheard' 1): no answer to them is right" in note for note in found.content["data"]["notes"])
    found = scored(bundles, ["multilabel"], [("C code about my coat", ["c", "unheard"])])
    assert value(found, "recall_weighted") == 0.5
    found = scored(bundles, ["binary"], [("my coat is good", ["good"]), ("my coat is not good", ["unheard"])])
    assert found.value == 1.0
    assert any("count as texts that aren't good" in note for note in found.content["data"]["notes"])


def test_abstaining_is_right_of_no_text_whatever_its_class(tmp_path: Path) -> None:
    place = write_bundle(task_classifier("multiclass"), lineage(), tmp_path / "b", "table")
    rows = [("a graph", ["nlp"]), ("a graph", ["unheard"])]
    found = score_bundles([runtime.load(place, abstain=1.0)], records(rows), FEW)
    assert (found.value, found.content["models"][0]["abstained"]) == (0.0, {"n": 2, "share": 1.0})


def test_texts_without_a_label_are_left_out_where_each_has_one(bundles: Mapping[str, Path]) -> None:
    rows = [("who found my coat?", ["person"]), ("when?", [])]
    found = scored(bundles, ["multiclass"], rows)
    data = found.content["data"]
    assert (data["n_records"], data["n_texts"], data["n_unlabelled"], found.value) == (2, 1, 1, 1.0)
    found = scored(bundles, ["multilabel"], [("C code", ["c"]), ("nothing about my coat", [])])
    assert (found.content["data"]["n_texts"], found.content["data"]["n_unlabelled"]) == (2, 1)
    # A flag of zero says no; an empty cell of a labels' column says nothing.
    yes_no = [("my coat is good", ["good"]), ("my coat is not good", [])]
    predictor = runtime.load(bundles["binary"])
    counts = [
        score_bundles([predictor], records(yes_no, stated), FEW).content["data"]["n_texts"] for stated in (True, False)
    ]
    assert counts == [2, 1]


def test_nothing_known_is_counted(bundles: Mapping[str, Path]) -> None:
    found = scored(bundles, ["multiclass"], [("who found it?", ["person"]), ("....", ["time"])] * 2)
    assert found.content["models"][0]["nothing_known"] == {"n": 2, "share": 0.5}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", ["Person"]), ("b", ["person"])], "'Person' (1 text) is 'person' there; write them as there"),
        ([("a", ["0"]), ("b", ["1"])], "none of its labels ('0' 1, '1' 1) is a class of the bundle"),
        ([("a", ["0"]), ("b", ["1"])], "give the names of class numbers by --class-names"),
        ([("a", ["x"]), ("b", ["y"])], "check --labels-column"),
        ([("a", ["person", "time"])], "row 2: a bundle of task multiclass gives each text one label"),
        ([("a", []), ("b", [])], "no text has a label"),
        ([("", ["person"]), (" ", ["time"])], "all 2 texts are empty"),
    ],
)
def test_labels_that_can_not_be_held_against_it_stop(bundles: Mapping[str, Path], rows: Rows, said: str) -> None:
    with pytest.raises(UserError) as caught:
        scored(bundles, ["multiclass"], rows)
    assert said in str(caught.value)


def test_labels_in_another_spelling_are_merged_when_asked(bundles: Mapping[str, Path]) -> None:
    rows = [("who found my coat?", ["PERSON"]), ("who found my coat?", ["person"])]
    found = scored(bundles, ["multiclass"], rows, dataclasses.replace(FEW, merge=True))
    assert found.value == 1.0
    assert any(
        note.startswith("merged by --merge-labels: 1 label written otherwise")
        for note in found.content["data"]["notes"]
    )


def test_labels_such_as_nan_are_missing_unless_the_bundle_knows_them(
    bundles: Mapping[str, Path], tmp_path: Path
) -> None:
    rows = [("who found my coat?", ["person"])] * 9 + [("what?", ["nan"])]
    assert scored(bundles, ["multiclass"], rows).content["data"]["n_texts"] == 9
    own = task_classifier("multiclass")
    own.space_ = dataclasses.replace(own.space_, classes=("nan", "b", "c", "d", "e"))
    place = {"own": write_bundle(own, lineage(), tmp_path / "own", "table")}
    assert scored(place, ["own"], [("a", ["b"])] * 9 + [("what?", ["nan"])]).content["data"]["n_texts"] == 10


def test_cells_of_several_labels_stop_with_a_separator_to_try(bundles: Mapping[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("text,tags\n" + "C and C++ code,c;c++\nC code,c\nC++ code,c++\n" * 10, encoding="utf-8")
    table = read_table(path)
    predictor = runtime.load(bundles["multilabel"])
    with pytest.raises(UserError, match='--label-separator ";"'):
        score_bundles([predictor], records_of(table, columns_of(table)), FEW)
