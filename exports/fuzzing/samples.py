"""Small sound models of every kind and form, trained in seconds on invented texts: what mutants are made from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.dataset import Part
from baselines.storage.artifact import lineage_from, save
from baselines.task import Task

if TYPE_CHECKING:
    from baselines.classifier import Classifier
    from baselines.text.tokenizer import Unit

_THINGS = ("the river", "this lamp", "our garden", "a letter", "the old bridge", "my coat", "the soup", "that song")
_PATTERNS: Mapping[Task, Mapping[str, tuple[str, ...]]] = {
    "multilabel": {
        "code about {}": ("code",),
        "{} 深度 😀": ("deep", "happy"),
        "{} and {} 😡": ("angry",),
        "no {}": (),
    },
    "multiclass": {"who found {}?": ("person",), "when was {} found?": ("time",), "where is {} 深?": ("place",)},
    "binary": {"{} is good": ("good",), "{} is not good": ()},
}
# The sample whose filters have floors: its network has a ReLU.
_FLOORS = "floors"
# Name of a sample -> task, unit, and what is done to the network; "" is the network itself.
_TABLES: tuple[tuple[str, Task, Unit, Mapping[str, Any]], ...] = (
    ("int8", "multilabel", "characters", {"bits": 8}),
    ("3 bits", "multiclass", "bytes", {"bits": 3}),
    ("factors", "binary", "characters", {"scheme": "factors", "bits": 4, "finetune_epochs": 0}),
    (_FLOORS, "multilabel", "characters", {"bits": 4}),
)


@cache
def texts_of(task: Task) -> Part:
    """Invented texts with labels."""
    rows = [(pattern.replace("{}", thing), names) for thing in _THINGS for pattern, names in _PATTERNS[task].items()]
    classes = tuple(sorted({name for _, names in rows for name in names}))
    labels = np.array([[name in names for name in classes] for _, names in rows], bool)
    texts = tuple(text for text, _ in rows)
    return Part(texts, labels, classes, task=task, negative="bad" if task == "binary" else "")


def bundles(folder: Path, forms: Collection[str]) -> list[Path]:
    """Bundles of these forms, each in a folder below `folder`; a model has several where its files differ."""
    from exports.bundles.write_bundle import write_bundle

    made = []
    for name, form, classifier in _for_bundles(forms):
        lineage = lineage_from(name.replace(" ", "-"), None)
        made.append(write_bundle(classifier, lineage, folder / f"{name} {form}".replace(" ", "-"), form))
    return made


def artifacts(folder: Path, names: Collection[str] = ()) -> list[Path]:
    """Saved classifiers of most kinds, each in a folder below `folder`; of these names alone where some are given."""
    made = []
    for name in names or _FOR_ARTIFACTS:
        save(_FOR_ARTIFACTS[name](), folder / f"saved-{name}", lineage_from(name, None))
        made.append(folder / f"saved-{name}")
    return made


def _for_bundles(forms: Collection[str]) -> Iterator[tuple[str, str, Classifier]]:
    if "table" in forms:
        for name, task, unit, settings in _TABLES:
            yield name, "table", _quantized(_cnn(task, unit, relu=name == _FLOORS), task, **settings)
    if "onnx" in forms:
        yield "tables", "onnx", _quantized(_cnn("multilabel", "characters"), "multilabel", bits=8)
        yield "cnn", "onnx", _cnn("multiclass", "characters", relu=True)
        yield "rnn", "onnx", _rnn()
        yield "int8", "onnx", _onnx_int8()
    if "linear" in forms:
        yield "float", "linear", linear_model("multilabel")
        yield "across", "linear", linear_model("binary", across_words=True, cleaning="raw")
        yield "elsewhere", "linear", _adopted()
        yield "few bits", "linear", _quantized(linear_model("multiclass"), "multiclass", bits=4)
    for form, named in _OTHER_KINDS.items():
        if form in forms:
            yield from ((name, form, make()) for name, make in named.items())


@cache
def _cnn(task: Task, unit: Unit, *, relu: bool = False) -> Classifier:
    from baselines.models.cnn import CharCNN, CharCNNClassifier, CNNConfig
    from baselines.networks.torch_state import seeded
    from baselines.text.tokenizer import Tokenizer

    sizes: Any = {"embedding_dim": 4, "filters": ((1, 3), (3, 4)), "hidden_dim": 3, "relu": relu}
    config = CNNConfig(epochs=1, min_count=1, threads=1, **sizes)
    made = CharCNNClassifier(config).fit(texts_of(task))
    if unit == made.tokenizer.unit:
        return made
    # Which weights a network over bytes has doesn't matter here.
    tokenizer = Tokenizer.learn(texts_of(task).texts, min_count=1, unit=unit)
    with seeded(0):
        module = CharCNN(replace(made.module.shape, n_ids=tokenizer.n_ids))
    return CharCNNClassifier.from_module(module, tokenizer, texts_of(task).space, None, config)


def _quantized(parent: Classifier, task: Task, **settings: Any) -> Classifier:
    from compress.method import Context
    from compress.registry import configured, method_named

    context = Context(texts_of(task), texts_of(task), threads=1)
    return method_named("quantize").apply(parent, configured("quantize", settings), context)[0]


@cache
def _rnn() -> Classifier:
    from baselines.models.rnn import RNNClassifier, RNNConfig

    config = RNNConfig(embedding_dim=4, hidden_dim=3, epochs=1, min_count=1, max_tokens=9, threads=1)
    return RNNClassifier(config).fit(texts_of("multilabel"))


def _onnx_int8() -> Classifier:
    from compress.methods.quantize.runtimes import quantized_dynamic

    cnn: Any = _cnn("multilabel", "characters")
    return quantized_dynamic(cnn, ("Conv", "Gemm"))


def _adopted() -> Classifier:
    from baselines.task import LabelSpace, Link
    from baselines.text.hashing import Hashing
    from baselines.text.ngram_settings import NgramSettings
    from baselines.text.ngrams import NgramBlock, NgramTfidf
    from baselines.text.token_reading import CharacterClass, TokenReading, TokenShape
    from compress.kinds.adopted_linear import AdoptedLinear

    word = CharacterClass("w")
    shapes = (TokenShape((word,), word, 1, bound_before=True, bound_after=True), TokenShape((CharacterClass("S"),)))
    reading = TokenReading(True, "unicode", False, shapes, ("the",))
    buckets = np.arange(0, 16, 2)
    own = (Hashing("murmur3", 16, True), buckets, TokenReading())
    hashed = NgramBlock(NgramSettings("char_bare", 1, 2, norm="l1"), (), np.ones(8), *own)
    blocks = (NgramBlock(NgramSettings("word", 1, 2), ("a", "b", "text"), np.array([1.0, 2.0, 1.5])), hashed)
    weights = np.linspace(-2, 2, 33).reshape(3, 11)
    space = LabelSpace(("a", "b", "c"), "multiclass", answers_unknown=True)
    return AdoptedLinear.of(NgramTfidf(reading, blocks), weights, np.zeros(3), space, Link("logistic_shares"))


def linear_model(task: Task, **settings: Any) -> Classifier:
    from baselines.models.linear import LinearClassifier, LinearConfig

    return LinearClassifier(LinearConfig(min_texts=(1, 2), max_iterations=20, **settings)).fit(texts_of(task))


def _of_registry(name: str, changes: Mapping[str, Any], task: Task = "multilabel") -> Classifier:
    from baselines.models.registry import BASELINES

    part = texts_of(task)
    return BASELINES[name].make(0, "cpu", 1, changes, task).fit(part, part)


def _ensemble(task: Task, *, graph: bool = False) -> Classifier:
    from baselines.models.ensemble import EnsembleClassifier

    members = {"linear": linear_model(task), "neighbours": _of_registry("tfidf-knn", {}, task)}
    members |= {"cnn": _cnn(task, "characters")} if graph else {"rules": _of_registry("rules", {}, task)}
    return EnsembleClassifier.from_members(members, texts_of(task))


def _folded() -> Classifier:
    from compress.method import Context
    from compress.registry import configured, method_named

    part = texts_of("multilabel")
    made = method_named("fold").apply(
        _cnn("multilabel", "characters", relu=True), configured("fold", {}), Context(part, part, threads=1)
    )
    return made[0]


def _torch_int8() -> Classifier:
    from compress.kinds.torch_int8 import TorchInt8Classifier

    cnn: Any = _cnn("multilabel", "characters")
    return TorchInt8Classifier.from_cnn(cnn)


# Form -> name of a sample -> the classifier.
_OTHER_KINDS: Mapping[str, Mapping[str, Callable[[], Classifier]]] = {
    "trees": {
        "forest": lambda: _of_registry("tfidf-forest", {"trees": 3}, "multiclass"),
        "boosting": lambda: _of_registry("tfidf-boosting", {"trees": 3}),
    },
    "neighbours": {"neighbours": lambda: _of_registry("tfidf-knn", {}, "multiclass")},
    "rules": {"rules": lambda: _of_registry("rules", {}), "one label": lambda: _of_registry("rules", {}, "binary")},
    "gru": {"words": _rnn},
    "ensemble": {
        "three": lambda: _ensemble("multiclass"),
        "graph": lambda: _ensemble("multilabel", graph=True),
    },
}
_FOR_ARTIFACTS: Mapping[str, Callable[[], Classifier]] = {
    "cnn": lambda: _cnn("multilabel", "characters"),
    "rnn": _rnn,
    "linear": lambda: linear_model("multiclass"),
    "linear-int": lambda: _quantized(linear_model("multilabel"), "multilabel", bits=4),
    "linear-adopted": _adopted,
    "tables-int": lambda: _quantized(_cnn("multilabel", "characters"), "multilabel", bits=8),
    "tables-float": _folded,
    "torch-int8": _torch_int8,
    "onnx-int8": _onnx_int8,
    "chance": lambda: _of_registry("chance-frequency", {}),
    "rules": lambda: _of_registry("rules", {}),
    "neighbours": lambda: _of_registry("tfidf-knn", {}),
    "forest": lambda: _of_registry("tfidf-forest", {"trees": 2}),
    "boosting": lambda: _of_registry("tfidf-boosting", {"trees": 2}),
    "one-vs-rest": lambda: _of_registry("tfidf-logistic", {}),
    "ensemble": lambda: _of_registry("ensemble", {"members": ["linear", "rules"]}),
}
