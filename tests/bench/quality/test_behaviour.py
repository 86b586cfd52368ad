"""Behavioural tests pass where a classifier behaves, and fail where it is made to misbehave."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.dataset import Dataset, Part, TaxonomyEntry
from baselines.models.rules import RulesClassifier
from baselines.task import LabelSpace
from bench.quality.behaviour import CHANGES, Subject, _swap_names, names_of, run_behaviour
from bench.quality.typos import f1_under_typos, with_typos


def subject_of(tiny: Dataset) -> Subject:
    rules = RulesClassifier().fit(tiny.part("train"))
    return Subject(rules.predict_proba, rules.thresholds_, rules.space_)


def by_name(results: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {result["test"]: result for result in results}


def test_rules_behave(tiny: Dataset) -> None:
    results = by_name(run_behaviour(subject_of(tiny), tiny.everything, 0))
    assert json.loads(json.dumps(results, allow_nan=False)) == results
    assert {result["kind"] for result in results.values()} == {"minimum functionality", "invariance", "directional"}
    # Rules match names: nothing that keeps the names may change what they find.
    assert {name: result["failed"] for name, result in results.items() if result["failed"]} == {}
    assert results["a class's name alone gets the class"]["n"] == 6
    assert results["an alias alone gets its class"]["n"] > 3
    assert results["upper case"]["n"] == 120
    assert results["another name of the same class"]["n"] > 3


def test_each_fault_is_caught_by_its_test(tiny: Dataset) -> None:
    def faulty(texts: Sequence[str]) -> np.ndarray:
        """Class 0: long texts, 1: any capital, 2: ends in a blank, 3: a full stop in the first third, 4: never."""
        rows = [
            [1 - min(len(t), 500) / 500, t != t.lower(), t != t.rstrip(), "." in t[: len(t) // 3], 0, "?" in t]
            for t in texts
        ]
        return np.array(rows, np.float32).reshape(-1, 6)

    subject = Subject(faulty, np.full(6, 0.5, np.float32), LabelSpace(tiny.classes))
    results = by_name(run_behaviour(subject, tiny.everything, 0))
    assert results["a class's name alone gets the class"]["failed"] == 5
    for fault in ("lower case", "blanks around it", "without punctuation", "sentences in reverse order"):
        assert results[fault]["failed"] > 0, fault
    example = results["blanks around it"]["examples"][0]
    assert set(example["got"]) - set(example["expected"]) == {tiny.classes[2]}
    assert len(results["blanks around it"]["examples"]) == 3
    directional = results["naming a class at the end does not make it less likely"]
    assert 0 < directional["failed"] < directional["n"] == 120
    assert directional["examples"][0]["expected"][0].startswith(f"{tiny.classes[0]} at least 0.")


def test_data_without_a_taxonomy_is_tested_by_class_names() -> None:
    part = Part(("A red_wine. Good.", "white"), np.ones((2, 2), bool), ("red_wine", "white"))
    always = Subject(
        lambda texts: np.ones((len(texts), 2), np.float32), np.full(2, 0.5, np.float32), LabelSpace(part.classes)
    )
    results = by_name(run_behaviour(always, part, 0))
    assert "an alias alone gets its class" not in results
    assert "another name of the same class" not in results
    assert results["sentences in reverse order"]["n"] == 1
    assert all(result["failed"] == 0 for result in results.values())
    assert names_of(part.classes, ()) == {"red_wine": ("red wine",), "white": ("white",)}


def test_no_texts_leave_the_minimum_tests(tiny: Dataset) -> None:
    results = run_behaviour(subject_of(tiny), tiny.everything.take([]), 0)
    assert {result["kind"] for result in results} == {"minimum functionality"}


def test_the_same_seed_gives_the_same_tests(tiny: Dataset) -> None:
    subject = subject_of(tiny)
    first, again = (run_behaviour(subject, tiny.everything, 5, n_texts=30) for _ in range(2))
    assert first == again
    assert by_name(first)["upper case"]["n"] == 30


def test_names_are_swapped_as_whole_words() -> None:
    taxonomy = (TaxonomyEntry("transformers", ("BERT", "transformer")), TaxonomyEntry("c++", ("cpp",)))
    swap = _swap_names(names_of(("transformers", "c++"), taxonomy))
    assert swap("Transformers and Transformer, not transformerss") == "BERT and transformers, not transformerss"
    assert swap("C++ code") == "cpp code"
    assert _swap_names({"a": ("a",)})("a b") == "a b"


def test_changes_do_what_they_say() -> None:
    text = "One two. Three-four! Five?"
    assert CHANGES["sentences in reverse order"](text) == "Five? Three-four! One two."
    assert CHANGES["without punctuation"](text).split() == ["One", "two", "Three", "four", "Five"]


@settings(deadline=None)
@given(st.text(max_size=80), st.floats(0, 1), st.integers(0, 99))
def test_typos_are_repeatable_and_bounded(text: str, rate: float, seed: int) -> None:
    first, again = (with_typos(text, rate, np.random.default_rng(seed)) for _ in range(2))
    assert first == again
    assert len(first) <= 2 * len(text)
    assert with_typos(text, 0.0, np.random.default_rng(seed)) == text


@pytest.mark.parametrize("rate", [0.05, 0.1])
def test_typos_come_at_the_rate_asked_for(rate: float) -> None:
    text = "0123456789" * 2_000
    typed = with_typos(text, rate, np.random.default_rng(0))
    letters = sum(char.isalpha() for char in typed)
    # Half of the typos, inserts and replacements, bring a letter each.
    assert letters / len(text) == pytest.approx(rate / 2, rel=0.15)
    assert len(typed) == pytest.approx(len(text), rel=0.01)


def test_typos_cost_a_reader_of_names_its_f1(tiny: Dataset) -> None:
    subject = subject_of(tiny)
    found = f1_under_typos(subject.predict_proba, subject.thresholds, tiny.everything, 0, n_resamples=100)
    values = [entry["f1_weighted"]["value"] for entry in found]
    assert [entry["rate"] for entry in found] == [0.0, 0.05, 0.10]
    assert values[0] > values[1] > values[2]
    assert all(e["f1_weighted"]["low"] <= e["f1_weighted"]["value"] <= e["f1_weighted"]["high"] for e in found)
