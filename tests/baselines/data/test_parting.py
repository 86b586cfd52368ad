"""Options of the split, from the records' columns to the parts: published, by groups, by time, without copies."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from baselines.data.building import dataset_of_records
from baselines.data.card import data_card
from baselines.data.data_options import DataOptions
from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.labels.records import Records

N = 120


def records(n: int = N, **sides: Any) -> Records:
    texts = [f"text number {i}" for i in range(n)]
    return Records("a.csv", texts, [[("a", "b", "c")[i % 3]] for i in range(n)], range(2, 2 + n), **sides)


def built(own: Records, **given: Records) -> Dataset:
    return dataset_of_records("n", own, DataOptions(), given)  # type: ignore[arg-type]


def texts_of(dataset: Dataset) -> dict[str, list[str]]:
    return {part: list(dataset.part(part).texts) for part in ("train", "validation", "test")}  # type: ignore[arg-type]


def test_a_column_of_parts_is_as_good_as_files() -> None:
    parts = ["Train"] * 80 + ["dev"] * 20 + ["TEST"] * 20
    found = built(records(parts=parts))
    texts = records().texts
    assert texts_of(found) == {"train": texts[:80], "validation": texts[80:100], "test": texts[100:]}
    assert found.origins is not None
    assert found.origins.where(int(found.split.test[0])) == "a.csv: row 102"


def test_rows_of_all_parts_may_be_mixed_and_validation_is_cut_where_it_is_missing() -> None:
    parts = ["test" if i % 6 == 0 else "train" for i in range(N)]
    found = built(records(parts=parts))
    assert texts_of(found)["test"] == [f"text number {i}" for i in range(0, N, 6)]
    assert (len(found.split.train), len(found.split.validation)) == (90, 10)
    alone = built(records(parts=["train"] * N))
    assert alone.sha256 == built(records()).sha256


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["train"] * 119 + [""], r"a.csv: row 121: no part; 1 of 120"),
        (["train"] * 60 + ["x"] * 60, r"a.csv: row 62: expected the name of a part, got 'x' \(60\)"),
        (["test"] * N, r"no value of the split's column says train"),
    ],
)
def test_a_column_that_names_no_parts_is_refused(parts: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        built(records(parts=parts))


def test_a_column_of_parts_excludes_files_of_parts() -> None:
    with pytest.raises(DataError, match=r"--split-column says where each text stands, and so does --test"):
        built(records(parts=["train"] * N), test=records(10))


def test_a_class_that_only_a_published_test_part_has_is_refused_with_its_row() -> None:
    own = dataclasses.replace(records(parts=["train"] * 100 + ["test"] * 20), labels=[*records().labels[:-1], ["new"]])
    with pytest.raises(DataError, match=r"a.csv: row 121: class 'new' has no text in a.csv"):
        built(own)


def test_users_stand_in_one_part() -> None:
    users = [f"user {i % 24}" for i in range(N)]
    found = built(records(groups=users))
    own = [{users[row] for row in getattr(found.split, part)} for part in ("train", "validation", "test")]
    assert not own[0] & own[1]
    assert not (own[0] | own[1]) & own[2]
    assert len(set(found.groups)) == 24
    assert found.sha256 != dataclasses.replace(found, groups=()).sha256
    assert data_card(found)["grouped"]
    assert found.groups_of("test") == tuple(found.groups[row] for row in found.split.test)


def test_texts_without_a_group_are_counted() -> None:
    found = built(records(groups=[None if i < 7 else i % 20 for i in range(N)]))
    assert "7 texts have no value in the groups' column; each of them is a group of its own" in found.notes


def test_a_group_that_fills_most_of_the_data_is_said() -> None:
    found = built(records(groups=[0] * 100 + list(range(1, 21))))
    (said,) = [note for note in found.notes if "far from 70, 15 and 15 %" in note]
    assert "texts of the same groups stay together" in said


def test_training_is_on_the_past() -> None:
    days = [f"{1 + i % 28:02d}.{1 + i // 28:02d}.2024" for i in range(N)]
    shuffled = np.random.default_rng(0).permutation(N)
    found = built(records(times=[days[i] for i in shuffled]))
    moments = np.array(found.times)
    assert moments[found.split.train].max() < moments[found.split.validation].min()
    assert moments[found.split.validation].max() < moments[found.split.test].min()
    assert data_card(found)["in_time"]


def test_classes_of_the_future_are_said() -> None:
    own = dataclasses.replace(records(times=list(range(N))), labels=[["a"], ["b"]] * 55 + [["new"]] * 10)
    assert "train has no text of new; no model can learn them" in built(own).notes


def test_times_are_refused_with_their_row_in_any_file() -> None:
    test = dataclasses.replace(records(10, times=["2025-01-01"] * 3 + ["soon"] * 7), source="own.csv")
    with pytest.raises(DataError, match=r"own.csv: row 5: 'soon' is no time"):
        built(records(times=["2024-01-01"] * N), test=test)


def test_a_user_in_training_and_in_a_given_test_part_is_refused() -> None:
    test = dataclasses.replace(
        records(10, groups=["user 3"] * 10), source="own.csv", texts=[f"t {i}" for i in range(10)]
    )
    with pytest.raises(DataError, match=r"1 groups stand in train and validation and in the given test"):
        built(records(groups=[f"user {i % 24}" for i in range(N)]), test=test)
