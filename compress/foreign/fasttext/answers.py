"""What a fastText model's outputs mean: classes, task, and how logits become probabilities.

The file says which loss trained it. With softmax and hierarchical softmax exactly one label is right; with one-vs-all,
and with negative sampling, each label has a probability of its own, its logit's logistic function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.errors import DataError, NotCompressible
from baselines.task import BY_TASK, MAX_CLASSES, TASKS, LabelSpace, Link, Task
from baselines.text.fasttext_reading import LABEL
from compress.foreign.fasttext.dictionary import Dictionary, Loss
from compress.foreign.fasttext.tree import paths_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """How logits are made and read.

    Attributes:
        space: classes and task; of multiclass with the labels' shares in training.
        link: logits to probabilities.
        output: float64 (logits, dim), what a text's mean row is multiplied by.
    """

    space: LabelSpace
    link: Link
    output: Floats


def answers_of(
    dictionary: Dictionary, loss: Loss, output: NDArray[np.float32], task: Task | None, positive: str
) -> Answers:
    """Classes and logits for a task.

    Args:
        dictionary: with the labels and their counts.
        loss: that the model was trained with.
        output: (labels, dim).
        task: None for what the loss was made for. `binary` takes two labels, `multiclass` any loss.
        positive: of a binary task the class that is looked for, by its name.

    Raises:
        NotCompressible: a task that the loss wasn't made for, or names that no class may have; says what to do.
    """
    names = class_names(dictionary.labels)
    single = loss in ("softmax", "hs")
    chosen = task or ("multiclass" if single else "multilabel")
    if chosen not in TASKS:
        raise NotCompressible(f"task: one of {', '.join(TASKS)} is allowed, got {chosen!r}")
    if bool(positive) != (chosen == "binary"):
        raise NotCompressible("positive: names the class that task binary looks for, and stands with no other task")
    if chosen == "multilabel" and single:
        raise NotCompressible(
            f"trained for one label a text (loss {loss}): the probabilities of all labels add up to 1, so several "
            "can't be likely at once; train with `-loss ova`, or adopt it with task multiclass"
        )
    if len(names) < 2 and chosen != "multilabel":
        raise NotCompressible(f"{len(names)} labels; one label a text needs two to choose from")
    if chosen == "binary":
        return _binary(names, dictionary.counts, loss, output, positive)
    exact = output.astype(np.float64)
    space = _space(names, chosen, dictionary.counts)
    if loss == "hs":
        return Answers(space, Link("tree", paths_of(dictionary.counts)), exact[:-1])
    if loss == "softmax":
        # What all classes have in common changes no share; without it weights are smaller.
        return Answers(space, BY_TASK, exact - exact.mean(axis=0))
    return Answers(space, Link("logistic_shares") if chosen == "multiclass" else BY_TASK, exact)


def class_names(labels: Sequence[bytes]) -> tuple[str, ...]:
    """The labels without `__label__` where all begin so; bytes that are no UTF-8 as escapes.

    Raises:
        NotCompressible: more labels than may be, or none.
    """
    if not 1 <= len(labels) <= MAX_CLASSES:
        raise NotCompressible(f"1 to {MAX_CLASSES} labels are allowed, got {len(labels)}")
    found = [label.decode("utf-8", "backslashreplace") for label in labels]
    bare = [name.removeprefix(LABEL) for name in found]
    usable = all(name.startswith(LABEL) for name in found) and all(name.strip() for name in bare)
    return tuple(bare if usable else found)


def _space(names: tuple[str, ...], task: Task, counts: Sequence[int]) -> LabelSpace:
    total = sum(counts)
    shares = tuple(count / total for count in counts) if task == "multiclass" and total else ()
    try:
        # As a stored one is read: with everything that names are checked for.
        return LabelSpace.from_json(LabelSpace(names, task, "", shares).to_json())
    except DataError as error:
        raise NotCompressible(str(error)) from None


def _binary(
    names: tuple[str, ...], counts: Sequence[int], loss: Loss, output: NDArray[np.float32], positive: str
) -> Answers:
    if len(names) != 2 or positive not in names:
        raise NotCompressible(
            f"task binary: two labels, one of them the positive one, are needed; got {len(names)} labels"
            + (f", {names[0]} and {names[1]}, and positive {positive!r}" if len(names) == 2 else "")
        )
    column = names.index(positive)
    exact = output.astype(np.float64)
    if loss == "softmax":
        logit = exact[column] - exact[1 - column]
    elif loss == "hs":
        ((_, turned),) = paths_of(counts)[column]
        logit = -exact[0] if turned else exact[0]
    else:
        logit = exact[column]
    shares = (counts[column] / sum(counts),) if sum(counts) else ()
    return Answers(LabelSpace((positive,), "binary", names[1 - column], shares), BY_TASK, logit[None])
