"""Behavioural tests pass where a classifier behaves, and fail where it is made to misbehave."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.dataset import Dataset, Part, TaxonomyEntry
from baselines.models.rules import RulesClassifier
from baselines.task import LabelSpace, Probabilities, unknown_answer
from bench.quality.behaviour import Subject, _swap_names, names_of, run_behaviour, telling_names
from bench.quality.typos import score_under_typos, with_typos
from bench.quality.wording import INVARIANT, MEANING


def subject_of(tiny: Dataset) -> Subject:
    rules = RulesClassifier().fit(tiny.part("train"))
    return Subject(rules.predict_proba, rules.thresholds_, rules.space_, lambda texts: rules.answer(texts)[1])


def by_name(results: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {result["test"]: result for result in results}


def test_rules_behave(tiny: Dataset) -> None:
    results = by_name(run_behaviour(subject_of(tiny), tiny.everything, 0))
    assert json.loads(json.dumps(results, allow_nan=False)) == results
    kinds = {"minimum functionality", "invariance", "directional", "sensitivity"}
    assert {result["kind"] for result in results.values()} == kinds
    # Rules match names: nothing that keeps the names may change what they find, and "not" they don't see.
    failed = {name for name, result in results.items() if result["failed"]}
    assert failed == {name for name, result in results.items() if result["kind"] == "sensitivity"}
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
    part = Part(("A red wine. Good.", "white"), np.ones((2, 2), bool), ("red_wine", "white"))
    always = Subject(
        lambda texts: np.ones((len(texts), 2), np.float32), np.full(2, 0.5, np.float32), LabelSpace(part.classes)
    )
    results = by_name(run_behaviour(always, part, 0))
    assert "an alias alone gets its class" not in results
    assert "another name of the same class" not in results
    assert results["sentences in reverse order"]["n"] == 1
    # Who always says everything says it of nothing, too.
    assert [name for name, result in results.items() if result["failed"]] == ["a text without anything known"]
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
    assert INVARIANT["without punctuation"]("C++, 😀 हिन्दी. Good?!").split() == ["C++", "😀", "हिन्दी", "Good"]
    text = "One two. Three-four! Five?"
    assert INVARIANT["sentences in reverse order"](text) == "Five? Three-four! One two."
    assert INVARIANT["without punctuation"](text).split() == ["One", "two", "Three-four", "Five"]


REVIEWS = ("it is good", "it is not good", "a good film", "this isn't good", "never good", "who likes it?") * 6


def reading(*words: str) -> Subject:
    """Yes where a text holds one of the words; no word is known in a text without letters."""

    def knows(texts: Sequence[str]) -> np.ndarray:
        return np.array([any(c.isascii() and c.isalpha() for c in t) for t in texts], bool)

    def predict(texts: Sequence[str]) -> np.ndarray:
        said = np.array([any(word in t.lower() for word in words) for t in texts], np.float32).reshape(-1, 1)
        return np.where(knows(texts)[:, None], said, unknown_answer(space, half))

    space, half = LabelSpace(("bad",), "binary", "good", (0.3,)), np.full(1, 0.5, np.float32)
    return Subject(predict, half, space, knows)


def test_who_does_not_see_a_negation_fails_and_who_does_is_counted() -> None:
    part = Part(REVIEWS, np.arange(36)[:, None] % 2 == 0, ("bad",), task="binary", negative="good")
    seeing, blind = (by_name(run_behaviour(reading(*words), part, 0)) for words in (("not", "n't", "never"), ("film",)))
    for test in ("a negation taken away", "a negation put in"):
        assert 0 < seeing[test]["changed"] <= seeing[test]["n"]
        assert (seeing[test]["failed"], blind[test]["failed"]) == (0, blind[test]["n"])
        assert blind[test]["examples"][0]["expected"] == ["some probabilities move"]
    assert seeing["a negation taken away"]["changed"] == 18
    # One text in six asks who, which nobody here reads.
    assert (seeing["another question word"]["n"], seeing["another question word"]["failed"]) == (6, 6)


def test_without_negations_in_the_data_none_is_put_in() -> None:
    part = Part(("the soup is good",) * 30, np.ones((30, 1), bool), ("bad",), task="binary", negative="good")
    assert not {"a negation taken away", "a negation put in", "another question word"} & set(
        by_name(run_behaviour(reading("x"), part, 0))
    )


def test_a_text_without_anything_known_gets_what_the_training_data_say() -> None:
    part = Part(REVIEWS, np.ones((36, 1), bool), ("bad",), task="binary", negative="good")
    good = by_name(run_behaviour(reading("not"), part, 0))["a text without anything known"]
    assert (good["failed"], good["n"]) == (0, 7)
    claiming = replace(reading("not"), known=lambda texts: np.ones(len(texts), bool))
    bad = by_name(run_behaviour(claiming, part, 0))["a text without anything known"]
    # A script that the model says it knows isn't asked about.
    assert (bad["failed"], bad["n"]) == (4, 4)
    assert bad["examples"][0] == {"text": "", "expected": ["good", "known: false"], "got": ["good", "known: true"]}
    wrong = replace(reading("not"), predict_proba=lambda texts: np.ones((len(texts), 1), np.float32))
    assert by_name(run_behaviour(wrong, part, 0))["a text without anything known"]["failed"] == 7


def test_names_that_mean_nothing_in_the_texts_are_not_asked_for() -> None:
    labels = np.array([[True, False], [False, True], [False, True]])
    part = Part(("a positive start, all bad", "fine", "positive vibes"), labels, ("HUM", "positive"), task="multiclass")
    named = telling_names(part, names_of(part.classes, ()))
    assert named == {"positive": ["positive"]}
    assert telling_names(replace(part, labels=np.array([[True, False]] * 3)), names_of(part.classes, ())) == {}


@pytest.mark.parametrize(
    ("test", "text", "changed"),
    [
        ("a negation taken away", "It is not good, isn't it?", "It is good, is it?"),
        ("a negation taken away", "I can't say no to knots", "I can say to knots"),
        ("a negation put in", "It is good, it was.", "It is not good, it was."),
        ("a negation put in", "It isn't good", "It isn't good"),
        ("another question word", "Who said when? WHERE? whole", "When said where? WHO? whole"),
    ],
)
def test_turns_of_meaning(test: str, text: str, changed: str) -> None:
    assert MEANING[test].change(text) == changed


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
    found = score_under_typos(subject.predict_proba, subject.thresholds, tiny.everything, 0, n_resamples=100)
    values = [entry["score"]["value"] for entry in found]
    assert [entry["rate"] for entry in found] == [0.0, 0.05, 0.10]
    assert values[0] > values[1] > values[2]
    assert all(e["score"]["low"] <= e["score"]["value"] <= e["score"]["high"] for e in found)


def test_of_many_texts_some_are_asked_again_and_it_is_said(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.quality.typos.MOST_ASKED", 5)
    monkeypatch.setattr("bench.quality.typos.sampled_rows", lambda n: np.arange(0, n, n // 5)[:5])
    subject, asked = subject_of(tiny), []

    def predict(texts: Sequence[str]) -> Probabilities:
        asked.append(len(texts))
        return subject.predict_proba(texts)

    found = score_under_typos(predict, subject.thresholds, tiny.everything, 0, n_resamples=20)
    assert asked == [5, 5, 5]
    assert [entry["n"] for entry in found] == [5, 5, 5]
