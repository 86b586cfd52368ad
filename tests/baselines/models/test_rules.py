"""Rules find whole words, add parents, and name the tag of a broken taxonomy; chance guesses as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.classifier import predict
from baselines.dataset import Part, TaxonomyEntry
from baselines.errors import DataError
from baselines.models.chance import ChanceClassifier, ChanceConfig
from baselines.models.rules import RulesClassifier, RulesConfig
from baselines.task import Task

CLASSES = ("attention", "natural-language-processing", "transformers")
TAXONOMY = (
    TaxonomyEntry("attention"),
    TaxonomyEntry("language-modeling", (), ("natural-language-processing",)),
    TaxonomyEntry("natural-language-processing", ("nlp",)),
    TaxonomyEntry("transformers", ("bert",), ("attention", "language-modeling")),
)


def part(texts: list[str], taxonomy: tuple[TaxonomyEntry, ...] = TAXONOMY) -> Part:
    return Part(tuple(texts), np.zeros((len(texts), len(CLASSES)), bool), CLASSES, taxonomy)


@pytest.mark.parametrize(
    ("text", "stem", "expected"),
    [
        ("An NLP demo", False, ["natural-language-processing"]),
        ("Natural Language: Processing!", False, ["natural-language-processing"]),
        ("Sentences by BERT", False, list(CLASSES)),  # parents of parents, through a tag that is no class
        ("nlpx roberta attentions", False, []),
        ("attentions", True, ["attention"]),
        ("a transformer", False, []),
        ("a transformer", True, list(CLASSES)),
        ("", True, []),
    ],
)
def test_finds(text: str, stem: bool, expected: list[str]) -> None:
    rules = RulesClassifier(RulesConfig(stem)).fit(part([]))
    assert [c for c, found in zip(CLASSES, predict(rules, [text])[0], strict=True) if found] == expected


def test_without_a_taxonomy_names_are_rules() -> None:
    rules = RulesClassifier().fit(part([], ()))
    assert predict(rules, ["natural language processing with transformers", "bert"]).tolist() == [
        [False, True, True],
        [False, False, False],
    ]
    assert list(rules.reasons("On transformers and attention")) == ["transformers", "attention"]


def test_a_narrower_tag_implies_its_class() -> None:
    below = (*TAXONOMY, TaxonomyEntry("question-answering", ("qa",), ("natural-language-processing",)))
    rules = RulesClassifier().fit(part([], below))
    assert predict(rules, ["QA bot"]).tolist() == [[False, True, False]]


def test_unknown_parent_is_named() -> None:
    with pytest.raises(DataError, match="'vision' of tag 'attention'"):
        RulesClassifier().fit(part([], (TaxonomyEntry("attention", (), ("vision",)),)))


ONE = ("person", "place", "time of day")


def one_label(texts: list[str], labels: list[int], task: Task = "multiclass") -> Part:
    if task == "binary":
        return Part(tuple(texts), np.array(labels, bool)[:, None], ("spam",), task="binary", negative="ham")
    return Part(tuple(texts), np.eye(3, dtype=bool)[labels], ONE, task="multiclass")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A place, a person and a place", "place"),
        ("person or place", "person"),  # of equally many the longest, here the first of those
        ("place or time of day", "time of day"),
        ("nothing of it", "place"),  # what most training texts have
        ("", "place"),
    ],
)
def test_of_one_label_the_most_named_is_taken(text: str, expected: str) -> None:
    rules = RulesClassifier(RulesConfig(cleaning="words")).fit(one_label(["a", "b", "c"], [1, 1, 2]))
    assert rules.predict([text]) == [[expected]]
    assert rules.answer([text])[1].tolist() == [text not in ("", "nothing of it")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("No spam", "spam"), ("ham, ham and spam", "ham"), ("neither", "ham"), ("spam or ham", "spam")],
)
def test_a_negative_name_speaks_against_the_positive(text: str, expected: str) -> None:
    rules = RulesClassifier(RulesConfig(cleaning="words")).fit(one_label(["a", "b", "c"], [0, 0, 1], "binary"))
    assert rules.predict([text]) == [[expected]]


def test_chance_of_one_label_draws_one_class() -> None:
    texts = [str(n) for n in range(3000)]
    train = one_label(texts, [0] * 600 + [1] * 2400)
    shares = {
        rate: predict(ChanceClassifier(ChanceConfig(rate, 3)).fit(train), texts).mean(axis=0)
        for rate in ("coin", "frequency", "majority")
    }
    np.testing.assert_allclose(shares["coin"], [1 / 3] * 3, atol=0.03)
    np.testing.assert_allclose(shares["frequency"], [0.2, 0.8, 0], atol=0.03)
    assert shares["majority"].tolist() == [0, 1, 0]
    answered = ChanceClassifier(ChanceConfig("majority")).fit(train).predict_proba(["x"])
    np.testing.assert_allclose(answered, [[0.2, 0.8, 0]])


def test_the_majority_of_a_binary_task_is_one_side() -> None:
    train = one_label(["a", "b", "c"], [0, 1, 0], "binary")
    assert ChanceClassifier(ChanceConfig("majority")).fit(train).predict(["x", "y"]) == [["ham"], ["ham"]]


def test_chance_rates_are_kept() -> None:
    texts = tuple(str(n) for n in range(4000))
    labels = np.zeros((4000, 3), bool)
    labels[:1200, 0] = True
    train = Part(texts, labels, CLASSES)
    coin = predict(ChanceClassifier(ChanceConfig("coin", 3)).fit(train), texts)
    rare = predict(ChanceClassifier(ChanceConfig("frequency", 3)).fit(train), texts)
    assert coin.mean() == pytest.approx(0.5, abs=0.02)
    assert rare.mean() == pytest.approx(0.1, abs=0.015)
    assert (coin != predict(ChanceClassifier(ChanceConfig("coin", 4)).fit(train), texts)).any()


def test_chance_names_what_it_can_do() -> None:
    with pytest.raises(ValueError, match="coin, frequency"):
        ChanceConfig("dice")  # type: ignore[arg-type]
