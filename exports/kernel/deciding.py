"""From logits to probabilities and to names in C, with the bits of `baselines.task`.

`link` is made of basic operations alone, so C has its very probabilities, and decides by them: nothing is near a
threshold. Where each class stands by itself, C compares logits with the smallest ones that reach their thresholds
(found as in `exports.targets.cutoffs`); where one class is chosen, the largest logit decides if it is well ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import BY_TASK, LabelSpace, Link, Probabilities, Task, Thresholds, decide, unknown_answer
from exports.kernel.extension import EXTENSION as _C

_TASKS = {"multilabel": 0, "multiclass": 1, "binary": 2}
# Ways of link.h.
_LOGISTIC, _SOFTMAX, _SHARES, _TREE = range(4)

Names = list[str]
# What a `said` method of the extension gives: all names; all names with None where a text has to be read in Python, and
# the numbers of those texts; or None where all have.
Found = list[Names] | tuple[list[Names], list[int]] | None


def linker_of(space: LabelSpace, link: Link = BY_TASK) -> Any:
    """How logits become probabilities, as the extension takes it."""
    n_classes = len(space.classes)
    way = {"logistic_shares": _SHARES, "tree": _TREE}.get(link.name, _way_of(space.task))
    ends = np.cumsum([len(path) for path in link.paths], dtype=np.uint32)
    steps = np.array([2 * node + turned for path in link.paths for node, turned in path], np.uint32)
    return _C.linker(way, n_classes, link.n_logits(n_classes), ends, steps)


def _way_of(task: Task) -> int:
    return _SOFTMAX if task == "multiclass" else _LOGISTIC


def linked_by(space: LabelSpace, link: Link = BY_TASK) -> Callable[[NDArray[np.float32]], Probabilities]:
    """What makes probabilities (n_texts, n_classes) of float32 logits (n_texts, n_logits), in place if as many."""
    linker, n_classes, linked = linker_of(space, link), len(space.classes), _C.link
    same = link.n_logits(n_classes) == n_classes

    def run(logits: NDArray[np.float32]) -> Probabilities:
        out = logits if same else np.empty((len(logits), n_classes), np.float32)
        linked(linker, logits, out)
        return out

    return run


def decider_of(space: LabelSpace, thresholds: Thresholds, link: Link = BY_TASK) -> Any:
    """How logits become names, as the `said` methods of the extension take it."""
    names = space.names if space.task == "binary" else space.classes
    unknown = decide(unknown_answer(space, thresholds)[None], thresholds, space.task)[0]
    limits = np.ascontiguousarray(thresholds, np.float32)
    said = tuple(names), tuple(space.said(unknown)), space.answers_unknown
    return _C.decider(_TASKS[space.task], linker_of(space, link), limits, *said)


def complete(found: Found, texts: Sequence[str], slowly: Callable[[Sequence[str]], list[Names]]) -> list[Names]:
    """The names of all texts: those that were found, and the others by the slow way."""
    if found is None:
        return slowly(texts)
    if not isinstance(found, tuple):
        return found
    answers, left = found
    for number, names in zip(left, slowly([texts[number] for number in left]), strict=True):
        answers[number] = names
    return answers
