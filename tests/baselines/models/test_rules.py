"""Rules find whole words, add parents, and name the tag of a broken taxonomy; chance guesses as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.classifier import predict
from baselines.dataset import Part, TaxonomyEntry
from baselines.errors import DataError
from baselines.models.chance import ChanceClassifier, ChanceConfig
from baselines.models.rules import RulesClassifier, RulesConfig

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
