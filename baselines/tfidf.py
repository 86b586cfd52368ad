"""The course's models over TF-IDF of single words, in its default settings: k-NN, random forest, gradient boosting.

Source: Made With ML, baselines. scikit-learn grows the trees; a fitted model is arrays of our own, read with NumPy.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from baselines.artifact import read_json, write_json
from baselines.classifier import Classifier, Probabilities, Progress, check_texts, ignore_progress
from baselines.configs import config_from_json
from baselines.dataset import LabelMatrix, Part
from baselines.errors import ArtifactError
from baselines.linear import as_matrix, sigmoid
from baselines.ngrams import NgramSettings, NgramTfidf, Row
from baselines.notes import note_missing_classes
from baselines.one_vs_rest import constant_logit, fit_each
from baselines.preprocessing import Cleaning
from baselines.trees import NAMES, Trees
from baselines.weights import read_weights, write_weights

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_VOCABULARY = "vocabulary.json"
_WEIGHTS = "weights.safetensors"
_COURSE = (NgramSettings("word", shortest_word=2),)


class _WordClassifier(Classifier):
    """What the three share: single words in, arrays on disk. `vectorizer_` holds the vocabulary."""

    vectorizer_: NgramTfidf
    arrays: ClassVar[tuple[str, ...]]

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Learn the vocabulary, then the model; notes classes without positives."""
        self.classes_ = train.classes
        self.thresholds_ = np.full(len(train.classes), 0.5, np.float32)
        self.vectorizer_ = NgramTfidf.learn(train.texts, Cleaning(), _COURSE)
        self._fit(as_matrix(self.vectorizer_, train.texts), train.labels, progress)
        return self

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        check_texts(texts)
        out = np.empty((len(texts), len(self.classes_)), np.float32)
        for row, text in zip(out, texts, strict=True):
            row[:] = self._answer(self.vectorizer_.encode(text))
        return out

    def save_state(self, folder: Path) -> None:
        write_json(folder / _VOCABULARY, self.vectorizer_.to_json(), compact=True)
        write_weights(folder / _WEIGHTS, {"idf": self.vectorizer_.idf(), **self._arrays()})

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], classes: tuple[str, ...]) -> Self:
        arrays = read_weights(folder / _WEIGHTS, ("idf", *cls.arrays))
        classifier = cls._made(config)
        classifier.classes_ = classes
        classifier.vectorizer_ = NgramTfidf.from_json(read_json(folder / _VOCABULARY), arrays.pop("idf"))
        try:
            classifier._set_arrays(arrays)
        except ArtifactError as error:
            raise ArtifactError(f"{folder / _WEIGHTS}: {error}") from None
        return classifier

    def _dense(self, row: Row) -> NDArray[np.float32]:
        out = np.zeros(self.vectorizer_.n_features, np.float32)
        out[row[0]] = row[1]
        return out

    @classmethod
    @abstractmethod
    def _made(cls, config: Mapping[str, Any]) -> Self: ...

    @abstractmethod
    def _fit(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> None: ...

    @abstractmethod
    def _answer(self, row: Row) -> NDArray[np.float32]: ...

    @abstractmethod
    def _arrays(self) -> dict[str, NDArray[Any]]: ...

    @abstractmethod
    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None: ...


@dataclass(frozen=True)
class KnnConfig:
    """`neighbours`: how many training texts vote, each with the same weight."""

    neighbours: int = 5


class KnnClassifier(_WordClassifier):
    """Share of the nearest training texts (Euclidean, so by cosine) that have a class; ties go to the earlier text."""

    kind: ClassVar[str] = "knn"
    arrays: ClassVar[tuple[str, ...]] = ("starts", "rows", "values", "labels")

    def __init__(self, config: KnnConfig = KnnConfig()) -> None:
        self.config = config

    @classmethod
    def _made(cls, config: Mapping[str, Any]) -> Self:
        return cls(config_from_json(KnnConfig, config))

    def _fit(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> None:
        by_term = rows.astype(np.float32).tocsc()
        arrays = {"starts": by_term.indptr.astype(np.int64), "rows": by_term.indices.astype(np.int32)}
        self._set_arrays({**arrays, "values": by_term.data, "labels": labels.astype(np.uint8)})
        progress(1, 1)

    def _answer(self, row: Row) -> NDArray[np.float32]:
        products = np.zeros(len(self._labels), np.float32)
        for column, value in zip(*row, strict=True):
            span = slice(self._starts[column], self._starts[column + 1])
            products[self._rows[span]] += value * self._values[span]
        nearest = np.argsort(self._squares - 2 * products, kind="stable")[: self.config.neighbours]
        share: NDArray[np.float32] = self._labels[nearest].mean(axis=0, dtype=np.float32)
        return share

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {"starts": self._starts, "rows": self._rows, "values": self._values, "labels": self._labels}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._starts, self._rows = arrays["starts"], arrays["rows"]
        self._values, self._labels = arrays["values"], arrays["labels"]
        n_texts = len(self._labels)
        fits = self._labels.shape == (n_texts, len(self.classes_)) and n_texts > 0
        if not fits or len(self._starts) != self.vectorizer_.n_features + 1 or len(self._rows) != len(self._values):
            raise ArtifactError("expected starts a term, a row and a value a pair, and labels a text")
        if len(self._rows) and (self._rows.min() < 0 or self._rows.max() >= n_texts):
            raise ArtifactError(f"rows must lie in 0..{n_texts - 1}")
        self._squares = np.bincount(self._rows, self._values.astype(np.float64) ** 2, n_texts).astype(np.float32)


@dataclass(frozen=True)
class ForestConfig:
    """`trees`: how many; `seed`: of the bootstrap samples and features; `threads`: trees grown side by side."""

    trees: int = 100
    seed: int = 0
    threads: int = 1


class ForestClassifier(_WordClassifier):
    """One random forest for all classes: mean over trees of the share of a leaf's texts that have the class."""

    kind: ClassVar[str] = "forest"
    arrays: ClassVar[tuple[str, ...]] = NAMES
    trees_: Trees

    def __init__(self, config: ForestConfig = ForestConfig()) -> None:
        self.config = config

    @classmethod
    def _made(cls, config: Mapping[str, Any]) -> Self:
        return cls(config_from_json(ForestConfig, config))

    def _fit(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> None:
        from sklearn.ensemble import RandomForestClassifier

        note_missing_classes([name for name, found in zip(self.classes_, labels.T, strict=True) if not found.any()])
        config = self.config
        # Grown all at once: the library reports no progress within a forest, which takes seconds.
        forest = RandomForestClassifier(config.trees, random_state=config.seed, n_jobs=config.threads)
        forest.fit(rows, labels.astype(np.uint8))
        trees = [grown.tree_ for grown in forest.estimators_]
        self.trees_ = Trees.of(trees, [_shares(tree.value, labels) for tree in trees])
        progress(1, 1)

    def _answer(self, row: Row) -> NDArray[np.float32]:
        share: NDArray[np.float32] = self.trees_.leaves(self._dense(row)).mean(axis=0, dtype=np.float64)
        return share

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {field.name: getattr(self.trees_, field.name) for field in fields(Trees)}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.trees_ = Trees(**arrays)
        self.trees_.check(self.vectorizer_.n_features, len(self.classes_))


def _shares(value: NDArray[np.float64], labels: LabelMatrix) -> NDArray[np.float32]:
    """(n_nodes, n_classes, 2) of scikit-learn -> (n_nodes, n_classes); with one class it has but one column filled."""
    shares: NDArray[np.float32] = value[:, :, -1].astype(np.float32)
    for column, targets in enumerate(labels.T):
        if targets.all() or not targets.any():
            shares[:, column] = targets.all()
    return shares


@dataclass(frozen=True)
class BoostingConfig:
    """Gradient boosting of each class: `trees` of `depth`, each scaled by `learning_rate`."""

    trees: int = 100
    depth: int = 3
    learning_rate: float = 0.1
    seed: int = 0
    threads: int = 1


class BoostingClassifier(_WordClassifier):
    """Each class: the logistic function of the prior's log odds plus the sum of its trees."""

    kind: ClassVar[str] = "boosting"
    arrays: ClassVar[tuple[str, ...]] = (*NAMES, "prior", "columns")
    trees_: Trees
    prior_: NDArray[np.float32]
    columns_: NDArray[np.int32]

    def __init__(self, config: BoostingConfig = BoostingConfig()) -> None:
        self.config = config

    @classmethod
    def _made(cls, config: Mapping[str, Any]) -> Self:
        return cls(config_from_json(BoostingConfig, config))

    def _fit(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> None:
        models = fit_each(
            labels,
            self.classes_,
            lambda column, targets: self._grown(column).fit(rows, targets),
            threads=self.config.threads,
            progress=progress,
        )
        self.columns_ = np.array([c for c, model in enumerate(models) if model is not None], np.int32)
        self.prior_ = np.array([constant_logit(labels[:, c]) for c in range(labels.shape[1])], np.float32)
        share = labels[:, self.columns_].mean(axis=0)
        self.prior_[self.columns_] = np.log(share / (1 - share))
        trees = [grown.tree_ for model in models if model is not None for grown in model.estimators_[:, 0]]
        rate = self.config.learning_rate
        self.trees_ = Trees.of(trees, [(rate * tree.value[:, :, 0]).astype(np.float32) for tree in trees])

    def _grown(self, column: int) -> Any:
        from sklearn.ensemble import GradientBoostingClassifier

        config = self.config
        return GradientBoostingClassifier(
            learning_rate=config.learning_rate,
            n_estimators=config.trees,
            max_depth=config.depth,
            random_state=config.seed + column,
        )

    def _answer(self, row: Row) -> NDArray[np.float32]:
        logits = self.prior_.astype(np.float64)
        steps = self.trees_.leaves(self._dense(row)).reshape(len(self.columns_), -1)
        logits[self.columns_] += steps.sum(axis=1, dtype=np.float64)
        return sigmoid(logits.astype(np.float32))

    def _arrays(self) -> dict[str, NDArray[Any]]:
        arrays = {field.name: getattr(self.trees_, field.name) for field in fields(Trees)}
        return {**arrays, "prior": self.prior_, "columns": self.columns_}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.prior_, self.columns_ = arrays.pop("prior"), arrays.pop("columns")
        self.trees_ = Trees(**arrays)
        self.trees_.check(self.vectorizer_.n_features, 1)
        n_classes, columns = len(self.classes_), self.columns_
        if self.prior_.shape != (n_classes,) or not set(columns.tolist()) <= set(range(n_classes)):
            raise ArtifactError(f"prior and columns: expected {n_classes} numbers, and columns in 0..{n_classes - 1}")
        if len(self.trees_.roots) % max(len(columns), 1):
            raise ArtifactError(f"roots: {len(self.trees_.roots)} trees do not divide among {len(columns)} classes")
