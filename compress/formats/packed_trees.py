"""Many decision trees in few bytes, without loss: what can be told from the rest isn't stored.

Trees stand in preorder, the left child next to its parent, so one bit a node (whether it has children) says where every
child and every root is. An inner node has a column and a threshold, a leaf the number of its answer. A threshold is
compared with float32 values alone, so the largest float32 that isn't above it decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.models.learned.trees import Trees
from compress.formats.short_numbers import require_short, short_numbers

NAMES = ("inner", "feature", "threshold", "answer", "answers")
MAX_NODES = 1 << 23
# Of one text: answers of all trees, and levels that it passes one after the other.
MAX_ANSWERS, MAX_DEPTH = 1 << 24, 4096


def packed_trees(trees: Trees) -> dict[str, NDArray[Any]]:
    """Trees as arrays to store.

    Returns:
        `inner`, uint8, a bit a node; `feature` (n_inner,) and `answer` (n_leaves,), uint16 where that is enough, else
        int32; `threshold`, float32 (n_inner,); `answers`, float32 (n_answers, width).

    Raises:
        ArtifactError: too large, or not in preorder.
    """
    n_nodes = len(trees.feature)
    _check_size(n_nodes, len(trees.roots), trees.answers.shape[1])
    inner = trees.left != np.arange(n_nodes)
    packed: dict[str, NDArray[Any]] = {
        "inner": np.packbits(inner),
        "feature": short_numbers(trees.feature[inner]),
        "threshold": _floor(trees.threshold[inner]),
        "answer": short_numbers(trees.answer[~inner]),
        "answers": trees.answers,
    }
    again = trees_of(packed)
    for name in ("left", "right", "roots"):
        if not np.array_equal(getattr(again, name), getattr(trees, name)):
            raise ArtifactError(f"trees: {name}: nodes must stand in preorder, as scikit-learn grows them depth first")
    return packed


def trees_of(packed: Mapping[str, NDArray[Any]]) -> Trees:
    """The inverse of `packed_trees`; columns, answers and their width are checked by `Trees.check`.

    Raises:
        ArtifactError: arrays of other types or shapes, bits that are no trees, or more than the limits.
    """
    feature, answer = (require_short(name, packed[name]) for name in ("feature", "answer"))
    threshold, answers = packed["threshold"], packed["answers"]
    if threshold.dtype != np.float32 or threshold.shape != feature.shape:
        raise ArtifactError(f"threshold: float32 {feature.shape} is needed, got {threshold.dtype} {threshold.shape}")
    if answers.dtype != np.float32 or answers.ndim != 2:
        raise ArtifactError(f"answers: float32 (n_answers, width) is needed, got {answers.dtype} {answers.shape}")
    n_nodes = len(feature) + len(answer)
    _check_size(n_nodes, len(answer) - len(feature), answers.shape[1])
    inner = _bits(packed["inner"], n_nodes)
    if np.count_nonzero(inner) != len(feature):
        raise ArtifactError(f"inner: {len(feature)} bits of 1 are needed, got {np.count_nonzero(inner)}")
    roots, right = _structure(inner)
    own = np.arange(n_nodes, dtype=np.int32)
    spread: dict[str, NDArray[Any]] = {
        "feature": np.zeros(n_nodes, np.int32),
        "threshold": np.zeros(n_nodes, np.float64),
        "answer": np.zeros(n_nodes, np.int32),
    }
    spread["feature"][inner], spread["threshold"][inner], spread["answer"][~inner] = feature, threshold, answer
    trees = Trees(left=own + inner, right=right, roots=roots, answers=answers, **spread)
    _check_depth(trees)
    return trees


def _structure(inner: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Roots (n_trees,) and right children (n_nodes,) of nodes in preorder; a leaf's child is the leaf itself.

    Counting +1 for an inner node and -1 for a leaf, a tree ends where the count falls to a new low, and the left half
    of an inner node where it is first back at what it was before the node.
    """
    n_nodes = len(inner)
    count = np.cumsum(np.where(inner, 1, -1))
    lowest = np.minimum.accumulate(np.append(0, count))[:-1]
    ends = np.flatnonzero(count < lowest)
    if n_nodes and (not len(ends) or ends[-1] != n_nodes - 1):
        raise ArtifactError("inner: the bits end within a tree")
    roots = np.append(0, ends + 1)[:-1].astype(np.int32)
    right = np.arange(n_nodes, dtype=np.int32)
    at = np.flatnonzero(inner)
    if len(at):
        level = count - count.min()
        keys = np.sort(level * n_nodes + np.arange(n_nodes))
        ended = keys[np.searchsorted(keys, (level[at] - 1) * n_nodes + at, side="right")] % n_nodes
        right[at] = ended + 1
    return roots, right


def _check_depth(trees: Trees) -> None:
    nodes = trees.roots
    for _ in range(MAX_DEPTH):
        nodes = nodes[trees.left[nodes] != nodes]
        if not len(nodes):
            return
        nodes = np.concatenate([trees.left[nodes], trees.right[nodes]])
    raise ArtifactError(f"trees: at most {MAX_DEPTH} levels are allowed; grow shallower ones")


def _check_size(n_nodes: int, n_trees: int, width: int) -> None:
    if n_nodes > MAX_NODES:
        raise ArtifactError(f"trees: at most {MAX_NODES} nodes are allowed, got {n_nodes}; grow fewer trees")
    if n_trees * max(width, 1) > MAX_ANSWERS:
        raise ArtifactError(
            f"trees: at most {MAX_ANSWERS} answers of all trees together are allowed, got {n_trees} × {width}; grow "
            "fewer trees"
        )


def _bits(packed: NDArray[Any], n_bits: int) -> NDArray[np.bool_]:
    if packed.dtype != np.uint8 or packed.shape != ((n_bits + 7) // 8,):
        raise ArtifactError(f"inner: {n_bits} bits are needed, got {packed.dtype} {packed.shape}")
    bits = np.unpackbits(packed)
    if bits[n_bits:].any():
        raise ArtifactError("inner: bits after the last node must be 0")
    return bits[:n_bits].astype(np.bool_)


def _floor(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that isn't above each."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
