"""Texts come in chunks: each once an epoch, always in the same order of that epoch."""

from __future__ import annotations

import pytest

from baselines.errors import UserError
from baselines.models.rules import RulesClassifier, RulesConfig
from baselines.streaming.source import InMemorySource
from tests.cases.task_case import task_data


def test_every_text_comes_once_an_epoch_in_an_order_of_its_own() -> None:
    train = task_data("multilabel").part("train")
    source = InMemorySource(train, seed=1, chunk_texts=7)
    epochs = [[text for part in source.chunks(epoch) for text in part.texts] for epoch in (0, 0, 1)]
    assert epochs[0] == epochs[1] != epochs[2]
    assert sorted(epochs[0]) == sorted(epochs[2]) == sorted(train.texts)
    assert max(len(part) for part in source.chunks(0)) == 7
    assert source.n_texts == len(train)
    assert source.space == train.space


def test_labels_stay_with_their_texts() -> None:
    train = task_data("multiclass").part("train")
    known = dict(zip(train.texts, map(tuple, train.labels.tolist()), strict=True))
    for part in InMemorySource(train, chunk_texts=10).chunks(3):
        assert all(known[text] == tuple(row) for text, row in zip(part.texts, part.labels.tolist(), strict=True))


def test_what_needs_all_texts_says_so() -> None:
    source = InMemorySource(task_data("multilabel").part("train"))
    with pytest.raises(UserError, match="rules: learns from texts in memory alone; train it without --stream"):
        RulesClassifier(RulesConfig()).fit_chunks(source)
