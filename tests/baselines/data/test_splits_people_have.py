"""Parts, groups, times and copies, by the command line's own options."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines.data.sources import load
from baselines.dataset import Dataset
from baselines.errors import UserError
from tests.cases.data_case import options
from tests.cases.people_case import (
    ROWS,
    N,
    column,
    file,
    lines,
    quoted,
)


def test_equal_texts_are_no_data(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="same"):
        load(options(*file("x.csv", lines(rows=[("always this", label) for _, label in ROWS]))(tmp_path)))


def test_two_data_sets_are_one_too_many() -> None:
    with pytest.raises(UserError, match=r"--train train.csv --test test.csv"):
        options("--dataset", "train.csv", "--dataset", "test.csv")


def with_columns(folder: Path, *arguments: str) -> Dataset:
    """Users write several texts each, over some days; the file says of each text where it belongs."""
    header = "text,label,user_id,written,split"
    rows = [
        f"{quoted(text)},{label},u{i // 4},2024-01-{1 + i // 3:02d},{('train', 'train', 'dev', 'test')[i % 4]}"
        for i, (text, label) in enumerate(ROWS)
    ]
    path = folder / "columns.csv"
    path.write_text("\n".join([header, *rows]))
    return load(options("--dataset", str(path), *arguments))


def records_in(dataset: Dataset) -> list[list[int]]:
    """Numbers of the records in training, validation and test, the first of the file being 0."""
    assert dataset.origins is not None
    number = [row - 2 for row in dataset.origins.rows]
    return [
        [number[row] for row in rows] for rows in (dataset.split.train, dataset.split.validation, dataset.split.test)
    ]


def test_a_split_column_is_obeyed(tmp_path: Path) -> None:
    train, validation, test = records_in(with_columns(tmp_path, "--split-column", "split"))
    assert {record % 4 for record in train} == {0, 1}
    assert [record % 4 for record in validation] == [2] * 15
    assert [record % 4 for record in test] == [3] * 15


def test_nobody_stands_on_both_sides(tmp_path: Path) -> None:
    parts = records_in(with_columns(tmp_path, "--group-column", "user_id"))
    train, validation, test = ({record // 4 for record in own} for own in parts)
    assert train
    assert validation
    assert test
    assert train.isdisjoint(validation | test)
    assert validation.isdisjoint(test)


def test_training_is_on_the_past(tmp_path: Path) -> None:
    parts = records_in(with_columns(tmp_path, "--time-column", "written"))
    train, validation, test = ([record // 3 for record in own] for own in parts)
    assert max(train) < min(validation)
    assert max(validation) < min(test)


def test_columns_that_say_who_stands_where_are_pointed_at(tmp_path: Path) -> None:
    notes = "\n".join(with_columns(tmp_path).notes)
    assert [
        name
        for name in ("--split-column split", "--group-column user_id", "--time-column written")
        if name not in notes
    ] == []


def test_copies_leave_training(tmp_path: Path) -> None:
    rows = [row for row in ROWS for _ in range(2)]
    dataset = load(options(*file("x.csv", lines(rows=rows))(tmp_path)))
    parts = [set(dataset.part(name).texts) for name in ("train", "validation", "test")]
    assert parts[0].isdisjoint(parts[1] | parts[2])
    assert parts[1].isdisjoint(parts[2])
    assert len(dataset.removed) == 2 * N - len({*dataset.split.train, *dataset.split.validation, *dataset.split.test})
    kept = load(options(*file("x.csv", lines(rows=rows), "--copies", "keep")(tmp_path)))
    assert len(kept.removed) == 0
    assert sum(len(kept.part(name)) for name in ("train", "validation", "test")) == 2 * N


def test_published_parts_are_used_as_published(tmp_path: Path) -> None:
    train = file("train.csv", lines())(tmp_path)
    own = tmp_path / "test.csv"
    own.write_text(lines(rows=[(f"published {i}", label) for i, (_, label) in enumerate(ROWS[:21])]))
    dataset = load(options("--train", train[1], "--test", str(own)))
    assert dataset.part("test").texts == tuple(f"published {i}" for i in range(21))


def test_ids_are_kept(tmp_path: Path) -> None:
    rows = "\n".join(f"{quoted(text)},{label},n-{i}" for i, (text, label) in enumerate(ROWS))
    dataset = load(options(*file("x.csv", f"text,label,key\n{rows}", "--id-column", "key")(tmp_path)))
    assert dataset.origins is not None
    assert dataset.origins.ids[:3] == ("n-0", "n-1", "n-2")
    assert dataset.origins.rows[:3] == (2, 3, 4)


def test_class_numbers_get_their_names(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("finance\nrealty\nstocks\n")
    build = column("label", [str(i % 3) for i in range(N)], "--class-names", str(tmp_path / "names.txt"))
    assert load(options(*build(tmp_path))).classes == ("finance", "realty", "stocks")
