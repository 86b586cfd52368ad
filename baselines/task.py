"""What a data set asks of a classifier: several labels a text, one of many classes, or yes and no.

The three tasks differ in two steps only, and both stand here: how logits become probabilities (`link`), and how
probabilities become classes (`decide`). Nothing else compares a probability with a threshold. NumPy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from baselines.arithmetic.exponential import exp, log1p
from baselines.checked_reading import is_share, shown
from baselines.errors import ArtifactError, DataError

Task = Literal["multilabel", "multiclass", "binary"]
TASKS: tuple[Task, ...] = get_args(Task)

LabelMatrix = NDArray[np.bool_]
Probabilities = NDArray[np.float32]
Thresholds = NDArray[np.float32]
Known = NDArray[np.bool_]

HALF = 0.5
# What a `labels.json` may hold.
MAX_CLASSES = 100_000
MAX_NAME_CHARACTERS = 1_000
# What each task is judged by unless the user asks otherwise; `baselines.scores.judging` knows how they are computed.
DEFAULT_METRIC: Mapping[Task, str] = {"multilabel": "f1_weighted", "multiclass": "accuracy", "binary": "f1"}


@dataclass(frozen=True)
class LabelSpace:
    """What can be answered.

    Attributes:
        classes: names, in the order of the columns; of a binary task the positive class alone.
        task: `multilabel` (any number of classes a text), `multiclass` (exactly one) or `binary` (one column).
        negative: name of what isn't the positive class; binary only, "" where the data doesn't name it.
        shares: share of the training texts that have each class, which is what a text without anything known is
            answered by. Empty for multilabel, where such a text gets no label, and where nothing is known of the
            training texts.
        answers_unknown: whether such a text is answered as every other one, by the model itself: as models made
            elsewhere do it, whose intercepts say what they have learned of their classes.
    """

    classes: tuple[str, ...]
    task: Task = "multilabel"
    negative: str = ""
    shares: tuple[float, ...] = ()
    answers_unknown: bool = False

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise DataError(f"task: one of {', '.join(TASKS)} is allowed, got {shown(self.task)}")
        if self.task == "binary" and len(self.classes) != 1:
            raise DataError(f"task binary: one class, the positive one, is allowed, got {len(self.classes)}")
        if self.task == "multiclass" and len(self.classes) < 2:
            raise DataError(f"task multiclass: at least 2 classes are needed, got {len(self.classes)}")
        if self.shares and len(self.shares) != len(self.classes):
            raise DataError(f"shares: one a class is needed, got {len(self.shares)} for {len(self.classes)} classes")

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that an answer can say: the classes, and of a binary task the negative one first."""
        return (self.negative or f"not {self.classes[0]}", *self.classes) if self.task == "binary" else self.classes

    def thresholds(self) -> Thresholds:
        """float32 (n_classes,) that nothing was chosen for: 0.5, and 0 where the largest probability decides."""
        return np.full(len(self.classes), 0.0 if self.task == "multiclass" else HALF, np.float32)

    def said(self, decided: NDArray[np.bool_]) -> list[str]:
        """The names that one row of `decide` stands for; of a binary task always one."""
        if self.task == "binary":
            return [self.names[int(decided[0])]]
        return [self.classes[column] for column in decided.nonzero()[0].tolist()]

    def to_json(self) -> dict[str, Any]:
        """For `labels.json`; without the fields that say nothing."""
        content: dict[str, Any] = {"classes": list(self.classes), "task": self.task}
        if self.negative:
            content["negative"] = self.negative
        if self.shares:
            content["shares"] = list(self.shares)
        if self.answers_unknown:
            content["answers_unknown"] = True
        return content

    @classmethod
    def from_json(cls, content: Any) -> LabelSpace:
        """The inverse of `to_json`; raises ArtifactError naming what doesn't fit."""
        if not isinstance(content, dict) or "task" not in content:
            raise ArtifactError(f"labels: an object with classes and task is needed, got {shown(content)}")
        classes, negative = content.get("classes"), content.get("negative", "")
        shares = content.get("shares", [])
        n_given = len(classes) if isinstance(classes, list) else shown(classes)
        if not isinstance(classes, list) or not 1 <= len(classes) <= MAX_CLASSES:
            raise ArtifactError(f"labels: classes: 1 to {MAX_CLASSES} class names are allowed, got {n_given}")
        if wrong := [name for name in (*classes, negative) if not isinstance(name, str)]:
            raise ArtifactError(f"labels: classes must be strings, and negative too, got {shown(wrong[0])}")
        names = [*classes, negative] if negative else classes
        if any(not name.strip() or len(name) > MAX_NAME_CHARACTERS for name in names) or len(set(names)) != len(names):
            raise ArtifactError(
                f"labels: classes must be names of 1 to {MAX_NAME_CHARACTERS} characters, none blank, each once"
            )
        if type(itself := content.get("answers_unknown", False)) is not bool:
            raise ArtifactError(f"labels: answers_unknown is true or false, got {shown(itself)}")
        if not isinstance(shares, list) or not all(map(is_share, shares)):
            raise ArtifactError("labels: shares: a list of numbers between 0 and 1 is needed")
        try:
            space = cls(tuple(classes), content["task"], negative, tuple(map(float, shares)), itself)
        except DataError as error:
            raise ArtifactError(f"labels: {error}") from None
        if space.task == "multiclass" and shares and not add_up(np.array([shares], float)):
            raise ArtifactError(f"labels: shares of task multiclass must add up to 1, got {sum(shares):.4f}")
        if negative and space.task != "binary":
            raise ArtifactError(f"labels: negative is for task binary, got {shown(negative)} of task {space.task}")
        return space


def add_up(shares: NDArray[Any]) -> bool:
    """Whether each row (n, n_classes) adds up to 1; written with four digits, each may be off by half of the last."""
    sums = shares.sum(axis=1, dtype=np.float64)
    return bool((np.abs(sums - 1) <= 1e-3 + 5e-5 * shares.shape[1]).all())


def link(logits: NDArray[Any], task: Task) -> Probabilities:
    """Logits (n_texts, n_classes) to float32 probabilities: the softmax for multiclass, else the logistic function.

    In float64 by `baselines.arithmetic.exponential` and rounded once, so that every engine has the same bits: with
    `e = exp(-|z|)` the logistic function is `1 / (1 + e)` from 0 on and `e / (1 + e)` below; the softmax subtracts the
    largest logit and sums from the first class to the last.
    """
    exact = np.asarray(logits, np.float64)
    if task == "multiclass":
        with np.errstate(invalid="ignore"):
            behind = exact - np.maximum.reduce(exact, axis=-1, keepdims=True, initial=-np.inf)
        # Where the largest is infinite, it is as far from itself as any other that is as large.
        powers = exp(np.where(np.isnan(behind), 0.0, behind))
        return np.asarray(powers / np.add.accumulate(powers, axis=-1)[..., -1:], np.float32)
    powers = exp(-np.abs(exact))
    return np.asarray(np.where(exact < 0, powers, 1.0) / (1.0 + powers), np.float32)


@dataclass(frozen=True)
class Link:
    """How the logits of a model made elsewhere become probabilities, where the task alone doesn't say.

    Attributes:
        name: `task`, as `link` does it; `logistic_shares`, each class's logistic function divided by the sum of all
            (one against the rest, as scikit-learn normalises it; multiclass only); `tree`, the product of the logistic
            functions along a class's path (hierarchical softmax; multiclass only).
        paths: of a tree, for each class its path from the root: number of a logit, and whether its sign is turned.
    """

    name: Literal["task", "logistic_shares", "tree"] = "task"
    paths: tuple[tuple[tuple[int, bool], ...], ...] = ()

    def n_logits(self, n_classes: int) -> int:
        """Columns of the logits for so many classes."""
        return (
            n_classes if self.name != "tree" else max((node for path in self.paths for node, _ in path), default=-1) + 1
        )

    def __call__(self, logits: NDArray[Any], task: Task) -> Probabilities:
        """Logits (n_texts, n_logits) to float32 probabilities (n_texts, n_classes)."""
        if self.name == "task":
            return link(logits, task)
        exact = np.asarray(logits, np.float64)
        if self.name == "logistic_shares":
            return link(log_logistic(exact), "multiclass")
        total = np.zeros((len(exact), len(self.paths)))
        for column, path in enumerate(self.paths):
            for node, turned in path:
                total[:, column] += log_logistic(-exact[:, node] if turned else exact[:, node])
        return exp(total).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """For a stored model."""
        return {"name": self.name, "paths": [[[node, turned] for node, turned in path] for path in self.paths]}

    @classmethod
    def from_json(cls, content: Any) -> Link:
        """The inverse of `to_json`; raises ArtifactError."""
        name, paths = (content.get(field) if isinstance(content, dict) else None for field in ("name", "paths"))
        if (
            name not in ("task", "logistic_shares", "tree")
            or not isinstance(paths, list)
            or bool(paths) != (name == "tree")
        ):
            raise ArtifactError(f"link: task, logistic_shares, or tree with paths are allowed, got {shown(name)}")
        for path in paths:
            steps: list[Any] = path if isinstance(path, list) else [None]
            if not all(isinstance(step, list) and list(map(type, step)) == [int, bool] for step in steps):
                raise ArtifactError(f"link: a path is a list of [number, true or false], got {shown(path)}")
            if not all(0 <= node < MAX_CLASSES for node, _ in steps):
                raise ArtifactError(f"link: numbers from 0 to {MAX_CLASSES - 1} are allowed in a path")
        return cls(name, tuple(tuple((node, turned) for node, turned in path) for path in paths))


BY_TASK = Link()


def log_logistic(logits: NDArray[Any]) -> NDArray[np.float64]:
    """The logarithm of the logistic function, without overflow; float64."""
    exact = np.asarray(logits, np.float64)
    value: NDArray[np.float64] = np.minimum(exact, 0) - log1p(exp(-np.abs(exact)))
    return value


def decide(probabilities: Probabilities, thresholds: Thresholds, task: Task) -> LabelMatrix:
    """Which classes each text gets; bool (n_texts, n_classes).

    Multilabel and binary: every class whose probability is at least its threshold. Multiclass: the class with the
    largest probability (the first of equal ones), unless that is below the class's threshold: then the text gets none,
    which is how a model abstains. Thresholds of 0 never abstain.
    """
    reached: LabelMatrix = np.greater_equal(probabilities, thresholds)
    if task != "multiclass":
        return reached
    largest = np.zeros(reached.shape, np.bool_)
    rows = np.arange(len(reached))
    best = probabilities.argmax(axis=1) if len(reached) else rows
    largest[rows, best] = reached[rows, best]
    return largest


def both_sides(labels: LabelMatrix, task: Task) -> LabelMatrix:
    """bool (n_texts, names): labels or decisions, with a column for each of `LabelSpace.names`."""
    if task != "binary":
        return labels
    both: LabelMatrix = np.concatenate([~labels, labels], axis=1)
    return both


def unknown_answer(space: LabelSpace, thresholds: Thresholds) -> Probabilities:
    """What is said of a text without anything that a model knows; float32 (n_classes,).

    Multilabel: 0 for every class, so no label. Multiclass: the classes' shares in training, so the most frequent class.
    Binary: the share of positives, held on the side of the threshold that the more frequent of both stands on.
    """
    if space.task == "multilabel":
        return np.zeros(len(space.classes), np.float32)
    shares = np.array(space.shares or (1.0,) * len(space.classes), np.float32)
    if space.task == "multiclass":
        return np.asarray(shares / shares.sum(), np.float32)
    if not space.shares:
        return np.zeros(1, np.float32)
    if shares[0] > HALF:
        return np.asarray(np.maximum(shares, thresholds), np.float32)
    below = np.nextafter(thresholds, np.float32(-1), dtype=np.float32).clip(0)
    return np.asarray(np.minimum(shares, below), np.float32)


def answered(probabilities: Probabilities, known: Known, space: LabelSpace, thresholds: Thresholds) -> Probabilities:
    """The probabilities with `unknown_answer` in the rows of texts in which nothing is known; changed in place.

    Where the model answers such texts itself, they stay as they are.
    """
    if not space.answers_unknown and not known.all():
        probabilities[~known] = unknown_answer(space, thresholds)
    return probabilities
