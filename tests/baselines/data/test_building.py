"""Records become a data set: labels in one spelling, rare classes out, given parts kept as they are."""

from collections.abc import Sequence

import numpy as np
import pytest

from baselines.columns.texts import Texts
from baselines.data.building import build_dataset, dataset_of_records
from baselines.data.card import data_card
from baselines.data.data_options import DataOptions
from baselines.errors import DataError
from baselines.labels.records import Records
from baselines.splits.of_dataset import fold_splits
from baselines.splits.rules import SplitWishes


def records(labels: Sequence[Sequence[str]], source: str = "train.csv") -> Records:
    texts = [f"{source} text {i}" for i in range(len(labels))]
    return Records(source, texts, labels, range(2, 2 + len(labels)))


def numbered(n: int) -> list[str]:
    return [f"text {i}" for i in range(n)]


def test_labels_that_unicode_takes_for_the_same_are_one_class() -> None:
    names = ["caf\u00e9", "cafe\u0301", "tea", "te\u00ada", "tea "]
    dataset = build_dataset("n", [f"t {i}" for i in range(40)], [[names[i % 5]] for i in range(40)], DataOptions())
    assert dataset.everything.space.names == ("tea", "caf\u00e9")
    assert "2 classes are written in several ways" in dataset.notes[0]
    assert "'caf\\xe9' (8) and 'cafe\\u0301' (8) are caf\u00e9" in dataset.notes[0]
    both = build_dataset("n", numbered(30), [["a", "a\u200b"], ["b"], ["\u200b"]] * 10, DataOptions())
    assert both.classes == ("a", "b")
    assert both.everything.labels.sum(axis=1).max() == 1


def test_labels_written_in_one_way_are_not_spoken_of() -> None:
    dataset = build_dataset("n", numbered(30), [["e\u0301"], ["b"], ["c"]] * 10, DataOptions())
    assert dataset.classes == ("b", "c", "\u00e9")
    assert not any("several ways" in note for note in dataset.notes)


def test_texts_of_a_rare_class_are_left_out_where_each_has_one() -> None:
    labels = [["a"], ["b"], ["c"]] * 10 + [["rare"]] * 2
    given = {"test": records([["rare"], ["a"]], "own.csv")}
    dataset = dataset_of_records("n", records(labels), DataOptions(accept=("rare",)), given)
    assert (dataset.task, dataset.classes) == ("multiclass", ("a", "b", "c"))
    assert len(dataset.everything) == 31
    assert dataset.part("test").texts == ("own.csv text 1",)
    assert dataset.notes[:2] == (
        "dropped rare: fewer than 3 texts each",
        "their texts are left out: 2 of train.csv, 1 of own.csv",
    )


def test_texts_of_a_rare_class_stay_where_texts_may_have_none() -> None:
    labels = [["a"], ["b"], ["c"]] * 10 + [["rare"]] * 2
    asked = DataOptions(task="multilabel", accept=("rare",))
    assert len(build_dataset("n", numbered(32), labels, asked).everything) == 32
    several = build_dataset("n", numbered(33), [*labels, ["a", "b"]], DataOptions(accept=("rare",)))
    assert (several.task, len(several.everything)) == ("multilabel", 33)


def test_a_part_of_rare_classes_alone_is_refused() -> None:
    labels = [["a"], ["b"], ["c"]] * 10 + [["rare"]] * 2
    with pytest.raises(DataError, match=r"own.csv: no text is left without the rare classes"):
        dataset_of_records(
            "n", records(labels), DataOptions(min_texts_per_class=3), {"test": records([["rare"]], "own.csv")}
        )


def test_given_parts_are_kept_and_the_rest_is_dealt() -> None:
    train = records([["a"], ["b"], ["c"], ["d"]] * 50)
    test, validation = records([["a"], ["b"]] * 15, "test.csv"), records([["c"], ["d"]] * 5, "validation.csv")
    one = dataset_of_records("n", train, DataOptions(), {"test": test})
    assert one.part("test").texts == tuple(test.texts)
    assert (len(one.split.train), len(one.split.validation)) == (180, 20)
    assert one.part("validation").labels.any(axis=0).all()
    assert "test has no text of c, d; their scores there are 0 by definition" in one.notes
    both = dataset_of_records("n", train, DataOptions(), {"validation": validation, "test": test})
    assert both.part("train").texts == tuple(train.texts)
    assert both.part("validation").texts == tuple(validation.texts)
    assert both.source == "train.csv; validation: validation.csv; test: test.csv"


def test_the_hash_covers_which_part_was_given() -> None:
    train, own = records([["a"], ["b"], ["c"]] * 20), records([["a"], ["b"]], "own.csv")
    found = {
        dataset_of_records("n", train, DataOptions(seed=seed), {part: own}).sha256
        for part in ("test", "validation")
        for seed in (0, 1)
    }
    assert len(found) == 4


def test_doubles_between_training_and_a_given_test_part_leave_training_or_are_leaks() -> None:
    train = records([["a"], ["b"], ["c"]] * 20)
    own = Records("own.csv", [train.texts[0].upper(), "something else"], [["a"], ["b"]], [2, 3])
    kept = DataOptions(splitting=SplitWishes(copies="keep"))
    found = [dataset_of_records("n", train, options, {"test": own}) for options in (DataOptions(), kept)]
    assert [data_card(dataset)["duplicates"]["exact"]["leaks"] for dataset in found] == [0, 1]
    assert [len(dataset.split.train) + len(dataset.split.validation) for dataset in found] == [59, 60]
    assert [sum(dataset.removed.counts().values()) for dataset in found] == [1, 1]


def test_a_negative_side_that_is_missing_from_a_part_is_noted() -> None:
    train = records([["ham"], ["spam"]] * 20)
    dataset = dataset_of_records("n", train, DataOptions(), {"test": records([["spam"]] * 3, "own.csv")})
    assert "test has no text of ham; their scores there are 0 by definition" in dataset.notes
    assert np.array_equal(dataset.part("test").named_labels, [[False, True]] * 3)


def test_more_answers_than_memory_are_refused_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [[f"c{row % 5}"] for row in range(40)] + [["c0"], ["c1"]] * 5
    monkeypatch.setattr("baselines.data.building.MOST_CELLS", 150)
    with pytest.raises(DataError, match=r"50 texts of 5 classes are 250 answers.*at most 150.*per-class 9 keeps the 2"):
        build_dataset("case", numbered(50), labels, DataOptions())
    assert len(build_dataset("case", numbered(30), labels[:30], DataOptions()).classes) == 5


def test_many_texts_are_kept_in_one_buffer_and_give_the_same_data(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [[f"c{row % 3}"] for row in range(60)]
    texts = [f"größe {row}" if row % 2 else f"text {row}" for row in range(60)]
    plain = build_dataset("case", texts, labels, DataOptions())
    for place in ("baselines.columns.texts", "baselines.data.building"):
        monkeypatch.setattr(f"{place}.COMPACT_FROM", 20)
    compact = build_dataset("case", texts, labels, DataOptions())
    assert isinstance(compact.everything.texts, Texts)
    assert compact.everything.texts == plain.everything.texts
    assert compact.sha256 == plain.sha256
    assert data_card(compact) == data_card(plain)
    assert plain.origins is not None
    assert compact.origins is not None
    assert [compact.origins.where(row) for row in range(60)] == [plain.origins.where(row) for row in range(60)]
    for k in (3, 4):
        ours, theirs = fold_splits(compact, k, 0), fold_splits(plain, k, 0)
        assert [own.test.tolist() for own in ours] == [own.test.tolist() for own in theirs]
