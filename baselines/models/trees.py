"""Many decision trees as flat arrays: what a fitted forest needs to answer, and nothing of the library that grew it.

All trees of all classes step down together, one level a step, so one text costs a handful of look-ups a level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.storage.weights import require_array

NAMES = ("feature", "threshold", "left", "right", "roots", "answer", "answers")


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
        """The answer of every tree to one dense row (n_features,); float32 (n_trees, width)."""
        nodes = self.roots
        while True:
            below = np.where(row[self.feature[nodes]] <= self.threshold[nodes], self.left[nodes], self.right[nodes])
            if np.array_equal(below, nodes):
                return self.answers[self.answer[nodes]]
            nodes = below

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
