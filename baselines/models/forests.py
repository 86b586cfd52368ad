"""The course's two models of trees over TF-IDF of single words: a random forest, and gradient boosting.

Source: Made With ML, baselines, in the course's default settings. scikit-learn grows the trees,
`baselines.models.learned.trees` holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress
from baselines.models.learned.rows import Rows
from baselines.models.learned.trees import NAMES, Boosted, GrownTree, Trees, check_forest, mean_of_leaves
from baselines.models.one_vs_rest import constant_logit, fit_each
from baselines.models.word_classifier import WordClassifier
from baselines.notes import note, note_missing_classes
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Between, MostTrees, Rate, Seed, Texts, Threads
from baselines.streaming.samples import seen_columns, with_enough_positives
from baselines.task import LabelMatrix
from baselines.text.cleaning import CleaningName

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Of a tree that sees a sample: leaves of single texts are most of a forest's bytes, and F1 was higher without them.
_LEAST_IN_LEAF = 2


@dataclass(frozen=True)
class ForestConfig(CheckedFields):
    """How the trees are grown.

    Attributes:
        trees: how many.
        seed: of the samples and features.
        threads: trees grown side by side.
        cleaning: of the texts.
        texts: most training texts that a tree sees. Up to so many, each tree is grown to its end from a bootstrap
            sample of all; of more, from a sample of so many of its own, with at least two texts a leaf, so that neither
            time nor size grow on. 8,192 were no worse than all in F1 on 10,000 and 30,000 texts of 28 classes.
    """

    trees: MostTrees = 100
    seed: Seed = 0
    threads: Threads = 1
    cleaning: CleaningName = "course"
    texts: Texts = 8_192


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
        if len(labels) > config.texts:
            self.trees_ = self._sampled(rows, labels, progress)
            return
        # Grown all at once: the library reports no progress within a forest, which takes seconds.
        forest = RandomForestClassifier(config.trees, random_state=config.seed, n_jobs=config.threads)
        forest.fit(rows, self._targets(labels))
        trees = [grown.tree_ for grown in forest.estimators_]
        self.trees_ = Trees.of(trees, [self._shares(tree.value, labels) for tree in trees])
        progress(1, 1)

    def _sampled(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> Trees:
        config, rows = self.config, rows.astype(np.float32)
        note(
            f"each of the {config.trees:,} trees sees a sample of {config.texts:,} of {len(labels):,} training texts. "
            "Raise texts in a --config file for more"
        )
        grown: list[GrownTree] = []
        values: list[NDArray[np.float32]] = []
        with ThreadPoolExecutor(max(config.threads, 1)) as pool:
            for tree, value in pool.map(lambda number: self._tree(number, rows, labels), range(config.trees)):
                grown.append(tree)
                values.append(value)
                progress(len(grown), config.trees)
        return Trees.of(grown, values)

    def _tree(self, number: int, rows: csr_matrix, labels: LabelMatrix) -> tuple[GrownTree, NDArray[np.float32]]:
        from sklearn.tree import DecisionTreeClassifier

        rng = np.random.default_rng([self.config.seed, number])
        seen = np.sort(rng.choice(len(labels), self.config.texts, replace=False))
        own, of_seen = rows[seen], labels[seen]
        columns = seen_columns(own)
        tree = DecisionTreeClassifier(
            max_features="sqrt", min_samples_leaf=_LEAST_IN_LEAF, random_state=int(rng.integers(1 << 31))
        )
        tree.fit(own[:, columns].tocsc(), self._targets(of_seen))
        return GrownTree.of(tree.tree_, columns), self._shares(tree.tree_.value, of_seen)

    def _targets(self, labels: LabelMatrix) -> NDArray[Any]:
        return labels.argmax(axis=1) if self.task_ == "multiclass" else np.squeeze(labels.astype(np.uint8))

    def _shares(self, value: NDArray[np.float64], labels: LabelMatrix) -> NDArray[np.float32]:
        return _shares_of_one(value, labels) if self.task_ == "multiclass" else _shares(value, labels)

    def _answers(self, rows: Rows) -> NDArray[np.float32]:
        return mean_of_leaves(self.trees_, rows)

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
    """Gradient boosting of each class.

    Attributes:
        trees: of each class, grown one after the other.
        depth: levels of a tree.
        learning_rate: what each tree's answer is scaled by.
        seed: of the samples, and of what scikit-learn draws.
        threads: classes fitted side by side.
        cleaning: of the texts.
        texts: most training texts that a class is fitted to; of more, a sample of its own in which up to three in ten
            have the class, weighted so that its frequency stays right.
    """

    trees: MostTrees = 100
    depth: Annotated[int, Between(1, 64)] = 3
    learning_rate: Rate = 0.1
    seed: Seed = 0
    threads: Threads = 1
    cleaning: CleaningName = "course"
    texts: Texts = 16_384


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
        if len(labels) > self.config.texts:
            note(
                f"each class is boosted on a weighted sample of {self.config.texts:,} of {len(labels):,} training "
                "texts. Raise texts in a --config file for more"
            )
        models = fit_each(
            labels,
            self.classes_,
            lambda column, targets: self._boosted(column, rows, targets),
            threads=self.config.threads,
            progress=progress,
        )
        columns = np.array([c for c, model in enumerate(models) if model is not None], np.int32)
        prior = np.array([constant_logit(labels[:, c]) for c in range(labels.shape[1])], np.float32)
        share = labels[:, columns].mean(axis=0)
        prior[columns] = np.log(share / (1 - share))
        trees = [tree for model in models if model is not None for tree in model]
        rate = self.config.learning_rate
        steps = [(rate * tree.value[:, :, 0]).astype(np.float32) for tree in trees]
        self.model_ = Boosted(Trees.of(trees, steps), prior, columns)

    def _boosted(self, column: int, rows: csr_matrix, targets: NDArray[np.bool_]) -> list[Any]:
        model, most = self._unfitted(column), self.config.texts
        if len(targets) <= most:
            return [grown.tree_ for grown in model.fit(rows, targets).estimators_[:, 0]]
        seen, weights = with_enough_positives(targets, most, [self.config.seed, column])
        own = rows[seen]
        columns = seen_columns(own)
        model.fit(own[:, columns], targets[seen], sample_weight=weights)
        return [GrownTree.of(grown.tree_, columns) for grown in model.estimators_[:, 0]]

    def _unfitted(self, column: int) -> Any:
        from sklearn.ensemble import GradientBoostingClassifier

        config = self.config
        return GradientBoostingClassifier(
            learning_rate=config.learning_rate,
            n_estimators=config.trees,
            max_depth=config.depth,
            random_state=config.seed + column,
        )

    def _answers(self, rows: Rows) -> NDArray[np.float32]:
        return self.model_.answer(rows, self.task_)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        model = self.model_
        arrays = {field.name: getattr(model.trees, field.name) for field in fields(Trees)}
        return {**arrays, "prior": model.prior, "columns": model.columns}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        prior, columns = arrays.pop("prior"), arrays.pop("columns")
        self.model_ = Boosted(Trees(**arrays), prior, columns)
        self.model_.check(self.vectorizer_.n_features, len(self.classes_))
