"""Rounds hold every text once an epoch, from memory and from chunks; compact ids are the ids that came in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
import torch

from baselines.classifier import ChunkSource
from baselines.dataset import Part
from baselines.models.cnn import CharCNNClassifier, CNNConfig
from baselines.models.rnn import WordTokenizer
from baselines.networks import evaluation, feeds, training
from baselines.networks.encoded import EncodedTexts, joined
from baselines.networks.feeds import ChunkFeed, MemoryFeed, first_texts
from baselines.networks.pieces import pieces_of
from baselines.notes import collected_notes
from baselines.streaming.source import InMemorySource
from baselines.task import LabelSpace
from baselines.text.tokenizer import Tokenizer
from tests.cases.task_case import task_data

SMALL = {"filters": ((2, 8), (3, 8)), "embedding_dim": 8, "hidden_dim": 8, "batch_size": 16, "threads": 1}


@pytest.fixture
def train() -> Part:
    return task_data("multilabel").part("train")


class AsItIs:
    """A source of one chunk, in the order of the part."""

    def __init__(self, part: Part) -> None:
        self.part = part

    @property
    def space(self) -> LabelSpace:
        return self.part.space

    @property
    def n_texts(self) -> int:
        return len(self.part)

    def chunks(self, epoch: int) -> Iterator[Part]:
        yield self.part


@pytest.mark.parametrize(("largest", "kind"), [(3, np.uint8), (255, np.uint8), (256, np.uint16), (70_000, np.int32)])
def test_compact_ids_are_the_ids(largest: int, kind: type[np.generic]) -> None:
    ids = [np.array([1, largest, 2]), np.zeros(0, np.int64), np.array([5])]
    encoded = EncodedTexts.joining(ids)
    assert encoded.flat.dtype == kind
    for compact in (encoded, joined([encoded]), joined([EncodedTexts.joining(ids[:1]), EncodedTexts.joining(ids[1:])])):
        assert [one.tolist() for one in compact] == [one.tolist() for one in ids]
    taken = encoded.take(np.array([2, 0, 1, 0]))
    assert [one.tolist() for one in taken] == [[5], [1, largest, 2], [], [1, largest, 2]]
    assert [one.tolist() for one in encoded[1:]] == [[], [5]]
    assert len(joined([])) == 0


def test_rounds_cut_an_epoch_into_equal_parts(train: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "ROUND_TEXTS", len(train) // 3)
    tokenizer = Tokenizer.learn(train.texts, min_count=1)
    encoded = EncodedTexts.of(tokenizer, train.texts)
    feed = MemoryFeed(encoded, train.labels, pieces_of(tokenizer))
    rounds = list(islice(feed.rounds(np.random.default_rng(0)), feed.rounds_an_epoch))
    assert feed.rounds_an_epoch in (3, 4)
    assert sorted(np.concatenate([each.rows for each in rounds])) == list(range(len(train)))
    for each in rounds:
        assert all(np.array_equal(ids, encoded[row]) for ids, row in zip(each.encoded, each.rows, strict=True))
        np.testing.assert_array_equal(each.labels_of(np.arange(len(each.rows))).numpy(), train.labels[each.rows])


def test_chunks_are_cut_and_joined_to_rounds(train: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "ROUND_TEXTS", 13)
    tokenizer = Tokenizer.learn(train.texts, min_count=1)
    for chunk_texts in (5, 13, 30):
        feed = ChunkFeed(InMemorySource(train, chunk_texts=chunk_texts), tokenizer)
        rounds = list(islice(feed.rounds(np.random.default_rng(0)), feed.rounds_an_epoch))
        assert sum(len(each.rows) for each in rounds) == len(train)
        assert max(len(each.rows) for each in rounds) <= 13
        seen = sorted(ids.tobytes() for each in rounds for ids in each.encoded)
        assert seen == sorted(tokenizer.encode(text).tobytes() for text in train.texts)


def test_one_chunk_in_order_gives_the_weights_of_fit(train: Part) -> None:
    validation = task_data("multilabel").part("validation")
    config = CNNConfig(epochs=2, **SMALL)  # type: ignore[arg-type]
    whole = CharCNNClassifier(config).fit(train, validation)
    source: ChunkSource = AsItIs(train)
    streamed = CharCNNClassifier(config).fit_chunks(source, validation)
    assert CharCNNClassifier.can_stream
    for name, tensor in whole.module.state_dict().items():
        assert torch.equal(tensor, streamed.module.state_dict()[name]), name
    tried = CNNConfig(epochs=1, candidates=({}, {"relu": True}), **SMALL)  # type: ignore[arg-type]
    chosen = CharCNNClassifier(tried).fit_chunks(InMemorySource(train, chunk_texts=9), validation)
    assert len(chosen.trials_) == 2
    assert chosen.config.candidates == ()


def test_the_first_texts_of_a_source(train: Part) -> None:
    source = InMemorySource(train, chunk_texts=9)
    shuffled = [text for part in source.chunks(0) for text in part.texts]
    for most in (4, 9, 20, 10_000):
        assert list(first_texts(source, most).texts) == shuffled[:most]


def test_steps_end_a_training_and_that_is_said(train: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    validation = task_data("multilabel").part("validation")
    monkeypatch.setattr(feeds, "ROUND_TEXTS", 16)
    monkeypatch.setattr(training, "JUDGED_TEXTS", 5)
    config = CNNConfig(epochs=30, most_steps=7, **SMALL)  # type: ignore[arg-type]
    with collected_notes() as notes:
        made = CharCNNClassifier(config).fit(train, validation)
    assert made.log is not None
    assert 7 <= made.log.steps <= 9
    assert "most_steps, 7, ends a training; raise it in a --config file" in notes[0]
    assert notes[1] == f"early stopping saw 5 of {len(validation)} validation texts, drawn by the seed"


def test_many_texts_are_answered_in_blocks(train: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    made = CharCNNClassifier(CNNConfig(epochs=1, **SMALL)).fit(train)  # type: ignore[arg-type]
    whole = made.answer(train.texts)
    monkeypatch.setattr(evaluation, "BLOCK", 7)
    for ours, theirs in zip(made.answer(train.texts), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_words_of_many_texts_have_an_end() -> None:
    texts = ["b b b a", "a c c", "d d"]
    assert WordTokenizer.learn(texts, min_count=2, max_tokens=9).words == ("a", "b", "c", "d")
    assert WordTokenizer.learn(texts, min_count=2, max_tokens=9, max_words=2).words == ("a", "b")
