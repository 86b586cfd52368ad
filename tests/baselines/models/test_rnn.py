"""The GRU as a classifier: batches don't matter, long texts are cut where the config says, saving keeps every bit."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.models.rnn import VOCABULARY_FILE, RNNClassifier, RNNConfig, WordTokenizer
from baselines.storage import artifact

CONFIG = RNNConfig(epochs=2, batch_size=16, threads=1, embedding_dim=8, hidden_dim=6, max_tokens=40, word_dropout=0.1)
AWKWARD = ["", "   ", "🙂🙂", "a", "Ünïcödé " * 30, "graph", "the of and", "\ud800", "x" * 5000]


@pytest.fixture(scope="module")
def fitted(tiny: Dataset) -> RNNClassifier:
    return RNNClassifier(CONFIG).fit(tiny.part("train"), tiny.part("validation"))


def test_a_text_alone_and_in_a_batch_is_the_same(fitted: RNNClassifier, tiny: Dataset) -> None:
    texts = [*AWKWARD, *tiny.everything.texts, "graph neural networks " * 5000]
    together = fitted.predict_proba(texts)
    assert together.dtype == np.float32
    assert together.shape == (len(texts), len(tiny.classes))
    np.testing.assert_allclose(together, np.concatenate([fitted.predict_proba([t]) for t in texts]), atol=1e-7)
    assert fitted.predict_proba([]).shape == (0, len(tiny.classes))
    assert len(np.unique(together[-200:], axis=0)) > 50


def test_words_after_the_stated_number_are_not_read(fitted: RNNClassifier) -> None:
    start = "graph neural network " * 20
    read, unread = (
        fitted.predict_proba([start[:200] + " robots" * 9, start + " robots" * 9]),
        fitted.predict_proba([start]),
    )
    np.testing.assert_array_equal(read[1], unread[0])
    assert (read[0] != unread[0]).any()


def test_the_same_seed_gives_the_same_network(fitted: RNNClassifier, tiny: Dataset) -> None:
    again = RNNClassifier(CONFIG).fit(tiny.part("train"), tiny.part("validation"))
    np.testing.assert_array_equal(again.predict_proba(AWKWARD), fitted.predict_proba(AWKWARD))
    other = RNNClassifier(dataclasses.replace(CONFIG, seed=1)).fit(tiny.part("train"))
    assert (other.predict_proba(AWKWARD) != fitted.predict_proba(AWKWARD)).any()


def test_saved_and_read_it_says_the_same(fitted: RNNClassifier, tiny: Dataset, tmp_path: Path) -> None:
    artifact.save(fitted, tmp_path, artifact.Lineage("rnn", "baseline"))
    read = artifact.load(tmp_path, {"rnn": RNNClassifier})
    assert read.config == CONFIG
    texts = tiny.everything.texts
    np.testing.assert_array_equal(read.predict_proba(texts), fitted.predict_proba(texts))


def test_parts_that_do_not_fit_together(fitted: RNNClassifier, tmp_path: Path) -> None:
    fitted.save_state(tmp_path)
    config = dataclasses.asdict(CONFIG)
    with pytest.raises(ArtifactError, match=r"gru\.bias_hh_l0 should be \(15,\), is \(18,\)"):
        RNNClassifier.load_state(tmp_path, {**config, "hidden_dim": 5}, fitted.space_)
    with pytest.raises(ArtifactError, match=r"config: .*layers"):
        RNNClassifier.load_state(tmp_path, {**config, "layers": 5}, fitted.space_)
    (tmp_path / VOCABULARY_FILE).write_text(json.dumps({"words": ["a", 1]}))
    with pytest.raises(ArtifactError, match="a list of strings"):
        RNNClassifier.load_state(tmp_path, config, fitted.space_)


def test_the_vocabulary_is_sorted_and_counted() -> None:
    tokenizer = WordTokenizer.learn(["Graph nets", "graph NETS, graph", "robots"], min_count=2, max_tokens=3)
    assert tokenizer.words == ("graph", "nets")
    assert [ids.tolist() for ids in tokenizer.encode_batch(["robots: nets", "", "graph " * 9])] == [
        [1, 1, 3],
        [],
        [2, 2, 2],
    ]
