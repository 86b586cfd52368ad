"""Small character CNNs with random or briefly trained weights, for the tests of compression."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import torch

from baselines.classifier import Classifier
from baselines.dataset import Dataset, Part
from baselines.models.cnn import CharCNN, CharCNNClassifier, CharCNNShape, CNNConfig
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.task import LabelSpace, Task
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.method import Context, refit_thresholds
from compress.methods.copies import clone
from tests.cases.task_case import task_data

_TRAINED: dict[str, CharCNNClassifier] = {}
TOKENIZER = Tokenizer(" abcdefghijklmnopqrstuvwxyz0123456789", Cleaning("course"))
AWKWARD = [
    "",
    "   ",
    "a",
    "!?",
    "Deep learning for graphs",
    "emoji 🎬 and ünïcödé 中文",
    "the of and",
    "transformers " * 40,
]


def random_module(
    filters: tuple[tuple[int, int], ...] = ((1, 4), (2, 6), (3, 8), (6, 5)),
    *,
    hidden_dim: int = 7,
    embedding_dim: int = 9,
    n_classes: int = 5,
    n_ids: int = TOKENIZER.n_ids,
    relu: bool = False,
    seed: int = 0,
) -> CharCNN:
    """A module with seeded random weights, in eval mode; a ReLU cuts off about half of its responses."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = CharCNN(CharCNNShape(n_ids, n_classes, embedding_dim, filters, hidden_dim, 0.2, relu)).eval()
        for bias in module.biases if relu else ():
            torch.nn.init.normal_(bias, -0.7, 0.5)
        return module


def random_part(n_texts: int = 60, n_classes: int = 5, seed: int = 0) -> Part:
    """Texts of made-up words, some of which give a class away."""
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(list("abcdefghij"), 5)) for _ in range(30)]
    labels = rng.random((n_texts, n_classes)) < 0.3
    labels[np.arange(n_texts), np.arange(n_texts) % n_classes] = True
    texts = []
    for row in labels:
        chosen = [words[c] for c in np.flatnonzero(row)] + [str(w) for w in rng.choice(words[10:], 5)]
        texts.append(" ".join(rng.permutation(chosen)))
    return Part(tuple(texts), labels, tuple(f"class-{c}" for c in range(n_classes)))


def random_cnn(seed: int = 0, **shape: object) -> CharCNNClassifier:
    """A classifier around `random_module`, trained for one epoch at most if anything trains it further."""
    module = random_module(seed=seed, **shape)  # type: ignore[arg-type]
    classes = tuple(f"class-{c}" for c in range(module.shape.n_classes))
    config = CNNConfig(epochs=1, threads=1)
    return CharCNNClassifier.from_module(module, TOKENIZER, LabelSpace(classes), None, config)


def random_context(seed: int = 0) -> Context:
    """60 texts to train on, 40 to validate."""
    return Context(random_part(60, seed=1), random_part(40, seed=2), seed=seed, threads=1)


def trained_cnn(tiny: Dataset) -> CharCNNClassifier:
    """A small CNN that has learned something of the tiny data; trained once, a copy for everybody."""
    if tiny.sha256 not in _TRAINED:
        config = CNNConfig(
            cleaning="course",
            embedding_dim=12,
            filters=((2, 8), (3, 12), (4, 12)),
            hidden_dim=16,
            dropout=0.1,
            min_count=3,
            epochs=25,
            learning_rate=6e-3,
            threads=1,
        )
        _TRAINED[tiny.sha256] = CharCNNClassifier(config).fit(tiny.part("train"), tiny.part("validation"))
    return clone(_TRAINED[tiny.sha256])


def tiny_context(tiny: Dataset) -> Context:
    return Context(tiny.part("train"), tiny.part("validation"), threads=1)


@cache
def task_cnn(task: Task) -> CharCNNClassifier:
    """A small CNN that has learned something of the invented data of a task; only to be read."""
    config = CNNConfig(
        embedding_dim=12,
        filters=((2, 8), (3, 8)),
        hidden_dim=7,
        dropout=0.1,
        min_count=2,
        epochs=12,
        batch_size=8,
        word_dropout=0.0,
        class_weights=0.0,
        learning_rate=1e-2,
        threads=1,
    )
    data = task_data(task)
    fitted = CharCNNClassifier(config).fit(data.part("train"), data.part("validation"))
    refit_thresholds(fitted, task_context(task))
    return fitted


@cache
def task_linear(task: Task) -> LinearClassifier:
    """A linear model of the same data; only to be read."""
    return LinearClassifier(LinearConfig(min_texts=(1, 1))).fit(task_data(task).part("train"))


def task_context(task: Task, seed: int = 0) -> Context:
    data = task_data(task)
    return Context(data.part("train"), data.part("validation"), seed=seed, threads=1)


def random_linear(seed: int = 1) -> LinearClassifier:
    """A linear model fitted to the training texts of `random_context`."""
    return LinearClassifier(LinearConfig(min_texts=(1, 1))).fit(random_part(60, seed=seed))


def state_of(classifier: Classifier) -> dict[str, torch.Tensor]:
    """A copy of all weights, to see that a parent stays as it was."""
    return copy.deepcopy(_weights(classifier))


def _weights(classifier: Classifier) -> dict[str, torch.Tensor]:
    if isinstance(classifier, CharCNNClassifier):
        return dict(classifier.module.state_dict())
    assert isinstance(classifier, LinearClassifier)
    arrays = {"coef": classifier.coef_, "intercept": classifier.intercept_, "idf": classifier.vectorizer_.idf()}
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def assert_unchanged(classifier: Classifier, before: dict[str, torch.Tensor]) -> None:
    after = _weights(classifier)
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
