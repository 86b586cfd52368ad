"""Tables in memory of every origin give the same columns as a file would."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from baselines.errors import DataError
from baselines.tables.frames import table_of_frame
from tests.cases.file_case import columns

PLAIN = {"text": ["a", None, "c"], "n": [1, 2, 3], "labels": [["x", "y"], [], ["x"]]}
FRAMES: dict[str, Any] = {
    "pandas": pd.DataFrame(PLAIN),
    "polars": pl.DataFrame(PLAIN),
    "pyarrow": pa.table(PLAIN),
    "mapping of lists": PLAIN,
    "mapping of arrays": {**PLAIN, "n": np.array([1, 2, 3])},
    "mapping of series": {name: pd.Series(values) for name, values in PLAIN.items()},
    "records": [dict(zip(PLAIN, row, strict=True)) for row in zip(*PLAIN.values(), strict=True)],
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_gives_the_same(kind: str) -> None:
    table = table_of_frame(FRAMES[kind])
    assert columns(table) == PLAIN
    assert list(table.rows) == [0, 1, 2]
    assert all(type(value) is int for value in table.columns["n"])


def test_missing_values_are_none() -> None:
    frame = pd.DataFrame(
        {
            "a": ["x", None, np.nan],
            "b": pd.array(["x", pd.NA, "y"], "string"),
            "c": [1.5, np.nan, None],
            "d": pd.to_datetime(["2026-01-02", None, "2026-01-03"]),
            "e": pd.array([1, pd.NA, 3], "Int64"),
        }
    )
    table = table_of_frame(frame)
    assert columns(table)["a"] == ["x", None, None]
    assert columns(table)["b"] == ["x", None, "y"]
    assert columns(table)["c"] == [1.5, None, None]
    assert columns(table)["d"][0] == datetime.datetime(2026, 1, 2)
    assert columns(table)["d"][1] is None
    assert columns(table)["e"] == [1, None, 3]
    assert columns(table_of_frame(pl.DataFrame({"a": [1.0, float("nan"), None]}))) == {"a": [1.0, None, None]}


def test_categories_are_their_values() -> None:
    assert columns(table_of_frame(pd.DataFrame({"k": pd.Categorical(["b", "a", None])}))) == {"k": ["b", "a", None]}
    assert columns(table_of_frame(pl.DataFrame({"k": pl.Series(["b", "a"], dtype=pl.Categorical)}))) == {
        "k": ["b", "a"]
    }


def test_arrays_in_cells_are_lists() -> None:
    cells = [np.array([0, 1]), ("a", "b"), {"z", "y"}]
    assert columns(table_of_frame({"labels": cells})) == {"labels": [[0, 1], ["a", "b"], ["y", "z"]]}
    assert columns(table_of_frame(pd.DataFrame({"labels": cells})))["labels"][0] == [0, 1]


def test_pairs_and_texts() -> None:
    assert columns(table_of_frame([("a", "x"), ("b", ["x", "y"])])) == {"text": ["a", "b"], "label": ["x", ["x", "y"]]}
    assert columns(table_of_frame(["a", "b"])) == {"text": ["a", "b"]}
    assert columns(table_of_frame([{"text": "a"}, {"label": "x"}])) == {"text": ["a", None], "label": [None, "x"]}


class ClassLabel:
    names = ("neg", "pos")


class Sequence:
    def __init__(self, feature: Any) -> None:
        self.feature = feature


class LikeDatasets:
    """What the datasets library shows of a data set."""

    features = {"text": object(), "label": ClassLabel(), "labels": Sequence(ClassLabel())}  # noqa: RUF012
    column_names = ("text", "label", "labels")

    def __getitem__(self, name: str) -> list[Any]:
        return {"text": ["a", "b"], "label": [1, -1], "labels": [[0], [0, 1]]}[name]


def test_a_data_set_of_the_datasets_library() -> None:
    table = table_of_frame(LikeDatasets(), "mine")
    assert columns(table) == {"text": ["a", "b"], "label": ["pos", None], "labels": [["neg"], ["neg", "pos"]]}
    assert "class numbers in 'label' are read as the names" in table.notes[0]


def test_arrow_metadata_name_classes() -> None:
    metadata = {"huggingface": '{"info": {"features": {"label": {"_type": "ClassLabel", "names": ["n", "p"]}}}}'}
    table = pa.table({"label": [1, 0]}).replace_schema_metadata(metadata)
    assert columns(table_of_frame(table)) == {"label": ["p", "n"]}


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({}, "got columns: none"),
        ([], "got columns: none"),
        ({"a": []}, "got columns: 'a' 0"),
        ({"a": [1], "b": [1, 2]}, "got columns: 'a' 1, 'b' 2"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "column 'a' occurs twice"),
        ([("a", "x"), ("b",)], "row 1: expected (text, label), got 1 values"),
        ([{"a": 1}, 3], "row 1: expected a dict like row 0"),
        ([1, 2], "got a list of int"),
        ("f.csv", "got str 'f.csv'"),
        (3, "got int 3"),
        ({"train": LikeDatasets(), "test": LikeDatasets()}, "a mapping of several tables ('train', 'test')"),
    ],
)
def test_what_is_no_table(frame: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        table_of_frame(frame, "mine")
    assert said in str(caught.value)
    assert str(caught.value).startswith("mine: ")
