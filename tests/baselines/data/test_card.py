"""The data card counts what is there, and finds what would flatter a score."""

import io
import json
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from baselines.data.building import build_dataset
from baselines.data.card import data_card, leaking, render
from baselines.data.data_options import DataOptions
from baselines.dataset import Dataset
from baselines.splits.duplicates import duplicate_groups
from baselines.splits.rules import SplitWishes
from baselines.text.cleaning import Cleaning

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


def test_card_of_the_sample(sample: Dataset) -> None:
    card = data_card(sample)
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert (card["n_documents"], card["n_classes"]) == (1470, 36)
    assert sum(card["split"].values()) == 1470
    assert sum(card["labels_per_document"]["histogram"].values()) == 1470
    assert card["classes"][0]["n"] == sum(card["classes"][0][part] for part in ("train", "validation", "test"))
    assert card["duplicates"]["exact"] == {"groups": 0, "documents": 0, "leaks": 0}
    assert card["absent"] == {}


def test_card_counts_what_is_wrong() -> None:
    texts = [f"text number {i} about {'x' * i}" for i in range(60)]
    texts[3], texts[4], texts[5], texts[6] = "", "  ", "Same words!", "same WORDS"
    tags = [["a"] if i % 2 else ["b"] for i in range(59)] + [[]]
    dataset = build_dataset("n", texts, [*tags[:8], ["a", "few"], ["b", "few"], ["few"], *tags[11:]], DataOptions())
    card = data_card(dataset)
    assert (card["empty_texts"], card["without_label"]) == (0, 1)
    assert dataset.notes[0] == "2 of 60 records of n have no text (rows 3, 4), and are left out"
    assert card["duplicates"]["exact"] == {"groups": 1, "documents": 2, "leaks": card["duplicates"]["exact"]["leaks"]}
    assert card["rare_classes"][-1] == "few"
    assert card["labels_per_document"]["histogram"] == {"0": 1, "1": 55, "2": 2}


def test_card_says_what_became_of_copies_and_conflicts() -> None:
    texts = [f"text number {i}" for i in range(50)] * 2
    labels = [["a"] if i % 2 else ["b"] for i in range(100)]
    labels[50] = ["a"]
    for copies, word in (("drop", "left out"), ("keep", "stayed there (--copies keep)")):
        dataset = build_dataset("n", texts, labels, DataOptions(splitting=SplitWishes(copies=copies)))  # type: ignore[arg-type]
        card = data_card(dataset)
        removed = card["duplicates"]["removed"]
        assert removed == dataset.removed.counts()
        assert sum(removed.values()) > 0
        assert sum(card["split"].values()) == 100 - removed["from_train"] - removed["from_validation"]
        assert card["duplicates"]["conflicts"] == {
            "groups": 1,
            "documents": 2,
            "examples": [{"text": "text number 0", "labels": [["b"], ["a"]]}],
        }
        shown = rendered(card)
        assert word in shown
        assert "2 texts in 1 group, such as 'text number 0': b or a" in shown


def one_label(names: list[str], **asked: Any) -> Dataset:
    return build_dataset(
        "n", [f"text {i}" for i in range(len(names))], [[name] for name in names], DataOptions(**asked)
    )


def rendered(card: dict[str, Any]) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(render(card))
    return out.getvalue()


def test_card_of_yes_and_no() -> None:
    card = data_card(one_label(["ham"] * 180 + ["spam"] * 20))
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert (card["task"], card["positive"], card["negative"], card["metric"]) == ("binary", "spam", "ham", "f1")
    assert [(entry["class"], entry["n"]) for entry in card["classes"]] == [("ham", 180), ("spam", 20)]
    assert (card["n_classes"], card["without_label"], card["rare_classes"]) == (2, 0, ["spam"])
    assert card["majority"]["answer"] == "ham"
    assert card["majority"]["accuracy"] == {"train": 0.9, "validation": 0.9, "test": 0.9}
    shown = rendered(card)
    assert "binary (every text has exactly one of 2 classes); change it by --task" in shown
    assert "spam (a usual name of the positive class); change it by --positive" in shown
    assert "train 14 of 140, validation 3 of 30, test 3 of 30" in shown
    assert "always ham: accuracy train 0.900" in shown
    assert "labels a text" not in shown


def test_card_of_one_label_of_many() -> None:
    card = data_card(one_label(["a", "b", "b", "c"] * 25, metric="log_loss"))
    assert (card["task"], card["positive"], card["positive_found"], card["n_classes"]) == ("multiclass", "", "", 3)
    assert card["majority"]["answer"] == "b"
    assert card["majority"]["n"] == next({p: c[p] for p in card["split"]} for c in card["classes"] if c["class"] == "b")
    shown = rendered(card)
    assert "multiclass (every text has exactly one of 3 classes); change it by --task" in shown
    assert "log loss; change it by --metric" in shown
    assert "labels a text" not in shown


def test_card_of_several_labels(sample: Dataset) -> None:
    card = data_card(sample)
    assert (card["task"], card["majority"], card["collisions"]) == ("multilabel", None, None)
    assert "labels a text" in rendered(card)


def test_card_shows_what_the_cleaning_makes_equal() -> None:
    texts = ["so good", "not so good"] * 15
    kept = DataOptions(splitting=SplitWishes(copies="keep"))
    dataset = build_dataset("n", texts, [["yes"], ["no"]] * 15, kept)
    card = data_card(dataset, Cleaning("course"))
    assert (card["collisions"]["cleaning"], card["collisions"]["n"]) == ("course", 1)
    assert json.loads(json.dumps(card)) == card
    assert "30 texts with different labels in 1 group, such as 'so good' and 'not so good'" in rendered(card)
    assert "no texts with different labels" in rendered(data_card(dataset, Cleaning("words")))


def test_card_is_rendered(tiny: Dataset) -> None:
    out = io.StringIO()
    Console(file=out, width=120).print(render(data_card(tiny)))
    assert "120 (train" in out.getvalue()
    assert "reinforcement-learning" in out.getvalue()


KEPT = DataOptions(missing_texts="keep")


def test_only_what_there_is_has_a_line(tiny: Dataset) -> None:
    nothing = rendered({**data_card(tiny), "rare_classes": []})
    for line in ("rare", "nothing in them", "duplicates", "words"):
        assert line not in nothing
    texts = ["same text", "same text", "", *(f"text {i}" for i in range(60))]
    shown = rendered(data_card(build_dataset("n", texts, [["a"], ["a"], *[["a", "b"]] * 60, []], KEPT)))
    assert "1 empty, 1 without label" in shown
    assert "exact duplicates" in shown


def test_leaks_are_test_texts_with_a_double_elsewhere(tiny: Dataset) -> None:
    groups = np.arange(len(tiny.everything))
    assert len(leaking(tiny, groups)) == 0
    groups[tiny.split.test[1]] = groups[tiny.split.test[0]]
    assert len(leaking(tiny, groups)) == 0
    groups[tiny.split.test[2]] = groups[tiny.split.validation[0]]
    assert leaking(tiny, groups).tolist() == [tiny.split.test[2]]


@pytest.mark.parametrize(
    ("a", "b", "exact", "near"),
    [
        ("Hello, World!", "hello world", True, True),
        (LONG, LONG + " fifteen", False, True),
        (LONG, "zero " + LONG, False, True),
        (LONG, LONG.replace("seven", "sieben"), False, False),
        ("graph nets", "graph networks", False, False),
        ("", " ! ", False, False),
        ("\ud800 odd", "odd", True, True),
    ],
)
def test_what_counts_as_a_duplicate(a: str, b: str, exact: bool, near: bool) -> None:
    for asked, expected in ((False, exact), (True, near)):
        groups = duplicate_groups([a, b], near=asked)
        assert (groups[0] == groups[1]) is np.bool_(expected)


def test_a_long_chain_of_copies_is_one_group() -> None:
    words = [f"w{i}" for i in range(400)]
    texts = [" ".join(words[i : i + 60]) for i in range(0, 340, 2)]
    assert len(np.unique(duplicate_groups(texts, near=True))) == 1
    assert len(np.unique(duplicate_groups(texts, near=False))) == len(texts)


def test_a_book_as_one_text_is_compared_too() -> None:
    book = [f"word{i}" for i in range(100_000)]
    groups = duplicate_groups([" ".join(book), "short text", " ".join(book[1:])], near=True)
    assert groups.tolist() == [0, 1, 0]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a b", "A  b.", "c", "", LONG, LONG + " x"]), max_size=12))
def test_groups_are_named_by_their_first_text(texts: list[str]) -> None:
    groups = duplicate_groups(texts, near=True)
    assert all(groups[groups[row]] == groups[row] <= row for row in range(len(texts)))


def test_many_copies_take_linear_time() -> None:
    texts = [f"{LONG} and a tail of {i}" for i in range(4_000)]
    start = time.perf_counter()
    groups = duplicate_groups(texts, near=True)
    assert len(np.unique(groups)) == 1
    # Comparing all pairs of one bucket would take minutes.
    assert time.perf_counter() - start < 20
