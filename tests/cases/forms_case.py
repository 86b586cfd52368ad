"""One small classifier for each form that a bundle can have, of any task and unit: what the exports must all repeat.

Networks have random weights where training them would only cost time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch

from baselines.classifier import Classifier
from baselines.models.cnn import CharCNN, CharCNNClassifier, CharCNNShape, CNNConfig, predict_logits
from baselines.models.ensemble import EnsembleClassifier
from baselines.models.forests import BoostingClassifier, BoostingConfig, ForestClassifier, ForestConfig
from baselines.models.knn import KnnClassifier, KnnConfig
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.models.rnn import RNNClassifier, RNNConfig
from baselines.task import Task
from baselines.text.tokenizer import Tokenizer, Unit
from compress.method import Context
from compress.methods.quantize.runtimes import quantized_dynamic
from compress.registry import configured, method_named
from tests.cases.pipeline_case import adopted_model
from tests.cases.task_case import task_data

# Name -> form of the bundle, and how it is opened; `one hot` is the graph of alphabets too large for pairs.
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "table kernel": ("table", {"engine": "auto"}),
    "table numpy": ("table", {"engine": "numpy"}),
    "table floors": ("table", {"engine": "auto"}),
    "pairs": ("onnx", {}),
    "one hot": ("onnx", {}),
    "folded": ("onnx", {}),
    "plain": ("onnx", {}),
    "onnx int8": ("onnx", {}),
    "words": ("onnx", {}),
    "linear": ("linear", {}),
    "linear int": ("linear", {}),
    "linear adopted": ("linear", {}),
    "gru": ("gru", {}),
    "forest": ("trees", {}),
    "boosting": ("trees", {}),
    "neighbours": ("neighbours", {}),
    "ensemble": ("ensemble", {}),
    "ensemble with a graph": ("ensemble", {}),
}
OF_CHARACTERS = ("table kernel", "table numpy", "table floors", "pairs", "one hot", "folded", "plain", "onnx int8")


@cache
def classifier_of(name: str, task: Task, unit: Unit = "characters") -> Classifier:
    """The classifier that a form is made of."""
    if name in ("words", "gru"):
        config = RNNConfig(embedding_dim=6, hidden_dim=5, epochs=1, min_count=1, max_tokens=9, threads=1)
        return RNNClassifier(config).fit(task_data(task).part("train"))
    if name == "linear adopted":
        return adopted_model(task)
    if name.startswith("linear"):
        linear = LinearClassifier(LinearConfig(min_texts=(1, 1), max_iterations=30))
        linear.fit(task_data(task).part("train"))
        return linear if name == "linear" else _applied("quantize", linear, task, bits=4)
    if name in _OF_WORDS:
        return _OF_WORDS[name]().fit(task_data(task).part("train"))
    if name.startswith("ensemble"):
        return _ensemble(("linear", "plain") if "graph" in name else ("linear", "forest", "neighbours"), task)
    classifier = _of_characters(name, task, unit)
    if task != "multiclass":
        # Of an even number of texts, so that none lies on it. Chosen ones would give random answers one side.
        middle = np.median(classifier.predict_proba(task_data(task).part("validation").texts[:20]), axis=0)
        classifier.accept(classifier.space_, middle.astype(np.float32))
    return classifier


_OF_WORDS: dict[str, Callable[[], Classifier]] = {
    "forest": lambda: ForestClassifier(ForestConfig(trees=5, cleaning="words")),
    "boosting": lambda: BoostingClassifier(BoostingConfig(trees=4, cleaning="words")),
    "neighbours": lambda: KnnClassifier(KnnConfig(cleaning="words")),
}


def _ensemble(names: tuple[str, ...], task: Task) -> Classifier:
    members = {name: classifier_of(name, task) for name in names}
    return EnsembleClassifier.from_members(members, task_data(task).part("validation"))


def _of_characters(name: str, task: Task, unit: Unit) -> Classifier:
    cnn = random_cnn(task, unit, relu=name in ("table floors", "folded"))
    if name == "plain":
        return cnn
    if name == "onnx int8":
        return quantized_dynamic(cnn, ("Conv", "Gemm"))
    return _applied("fold", cnn, task) if name == "folded" else _applied("quantize", cnn, task, bits=8)


@cache
def random_cnn(task: Task, unit: Unit = "characters", *, relu: bool = False) -> CharCNNClassifier:
    """A CNN of odd sizes with random weights, over the alphabet of a task's texts."""
    train = task_data(task).part("train")
    tokenizer = Tokenizer.learn(train.texts, min_count=1, unit=unit)
    shape = CharCNNShape(tokenizer.n_ids, len(train.classes), 8, ((1, 6), (3, 8), (5, 8)), 7, 0.0, relu)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        module = CharCNN(shape)
    with torch.no_grad():
        # Answers that differ from text to text, and from class to class.
        module.fc2.weight.mul_(12)
        if relu:  # responses that are never negative add up; each class counts from its mean
            encoded = tokenizer.encode_batch(train.texts)
            module.fc2.bias.sub_(torch.from_numpy(predict_logits(module, encoded).mean(axis=0)))
    return CharCNNClassifier.from_module(module, tokenizer, train.space, None, CNNConfig(threads=1))


def _applied(method: str, parent: Classifier, task: Task, **settings: Any) -> Classifier:
    dataset = task_data(task)
    context = Context(dataset.part("train"), dataset.part("validation"), threads=1)
    return method_named(method).apply(parent, configured(method, settings), context)[0]
