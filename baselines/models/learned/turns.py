"""Where a sparse row leaves the left edge of a tree: what lets a text pass hundreds of levels in a handful of steps.

Nearly every node compares a word that the text hasn't. Its value is 0, no threshold is below 0, so the text goes left;
and the left child of a node in preorder is the next node. From any node a text therefore runs on through the nodes that
follow, as far as the next leaf, unless one of them compares a word that the text has, with a threshold below its value:
there it turns right. The nodes that compare a word are listed word by word, so the turns of a text are found by its
words, and a tree costs a step for each turn, not for each level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.models.learned.rows import Rows


@dataclass(frozen=True)
class Turns:
    """The nodes of trees, by the column that they compare.

    Attributes:
        starts: int64 (n_columns + 1,), where each column's nodes begin; columns from n_columns on have none.
        nodes: int32 (n_inner,), ascending within a column.
        thresholds: float64 (n_inner,), of the same nodes.
        leaf_after: int32 (n_nodes,), the first leaf that isn't before a node.
        right: int32 (n_nodes,), the right child of each node.
        roots: int32 (n_trees,).
    """

    starts: NDArray[np.int64]
    nodes: NDArray[np.int32]
    thresholds: NDArray[np.float64]
    leaf_after: NDArray[np.int32]
    right: NDArray[np.int32]
    roots: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        feature: NDArray[np.int32],
        threshold: NDArray[np.float64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        roots: NDArray[np.int32],
    ) -> Turns | None:
        """None where a left child isn't the next node, or a text without a word could go right."""
        own = np.arange(len(left), dtype=np.int32)
        inner = left != own
        if not np.array_equal(left[inner], own[inner] + 1) or not (threshold[inner] >= 0).all():
            return None
        nodes = own[inner][np.argsort(feature[inner], kind="stable")]
        starts = np.append(0, np.cumsum(np.bincount(feature[inner]))).astype(np.int64)
        # The last node of all is a leaf, so a place after each is found.
        leaves = own[~inner]
        leaf_after = leaves[np.searchsorted(leaves, own)]
        return cls(starts, nodes, threshold[nodes], leaf_after, right, roots)

    def leaves(self, rows: Rows) -> NDArray[np.int32]:
        """Where each text ends in each tree; (n_texts, n_trees)."""
        n_nodes = len(self.right)
        # Sorted, so that the next turn of a text after a node is found by halving. A turn of the text number n is
        # counted from n · n_nodes on, and one after the last of all ends every search.
        turns = np.append(np.sort(self._turns(rows)), len(rows) * n_nodes)
        first = np.repeat(np.arange(len(rows)) * n_nodes, len(self.roots))
        found = np.tile(self.roots, len(rows))
        walking = np.arange(len(found))
        while len(walking):
            own, start = found[walking], first[walking]
            leaf, turn = self.leaf_after[own], turns[np.searchsorted(turns, start + own)] - start
            turned = turn < leaf
            found[walking] = np.where(turned, self.right[np.where(turned, turn, own)], leaf)
            walking = walking[turned]
        return found.reshape(len(rows), -1)

    def _turns(self, rows: Rows) -> NDArray[np.int64]:
        """Of every text, the nodes at which it would go right, counted from its number times the number of nodes."""
        has_nodes = rows.columns < len(self.starts) - 1
        columns, values = rows.columns[has_nodes], rows.values[has_nodes]
        of_text = np.repeat(np.arange(len(rows)), np.diff(rows.starts))[has_nodes]
        lengths = self.starts[columns + 1] - self.starts[columns]
        # The numbers of all places of all spans, one span after the other.
        before = np.cumsum(lengths) - lengths
        places = np.arange(int(lengths.sum())) + np.repeat(self.starts[columns] - before, lengths)
        # What compares as neither goes right, as it does level by level.
        right = ~(np.repeat(values, lengths) <= self.thresholds[places])
        turns: NDArray[np.int64] = (np.repeat(of_text, lengths) * len(self.right) + self.nodes[places])[right]
        return turns
