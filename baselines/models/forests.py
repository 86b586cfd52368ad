"""The course's two models of trees over TF-IDF of single words: a random forest, and gradient boosting.

Source: Made With ML, baselines, in the course's default settings. scikit-learn grows the trees,
`baselines.models.learned.trees` holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress
from baselines.models.learned.trees import NAMES, Boosted, Trees, check_forest, mean_of_leaves
from baselines.models.one_vs_rest import constant_logit, fit_each
from baselines.models.word_classifier import WordClassifier
from baselines.notes import note_missing_classes
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Between, MostTrees, Rate, Seed, Threads
from baselines.task import LabelMatrix
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
    forms = ("trees",)
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
        return mean_of_leaves(self.trees_, self.vectorizer_.dense(row)).astype(np.float32)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {field.name: getattr(self.trees_, field.name) for field in fields(Trees)}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.trees_ = Trees(**arrays)
        check_forest(self.trees_, self.vectorizer_.n_features, len(self.classes_), self.task_)


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
    forms = ("trees",)
    arrays: ClassVar[tuple[str, ...]] = (*NAMES, "prior", "columns")
    model_: Boosted

    config: BoostingConfig

    def __init__(self, config: BoostingConfig = BoostingConfig()) -> None:
        self.config = config

    @property
    def cleaning(self) -> CleaningName:
        return self.config.cleaning

    @property
    def trees_(self) -> Trees:
        """Of all classes."""
        return self.model_.trees

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
        columns = np.array([c for c, model in enumerate(models) if model is not None], np.int32)
        prior = np.array([constant_logit(labels[:, c]) for c in range(labels.shape[1])], np.float32)
        share = labels[:, columns].mean(axis=0)
        prior[columns] = np.log(share / (1 - share))
        trees = [grown.tree_ for model in models if model is not None for grown in model.estimators_[:, 0]]
        rate = self.config.learning_rate
        steps = [(rate * tree.value[:, :, 0]).astype(np.float32) for tree in trees]
        self.model_ = Boosted(Trees.of(trees, steps), prior, columns)

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
        return self.model_.answer(self.vectorizer_.dense(row), self.task_)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        model = self.model_
        arrays = {field.name: getattr(model.trees, field.name) for field in fields(Trees)}
        return {**arrays, "prior": model.prior, "columns": model.columns}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        prior, columns = arrays.pop("prior"), arrays.pop("columns")
        self.model_ = Boosted(Trees(**arrays), prior, columns)
        self.model_.check(self.vectorizer_.n_features, len(self.classes_))
