"""Answers of a graph: a long text in stretches that overlap, so that it takes no more memory than a short one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import Probabilities
from compress.onnx_files.check import MAX_POSITIONS
from compress.onnx_files.session import OpenGraph

Ids = NDArray[Any]
Known = Callable[[Ids], bool]


def run_rows(graph: OpenGraph, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Probabilities:
    """Answers to a padded batch; float32 (batch, n_classes). See `checked` for what it raises."""
    return checked(graph.session.run(["probabilities"], {"ids": ids, "lengths": lengths})[0])


def run_text(graph: OpenGraph, ids: Ids, known: Known) -> Probabilities:
    """The answer to one text of any length; float32 (1, n_classes).

    Args:
        graph: which takes stretches, or never sees long texts.
        ids: (L,); a text without any counts as one of padding.
        known: whether some ids say anything, as in `run_long`.
    """
    if graph.bounds.in_stretches and len(ids) > MAX_POSITIONS:
        return run_long(graph, ids, known)
    row = ids.astype(np.int64)[None] if len(ids) else np.zeros((1, 1), np.int64)
    return run_rows(graph, row, np.array([len(ids)], np.int64))


def run_long(graph: OpenGraph, ids: Ids, known: Known) -> Probabilities:
    """The answer to one text of any length; float32 (1, n_classes).

    The largest responses of all stretches are the text's own. What the graph says of a text in which nothing is known
    follows from its last run, so a stretch in which something is known comes last.

    Args:
        graph: one that takes stretches.
        ids: (L,), at least one.
        known: whether a stretch says anything.
    """
    stretches = list(_stretches(len(ids)))
    last = next((n for n, (start, stop) in enumerate(stretches) if known(ids[start:stop])), 0)
    stretches.append(stretches.pop(last))
    reach, result = graph.bounds.reach, None
    before = graph.content.constants["pooled_before"]
    for start, stop in stretches:
        left, right = min(reach, start), min(reach, len(ids) - stop)
        own = {
            "ids": ids[start - left : stop + right].astype(np.int64)[None],
            "lengths": np.array([left + stop - start], np.int64),
            "halo": np.array([0, left, 0, right], np.int64),
            "pooled_before": before,
        }
        result, before = graph.session.run(["probabilities", "pooled"], own)
    return checked(np.asarray(result, np.float32))


def checked(probabilities: Probabilities) -> Probabilities:
    """The same; ArtifactError where they aren't numbers: weights that overflow are finite themselves."""
    # One sum is quicker than a look at each, and no number where one of them is none.
    if not np.isfinite(np.add.reduce(probabilities, axis=None)):
        raise ArtifactError("the graph's answers are not numbers: its weights are damaged; make it again")
    return probabilities


def _stretches(length: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, MAX_POSITIONS):
        yield start, min(start + MAX_POSITIONS, length)
