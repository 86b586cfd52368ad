"""The course's two models of trees over TF-IDF of single words: a random forest, and gradient boosting.

Source: Made With ML, baselines, in the course's default settings. scikit-learn grows the trees,
`baselines.models.trees` holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress
from baselines.errors import ArtifactError
from baselines.models.one_vs_rest import constant_logit, fit_each
from baselines.models.trees import NAMES, Trees
from baselines.models.word_classifier import WordClassifier
from baselines.notes import note_missing_classes
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Between, MostTrees, Rate, Seed, Threads
from baselines.storage.weights import require_array
from baselines.task import LabelMatrix, add_up, link
from baselines.text.cleaning import CleaningName
from baselines.text.ngrams import Row

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class ForestConfig(CheckedFields):
    """`trees`: how many; `seed`: of the bootstrap samples and features; `threads`: trees grown side by side.

    `cleaning`: of the texts.
    """

    trees: MostTrees = 100
    seed: Seed = 0
    threads: Threads = 1
    cleaning: CleaningName = "course"


class ForestClassifier(WordClassifier):
    """One random forest for all classes: mean over trees of the share of a leaf's texts that have the class."""

    kind: ClassVar[str] = "forest"
    arrays: ClassVar[tuple[str, ...]] = NAMES
    trees_: Trees

    config: ForestConfig

    def __init__(self, config: ForestConfig = ForestConfig()) -> None:
        self.config = config

    @property
    def cleaning(self) -> CleaningName:
        return self.config.cleaning

    @classmethod
    def _made(cls, config: Mapping[str, Any]) -> Self:
        return cls(config_from_json(ForestConfig, config))

    def _fit(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> None:
        from sklearn.ensemble import RandomForestClassifier

        note_missing_classes([name for name, found in zip(self.classes_, labels.T, strict=True) if not found.any()])
        config = self.config
        # Grown all at once: the library reports no progress within a forest, which takes seconds.
        forest = RandomForestClassifier(config.trees, random_state=config.seed, n_jobs=config.threads)
        one_of_many = self.task_ == "multiclass"
        forest.fit(rows, labels.argmax(axis=1) if one_of_many else np.squeeze(labels.astype(np.uint8)))
        trees = [grown.tree_ for grown in forest.estimators_]
        shares = _shares_of_one if one_of_many else _shares
        self.trees_ = Trees.of(trees, [shares(tree.value, labels) for tree in trees])
        progress(1, 1)

    def _answer(self, row: Row) -> NDArray[np.float32]:
        share: NDArray[np.float32] = self.trees_.leaves(self.dense(row)).mean(axis=0, dtype=np.float64)
        return share

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {field.name: getattr(self.trees_, field.name) for field in fields(Trees)}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.trees_ = Trees(**arrays)
        self.trees_.check(self.vectorizer_.n_features, len(self.classes_))
        answers = self.trees_.answers
        if not len(self.trees_.roots) or answers.min() < 0 or answers.max() > 1:
            raise ArtifactError("trees: at least one with answers in 0..1 is needed")
        if self.task_ == "multiclass" and not add_up(answers):
            raise ArtifactError("trees: answers of task multiclass must add up to 1 in each leaf")


def _shares(value: NDArray[np.float64], labels: LabelMatrix) -> NDArray[np.float32]:
    """(n_nodes, n_classes, 2) of scikit-learn -> (n_nodes, n_classes); with one class it has but one column filled."""
    shares: NDArray[np.float32] = value[:, :, -1].astype(np.float32)
    for column, targets in enumerate(labels.T):
        if targets.all() or not targets.any():
            shares[:, column] = targets.all()
    return shares


def _shares_of_one(value: NDArray[np.float64], labels: LabelMatrix) -> NDArray[np.float32]:
    """(n_nodes, 1, classes that training has) -> (n_nodes, n_classes)."""
    shares = np.zeros((len(value), labels.shape[1]), np.float32)
    shares[:, labels.any(axis=0)] = value[:, 0]
    return shares


@dataclass(frozen=True)
class BoostingConfig(CheckedFields):
    """Gradient boosting of each class: `trees` of `depth`, each scaled by `learning_rate`; `cleaning`: of the texts."""

    trees: MostTrees = 100
    depth: Annotated[int, Between(1, 64)] = 3
    learning_rate: Rate = 0.1
    seed: Seed = 0
    threads: Threads = 1
    cleaning: CleaningName = "course"


class BoostingClassifier(WordClassifier):
    """Each class: the prior's log odds plus the sum of its trees, linked by the task."""

    kind: ClassVar[str] = "boosting"
    arrays: ClassVar[tuple[str, ...]] = (*NAMES, "prior", "columns")
    trees_: Trees
    prior_: NDArray[np.float32]
    columns_: NDArray[np.int32]

    config: BoostingConfig

    def __init__(self, config: BoostingConfig = BoostingConfig()) -> None:
        self.config = config

    @property
    def cleaning(self) -> CleaningName:
        return self.config.cleaning

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
        if len(self.columns_):
            steps = self.trees_.leaves(self.dense(row)).reshape(len(self.columns_), -1)
            logits[self.columns_] += steps.sum(axis=1, dtype=np.float64)
        return link(logits.astype(np.float32), self.task_)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        arrays = {field.name: getattr(self.trees_, field.name) for field in fields(Trees)}
        return {**arrays, "prior": self.prior_, "columns": self.columns_}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.prior_, self.columns_ = arrays.pop("prior"), arrays.pop("columns")
        self.trees_ = Trees(**arrays)
        self.trees_.check(self.vectorizer_.n_features, 1)
        n_classes, columns = len(self.classes_), self.columns_
        require_array("prior", self.prior_, "float32", (n_classes,))
        require_array("columns", columns, "int32", (None,))
        if not set(columns.tolist()) <= set(range(n_classes)) or len(set(columns.tolist())) != len(columns):
            raise ArtifactError(f"columns: numbers in 0..{n_classes - 1} are needed, each once")
        # Without a class to answer for, no tree may be left over.
        if len(self.trees_.roots) % len(columns) if len(columns) else len(self.trees_.roots):
            raise ArtifactError(f"roots: {len(self.trees_.roots)} trees do not divide among {len(columns)} classes")
