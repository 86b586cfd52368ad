"""Many decision trees as flat arrays: what a fitted forest needs to answer, and nothing of the library that grew it.

All trees of all classes step down together, many texts at once, from turn to turn (`baselines.models.learned.turns`);
trees of another order than preorder, level by level. What the trees' answers come to is a forest's mean, or the sum
that boosting adds to a prior.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.models.learned.rows import BLOCK_TEXTS, Rows
from baselines.models.learned.turns import Turns
from baselines.storage.weights import require_array
from baselines.task import Probabilities, Task, add_up, link

# A leaf's child is the leaf itself: steps too many change nothing, and asking who has arrived costs as much as a step.
_LEVELS_AT_ONCE = 4
NAMES = ("feature", "threshold", "left", "right", "roots", "answer", "answers")


@dataclass(frozen=True)
class GrownTree:
    """What `Trees.of` reads of scikit-learn's `tree_`, for a tree that saw some columns only."""

    node_count: int
    children_left: NDArray[Any]
    children_right: NDArray[Any]
    feature: NDArray[Any]
    threshold: NDArray[np.float64]
    value: NDArray[np.float64]

    @classmethod
    def of(cls, tree: Any, columns: NDArray[np.intp]) -> GrownTree:
        """With the numbers of all columns, of which it saw `columns`; keeps nothing of the library's own object."""
        feature = np.where(tree.feature < 0, tree.feature, columns[tree.feature])
        value = tree.value if tree.value.shape[1:] == (1, 1) else np.zeros((0, 1, 1))
        left, right = tree.children_left.copy(), tree.children_right.copy()
        return cls(tree.node_count, left, right, feature, tree.threshold.copy(), value.copy())


@dataclass(frozen=True)
class Trees:
    """Nodes of all trees one after the other; a leaf's children are the leaf itself.

    Attributes:
        feature: int32 (n_nodes,), the column a node compares.
        threshold: float64 (n_nodes,); values up to it go left.
        left, right: int32 (n_nodes,), numbers of nodes.
        roots: int32 (n_trees,).
        answer: int32 (n_nodes,), row of `answers` of a leaf; 0 inside.
        answers: float32 (n_answers, width); equal answers of leaves are stored once.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    roots: NDArray[np.int32]
    answer: NDArray[np.int32]
    answers: NDArray[np.float32]

    @classmethod
    def of(cls, trees: Sequence[Any], values: Sequence[NDArray[np.float32]]) -> Trees:
        """Flatten scikit-learn's `tree_` objects; `values` holds each tree's (n_nodes, width) answers.

        Without trees, as where no class varies, every array is empty and the answers are one wide.
        """
        if not trees:
            none = np.zeros(0, np.int32)
            return cls(none, np.zeros(0), none, none, none, none, np.zeros((0, 1), np.float32))
        sizes = [tree.node_count for tree in trees]
        roots = np.cumsum([0, *sizes])[:-1].astype(np.int32)
        own = np.concatenate([np.arange(n) for n in sizes])
        start = np.repeat(roots, sizes)
        left = np.concatenate([tree.children_left for tree in trees])
        right = np.concatenate([tree.children_right for tree in trees])
        is_leaf = left < 0
        answers, answer = np.unique(np.concatenate(list(values))[is_leaf], axis=0, return_inverse=True)
        rows = np.zeros(len(own), np.int32)
        rows[is_leaf] = answer
        return cls(
            feature=np.where(is_leaf, 0, np.concatenate([tree.feature for tree in trees])).astype(np.int32),
            threshold=np.where(is_leaf, 0.0, np.concatenate([tree.threshold for tree in trees])),
            left=(start + np.where(is_leaf, own, left)).astype(np.int32),
            right=(start + np.where(is_leaf, own, right)).astype(np.int32),
            roots=roots,
            answer=rows,
            answers=np.ascontiguousarray(answers, np.float32),
        )

    def leaves(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        """The answer of every tree to one dense row (n_features,); float32 (n_trees, width).

        Trees whose leaf is found are set aside, so that one deep tree among many costs its own depth and no more.
        """
        found, waiting, nodes = self.roots.copy(), np.arange(len(self.roots)), self.roots
        while len(nodes):
            for _ in range(_LEVELS_AT_ONCE):
                goes_left = row[self.feature[nodes]] <= self.threshold[nodes]
                nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
            inner = self.left[nodes] != nodes
            found[waiting] = nodes
            nodes, waiting = nodes[inner], waiting[inner]
        return self.answers[self.answer[found]]

    @cached_property
    def _turns(self) -> Turns | None:
        return Turns.of(self.feature, self.threshold, self.left, self.right, self.roots)

    def leaves_of(self, rows: Rows) -> Iterator[NDArray[np.float32]]:
        """The answers of every tree to each text, one after the other; float32 (n_trees, width)."""
        turns = self._turns if len(self.roots) else None
        if turns is None:
            width = int(max(self.feature.max(initial=0), rows.columns.max(initial=0))) + 1
            yield from (self.leaves(rows.dense(number, width)) for number in range(len(rows)))
            return
        for start in range(0, len(rows), BLOCK_TEXTS):
            for leaves in turns.leaves(rows.block(start)):
                yield self.answers[self.answer[leaves]]

    def check(self, n_features: int, width: int) -> None:
        """Raise ArtifactError unless every number points into its array and children come after their parents."""
        n_nodes = self.feature.size
        own = np.arange(n_nodes)
        for name in ("feature", "left", "right", "answer"):
            require_array(name, getattr(self, name), "int32", (n_nodes,))
        require_array("threshold", self.threshold, "float64", (n_nodes,))
        require_array("roots", self.roots, "int32", (None,))
        require_array("answers", self.answers, "float32", (None, width))
        for name, numbers, end in (
            ("feature", self.feature, n_features),
            ("left", self.left, n_nodes),
            ("right", self.right, n_nodes),
            ("roots", self.roots, n_nodes),
            ("answer", self.answer, len(self.answers)),
        ):
            if numbers.size and (numbers.min() < 0 or numbers.max() >= end):
                raise ArtifactError(f"trees: {name} must lie in 0..{end - 1}")
        # Else a damaged file could send a text round in circles for ever.
        is_leaf = (self.left == own) & (self.right == own)
        if not (is_leaf | ((self.left > own) & (self.right > own))).all():
            raise ArtifactError("trees: children must come after their parent")


def mean_of_leaves(trees: Trees, rows: Rows) -> NDArray[np.float32]:
    """What a forest says of texts: the mean of its trees' answers; float32 (n_texts, n_classes)."""
    out = np.empty((len(rows), trees.answers.shape[1]), np.float32)
    for own, leaves in zip(out, trees.leaves_of(rows), strict=True):
        own[:] = leaves.mean(axis=0, dtype=np.float64)
    return out


def check_forest(trees: Trees, n_features: int, n_classes: int, task: Task) -> None:
    """Raise ArtifactError unless the trees are a forest's: at least one, whose leaves hold shares of the classes."""
    trees.check(n_features, n_classes)
    answers = trees.answers
    if not len(trees.roots) or answers.min() < 0 or answers.max() > 1:
        raise ArtifactError("trees: at least one with answers in 0..1 is needed")
    if task == "multiclass" and not add_up(answers):
        raise ArtifactError("trees: answers of task multiclass must add up to 1 in each leaf")


@dataclass(frozen=True)
class Boosted:
    """Gradient boosting: each class has as many trees, and they add to its prior.

    Attributes:
        trees: of all classes that have some, class after class; their answers are one number wide.
        prior: float32 (n_classes,), log odds.
        columns: int32, the classes that have trees, in their order.
    """

    trees: Trees
    prior: NDArray[np.float32]
    columns: NDArray[np.int32]

    def answer(self, rows: Rows, task: Task) -> Probabilities:
        """Of texts; float32 (n_texts, n_classes)."""
        out = np.empty((len(rows), len(self.prior)), np.float32)
        for own, leaves in zip(out, self.trees.leaves_of(rows), strict=True):
            logits = self.prior.astype(np.float64)
            if len(self.columns):
                steps = leaves.reshape(len(self.columns), -1)
                logits[self.columns] += steps.sum(axis=1, dtype=np.float64)
            own[:] = link(logits.astype(np.float32), task)
        return out

    def check(self, n_features: int, n_classes: int) -> None:
        """Raise ArtifactError unless trees, prior and columns fit together."""
        self.trees.check(n_features, 1)
        columns = self.columns
        require_array("prior", self.prior, "float32", (n_classes,))
        require_array("columns", columns, "int32", (None,))
        if not set(columns.tolist()) <= set(range(n_classes)) or len(set(columns.tolist())) != len(columns):
            raise ArtifactError(f"columns: numbers in 0..{n_classes - 1} are needed, each once")
        # Without a class to answer for, no tree may be left over.
        if len(self.trees.roots) % len(columns) if len(columns) else len(self.trees.roots):
            raise ArtifactError(f"roots: {len(self.trees.roots)} trees do not divide among {len(columns)} classes")
