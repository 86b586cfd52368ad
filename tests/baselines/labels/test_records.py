"""Records carry what goes along with a text, also where some are left out."""

from pathlib import Path

import numpy as np
import pytest

from baselines.data.building import dataset_of_records
from baselines.data.data_options import DataOptions
from baselines.labels.asked import SideColumns
from baselines.labels.columns import columns_of
from baselines.labels.records import Records, records_of
from baselines.labels.spellings import label_name, spelling_key
from baselines.tables.table import Table

N = 20
TABLE = Table(
    Path("own.csv"),
    {
        "text": ["", *(f"text {i}" for i in range(1, N))],
        "label": ["a", "b"] * (N // 2),
        "id": ["u1", "u2", "", "u2", None, *range(5, N)],
        "part": ["train"] * N,
        "user": [f"user {i % 4}" for i in range(N)],
        "day": list(range(N)),
    },
    list(range(2, N + 2)),
    notes=("own.csv: read as cp1252",),
)


def test_side_columns_stay_with_their_texts() -> None:
    found = records_of(TABLE, columns_of(TABLE, sides=SideColumns("id", "part", "user", "day")))
    assert found.ids[:5] == ["u1", "u2", "4", "u2", "6"]
    assert "own.csv: read as cp1252" in found.notes
    assert "2 ids in column 'id' are blank (the first: row 4), replaced by the row's number" in found.notes
    assert "2 ids in column 'id' stand there more than once (such as 'u2', 2 times)" in found.notes
    taken = found.take([3, 1])
    assert (taken.ids, taken.groups, taken.times) == (["u2", "u2"], ["user 3", "user 1"], [3, 1])
    assert (taken.parts, taken.rows, taken.labels) == (["train", "train"], [5, 3], [["b"], ["b"]])


def test_origins_follow_what_is_left() -> None:
    records = records_of(TABLE, columns_of(TABLE, sides=SideColumns("id")))
    dataset = dataset_of_records("own", records, DataOptions())
    assert dataset.origins is not None
    assert dataset.origins.rows == tuple(range(3, N + 2))
    assert dataset.origins.ids[0] == "u2"
    assert len(dataset.origins.ids) == len(dataset.everything) == N - 1


def test_rows_without_yes_or_no_go_with_all_that_belongs_to_them() -> None:
    own = Table(TABLE.path, {**TABLE.columns, "label": ["1", "0"] * 9 + ["", "1"]}, TABLE.rows)
    records = records_of(own, columns_of(own, sides=SideColumns("id", times="day")))
    assert (len(records), len(records.ids), records.times[-1], records.rows[-1]) == (19, 19, 19, 21)


def test_equal_labels_have_one_key_and_others_their_own() -> None:
    same = [
        ["Card Arrival", "card_arrival", "card  arrival", "CARD-ARRIVAL"],
        ["\uff21", "a"],
        ["na\u00efve", "nai\u0308ve"],
    ]
    for names in same:
        assert len({spelling_key(label_name(name)) for name in names}) == 1
    other = ["A", "A-", "A+", "C++", "C#", "C", "-1", "1", "card", "cards", "\U0001f600", "\U0001f601", "!", "?"]
    assert len({spelling_key(name) for name in other}) == len(other)


def test_records_are_left_as_they_are_where_nothing_is_wrong() -> None:
    records = Records("n", [f"t {i}" for i in range(400)], [["a"], ["b"], ["c"], ["d"]] * 100, range(400))
    dataset = dataset_of_records("n", records, DataOptions())
    assert dataset.notes == ()
    assert np.array_equal(dataset.everything.labels.sum(axis=0), [100] * 4)


@pytest.mark.parametrize("words", ["a", "a  b", "\ta\n"])
def test_label_names_are_stable(words: str) -> None:
    assert label_name(label_name(words)) == label_name(words)
