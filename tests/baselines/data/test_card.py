"""The data card counts what is there, and finds what would flatter a score."""

import io
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from baselines.data.building import build_dataset
from baselines.data.card import data_card, leaking, render
from baselines.data.data_options import DataOptions
from baselines.data.duplicates import duplicate_groups
from baselines.dataset import Dataset

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
    assert (card["empty_texts"], card["without_label"]) == (2, 1)
    assert card["duplicates"]["exact"] == {"groups": 1, "documents": 2, "leaks": card["duplicates"]["exact"]["leaks"]}
    assert card["rare_classes"][-1] == "few"
    assert card["labels_per_document"]["histogram"] == {"0": 1, "1": 57, "2": 2}


def test_card_is_rendered(tiny: Dataset) -> None:
    out = io.StringIO()
    Console(file=out, width=120).print(render(data_card(tiny)))
    assert "120 (train" in out.getvalue()
    assert "reinforcement-learning" in out.getvalue()


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
