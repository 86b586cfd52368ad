"""Data sets from a name, a file, a data frame and a mapping; and what is said where that can't be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tagpress
from baselines.dataset import Dataset
from tests.cases.quick_case import write_csv

TEXTS = [f"note number {n}" for n in range(30)]
KINDS = ["odd", "even"] * 15


def test_the_sample_comes_by_name(sample: Dataset) -> None:
    assert tagpress.read_dataset().sha256 == tagpress.read_dataset("sample").sha256 == sample.sha256
    assert tagpress.read_dataset("sample", seed=1).sha256 != sample.sha256


def test_a_file_a_frame_and_a_mapping_give_the_same(tmp_path: Path, tiny: Dataset) -> None:
    file = tagpress.read_dataset(write_csv(tiny, tmp_path / "own.csv"), labels="tags", separator=";")
    columns = {"text": list(tiny.everything.texts), "tags": [_labels(tiny, row) for row in range(len(tiny.everything))]}
    mapping = tagpress.read_dataset(columns)
    frame = tagpress.read_dataset(pd.DataFrame(columns, index=range(500, 500 + len(tiny.everything))), name="mine")
    assert file.sha256 == mapping.sha256 == frame.sha256
    assert (file.name, mapping.name, frame.name) == ("own.csv", "data frame", "mine")
    assert file.everything.texts == tiny.everything.texts
    assert np.array_equal(file.everything.labels, tiny.everything.labels)
    assert tagpress.read_dataset(str(tmp_path / "own.csv"), separator=";", name="mine").name == "mine"


def _labels(dataset: Dataset, row: int) -> list[str]:
    return [dataset.classes[c] for c in np.flatnonzero(dataset.everything.labels[row])]


def test_columns_are_named_by_one_name_or_several() -> None:
    columns = {"title": TEXTS, "body": ["more"] * 30, "odd": [1, 0] * 15, "even": [0, 1] * 15}
    both = tagpress.read_dataset(columns, text=["title", "body"], label_columns=["odd", "even"])
    assert both.everything.texts[0] == "note number 0 more"
    rest = tagpress.read_dataset({k: v for k, v in columns.items() if k != "body"}, text="title", label_columns="rest")
    assert np.array_equal(rest.everything.labels, both.everything.labels)
    kinds = tagpress.read_dataset({"text": TEXTS, "labels": KINDS}, min_texts_per_class=15)
    assert kinds.everything.space.names == ("even", "odd")


@pytest.mark.parametrize("kind", ["file", "frame", "mapping"])
@pytest.mark.parametrize("own", ["file", "frame", "mapping"])
def test_a_test_part_comes_from_anywhere(kind: str, own: str, tmp_path: Path) -> None:
    columns = {"text": TEXTS, "labels": ["a", "b", "c"] * 10}
    last = {"labels": ["c", "a"], "text": ["last", "very last"]}
    dataset = tagpress.read_dataset(_as(kind, columns, tmp_path / "f.csv"), test=_as(own, last, tmp_path / "own.csv"))
    assert dataset.part("test").texts == ("last", "very last")
    assert dataset.part("test").labels.tolist() == [[False, False, True], [True, False, False]]
    assert len(dataset.part("train")) + len(dataset.part("validation")) == 30
    assert (dataset.task, dataset.name) == ("multiclass", "f.csv" if kind == "file" else "data frame")


def _as(kind: str, columns: dict[str, list[str]], path: Path) -> Any:
    frame = pd.DataFrame(columns)
    if kind == "file":
        frame.to_csv(path, index=False)
    return {"file": path, "frame": frame, "mapping": columns}[kind]


def test_both_parts_may_be_given() -> None:
    columns = {"text": TEXTS, "labels": KINDS}
    own = {"text": ["x", "y"], "labels": ["odd", "even"]}
    other = pd.DataFrame({"text": ["v", "w"], "labels": ["odd", "even"]})
    dataset = tagpress.read_dataset(columns, test=own, validation=other, positive="even")
    assert [len(dataset.part(name)) for name in ("train", "validation", "test")] == [30, 2, 2]
    assert (dataset.classes, dataset.everything.negative) == (("even",), "odd")


def test_task_and_metric_are_said() -> None:
    dataset = tagpress.read_dataset({"text": TEXTS, "labels": KINDS}, task="multiclass", metric="f1_macro")
    assert (dataset.task, dataset.part("train").judged_by) == ("multiclass", "f1_macro")
    assert tagpress.read_dataset("sample", metric="exact_match").part("test").judged_by == "exact_match"


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("nowhere.csv", {}, "nowhere.csv: no such file"),
        (
            "nowhere",
            {},
            "nowhere: neither a known name nor a file; expected sample, madewithml, or the path of a file",
        ),
        (5, {}, "source: a name, a path, a table, a mapping of columns or a list of records is needed, got 5"),
        ({"a", "b"}, {}, "source: a name, a path"),
        ({"text": TEXTS, "labels": KINDS}, {"text": "body"}, "data frame: no column 'body'; columns: 'text', 'labels'"),
        ({"text": TEXTS, "kind": KINDS}, {}, "no column 'labels', 'tags', 'label'"),
        (
            {"text": [*TEXTS[:3], True, *TEXTS[4:]], "labels": KINDS},
            {},
            "row 3, column 'text': expected a text, got bool True",
        ),
        ({"text": TEXTS, "labels": [*KINDS[:29], 0.5]}, {}, "row 29, column 'labels': expected a label"),
        (
            {"text": TEXTS, "odd": [1, 0, "maybe"] * 10},
            {"label_columns": "odd"},
            "row 2, column 'odd': expected 0 or 1",
        ),
        ({"text": TEXTS, "labels": KINDS[:7]}, {}, "got columns: 'text' 30, 'labels' 7"),
        ({"text": TEXTS, "labels": KINDS}, {"min_texts_per_class": 16}, "at least 2 classes with 16 texts"),
        ({"text": TEXTS, "labels": KINDS}, {"task": "several"}, "auto, multilabel, multiclass, binary is allowed, got"),
        ({"text": TEXTS, "labels": KINDS}, {"positive": "red"}, "'red': not a class of data frame"),
        ({"text": TEXTS, "labels": KINDS}, {"test": 5}, "test: a name, a path, a table, a mapping"),
        (
            {"text": TEXTS, "labels": KINDS},
            {"test": {"text": ["x"], "labels": ["red"]}},
            "test part: row 0: class 'red' has no text in data frame",
        ),
        ("sample", {"task": "multiclass"}, "row 0: with --task multiclass every text needs exactly one label"),
        ("sample", {"test": {"text": ["x"], "labels": ["red"]}}, "test: they go with texts of your own"),
    ],
)
def test_what_cannot_be_read_is_named(source: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(tagpress.UserError) as refused:
        tagpress.read_dataset(source, **options)
    assert message in str(refused.value)


def test_a_row_of_a_file_is_named_as_an_editor_numbers_it(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("text,tags\nfirst,a\nsecond\n", encoding="utf-8")
    with pytest.raises(tagpress.UserError, match=r"own.csv: row 3 has 1 fields, the header has 2"):
        tagpress.read_dataset(tmp_path / "own.csv")
