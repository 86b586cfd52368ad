"""What happens to a text before a model sees it: cleaning, stemming, characters to ids, n-grams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from baselines.storage.artifact import load
from baselines.text.cleaning import Cleaning
from bench.suite.timed_models import Suite
from compress.registry import KINDS

pytestmark = pytest.mark.benchmark(group="text preprocessing: one text a call", disable_gc=True)


@pytest.mark.parametrize("cleaning", [Cleaning("course"), Cleaning("course", stem=True), Cleaning()], ids=str)
def test_cleaning(cleaning: Cleaning, suite: Suite, time_calls: Callable[..., Any]) -> None:
    time_calls(cleaning, suite.texts)


def test_characters_to_ids(suite: Suite, time_calls: Callable[..., Any]) -> None:
    classifier: Any = load(suite.candidates["cnn/torch"].path, KINDS)
    time_calls(classifier.tokenizer.encode, suite.texts)


def test_tfidf_ngrams(suite: Suite, time_calls: Callable[..., Any]) -> None:
    classifier: Any = load(suite.folder / "baselines" / "linear" / "artifact", KINDS)
    time_calls(classifier.vectorizer_.encode, suite.texts)
