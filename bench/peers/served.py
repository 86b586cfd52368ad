"""A contestant opened in the process that times it: one call from a text to a decision, as its users write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.storage.artifact import MANIFEST, read_json

LABEL = "__label__"
# A peer's folder, and beside it, unweighed, the pipeline as it can be read without running what it holds.
PEER, PIPELINE = "peer", "pipeline.skops"
# Beside a bundle whose texts have to be prepared as those of the model that it was made from.
PREPARED = "prepared.txt"

Answers = NDArray[np.float32]
Decisions = NDArray[np.bool_]


class Contestant(Protocol):
    """What is timed.

    Attributes:
        predict_proba: one text in a list -> its decision, whatever form that has: the call that is timed.
    """

    predict_proba: Callable[[Sequence[str]], Any]

    def decided(self, answer: Any) -> Decisions:
        """What the call gave, as bool (1, n_classes); untimed."""


def prepared(text: str) -> str:
    """Small letters on one line: what peers are given, in training and when asked; it is timed with them."""
    return text.lower().replace("\n", " ")


class FastTextModel:
    """A `.bin` or `.ftz` in fastText's own package."""

    def __init__(self, place: Path) -> None:
        content = read_json(place / MANIFEST)
        self.n_classes, self.task, self.threshold = len(content["classes"]), content["task"], content["threshold"]
        model: Any = import_module("fasttext").load_model(str(place / content["file"]))
        self.predict_proba: Callable[[Sequence[str]], Any]
        if self.task == "multilabel":
            self.predict_proba = lambda texts: model.predict(prepared(texts[0]), k=-1, threshold=self.threshold)
        elif self.task == "binary":
            self.predict_proba = lambda texts: model.predict(prepared(texts[0]), k=2)
        else:
            self.predict_proba = lambda texts: model.predict(prepared(texts[0]))
        self._model = model

    def decided(self, answer: Any) -> Decisions:
        row = self._row(*answer)
        if self.task == "binary":
            return np.asarray(row >= self.threshold)[None]
        return (row > 0)[None]

    def probabilities(self, texts: Sequence[str]) -> Answers:
        """float32 (n_texts, n_classes)."""
        return np.stack([self._row(*self._model.predict(prepared(text), k=-1)) for text in texts])

    def _row(self, labels: Sequence[str], probabilities: Sequence[float]) -> Answers:
        numbers = [int(label.removeprefix(LABEL)) for label in labels]
        row = np.zeros(2 if self.task == "binary" else self.n_classes, np.float32)
        row[numbers] = probabilities
        return row[1:] if self.task == "binary" else row


class Pipeline:
    """A scikit-learn pipeline in its own package."""

    def __init__(self, place: Path) -> None:
        content = read_json(place / MANIFEST)
        self.n_classes, self.task, self.threshold = len(content["classes"]), content["task"], content["threshold"]
        # Read by skops, which makes nothing but the types it knows to be harmless; the weighed file is a pickle.
        self.model: Any = import_module("skops.io").load(place.parent / PIPELINE, trusted=[])
        self.predict_proba: Callable[[Sequence[str]], Any]
        if self.task == "multiclass":
            self.predict_proba = lambda texts: self.model.predict([prepared(texts[0])])
        else:
            self.predict_proba = lambda texts: self.model.predict_proba([prepared(texts[0])]) >= self.threshold

    def decided(self, answer: Any) -> Decisions:
        if self.task == "multiclass":
            return np.asarray(np.eye(self.n_classes, dtype=np.bool_)[answer])
        return np.asarray(answer[:, -1:] if self.task == "binary" else answer, np.bool_)

    def probabilities(self, texts: Sequence[str]) -> Answers:
        """float32 (n_texts, n_classes)."""
        found = np.asarray(self.model.predict_proba([prepared(text) for text in texts]), np.float32)
        if self.task == "binary":
            return found[:, -1:]
        full = np.zeros((len(texts), self.n_classes), np.float32)
        columns = self.model.classes_ if self.task == "multiclass" else range(self.n_classes)
        full[:, list(columns)] = found
        return full


class Bundle:
    """A folder of ours in `exports.runtime`: names in, names out."""

    def __init__(self, place: Path) -> None:
        self.predictor: Any = import_module("exports.runtime").load(place, threads=1)
        self.predict_proba: Callable[[Sequence[str]], Any] = self.predictor.predict
        if (place.parent / PREPARED).is_file():
            self.predict_proba = lambda texts: self.predictor.predict([prepared(texts[0])])
        self.column = {name: column for column, name in enumerate(self.predictor.space.classes)}

    def decided(self, answer: Any) -> Decisions:
        row = np.zeros((1, len(self.column)), np.bool_)
        for name in answer[0]:
            if name in self.column:
                row[0, self.column[name]] = True
        return row


def weighed(place: Path) -> int | None:
    """Bytes of the file that a peer loads; None of a bundle."""
    content = read_json(place / MANIFEST)
    return (place / str(content["file"])).stat().st_size if "peer" in content else None


def opened(place: Path) -> Contestant:
    """Whatever stands in a folder."""
    kind = read_json(place / MANIFEST).get("peer")
    if kind == "fasttext":
        return FastTextModel(place)
    return Pipeline(place) if kind == "scikit-learn" else Bundle(place)
