"""A cleaning that makes texts with different labels equal is found, with examples; what was equal before is not."""

import time
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from baselines.data.collisions import collisions
from baselines.dataset import Part
from baselines.text.cleaning import CLEANINGS, Cleaning


def binary(texts: list[str], positive: list[int]) -> Part:
    labels = np.array(positive, bool)[:, None]
    return Part(tuple(texts), labels, ("good",), task="binary", negative="bad")


MIXED = binary(
    ["It is good", "it is not good!", "C++ is fun", "C is fun", "same words", "same  words", "who?", "When?"],
    [1, 0, 1, 1, 1, 0, 1, 0],
)


def test_stop_words_that_are_the_answer() -> None:
    found = collisions(MIXED, Cleaning("course"))
    assert (found.n, found.n_texts) == (2, 4)
    assert [example.texts for example in found.examples] == [("It is good", "it is not good!"), ("who?", "When?")]
    assert found.examples[0].labels == (("good",), ("bad",))
    assert "'It is good' (good) and 'it is not good!' (bad)" in found.said()
    assert found.to_json()["examples"][1] == {"texts": ["who?", "When?"], "labels": [["good"], ["bad"]]}


def test_what_is_kept_apart_is_not_warned_of() -> None:
    for name in ("words", "raw"):
        found = collisions(MIXED, Cleaning(name))
        assert (found.n, found.examples, found.said()) == (0, (), "")


def test_two_examples_are_enough() -> None:
    texts = [f"{word} {thing}" for thing in ("a1", "b2", "c3") for word in ("the", "not the")]
    found = collisions(binary(texts, [1, 0] * 3), Cleaning("course"))
    assert (found.n, len(found.examples)) == (3, 2)


def test_labels_of_several_classes() -> None:
    labels = np.array([[1, 1], [1, 0], [0, 0], [0, 0]], bool)
    part = Part(("the cat", "cat", "no dog", "dog"), labels, ("pet", "the"))
    found = collisions(part, Cleaning("course"))
    assert [example.labels for example in found.examples] == [(("pet", "the"), ("pet",))]


@given(st.lists(st.tuples(st.sampled_from(["A", "a", "a!", "the a", "b", " B"]), st.booleans()), max_size=8))
def test_the_groups_are_those_of_all_pairs(rows: list[tuple[str, bool]]) -> None:
    part = binary([text for text, _ in rows], [int(label) for _, label in rows])
    raw = Cleaning("raw")
    for name in CLEANINGS:
        clean = Cleaning(name)
        expected = {
            clean(a[0])
            for a, b in combinations(rows, 2)
            if clean(a[0]) == clean(b[0]) and raw(a[0]) != raw(b[0]) and a[1] != b[1]
        }
        found = collisions(part, clean)
        assert found.n == len(expected)
        for example in found.examples:
            assert clean(example.texts[0]) == clean(example.texts[1])
            assert raw(example.texts[0]) != raw(example.texts[1])
            assert example.labels[0] != example.labels[1]


def test_many_equal_texts_take_linear_time() -> None:
    texts = ["the " * (i % 500) + "end" for i in range(20_000)]
    start = time.perf_counter()
    assert collisions(binary(texts, [i % 2 for i in range(20_000)]), Cleaning("course")).n == 1
    # All pairs would take an hour.
    assert time.perf_counter() - start < 30
