"""The contract every classifier keeps, from a coin to a compressed network.

What a row of probabilities means, and how it is decided, is the task's: see `baselines.task`.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from baselines.dataset import Part
from baselines.task import Known, LabelMatrix, LabelSpace, Probabilities, Task, Thresholds, answered, decide

# Called with (steps done, steps in all); a command shows a bar with the time left.
Progress = Callable[[int, int], None]


def ignore_progress(done: int, total: int) -> None:
    """The default: nobody is watching."""


class Classifier(ABC):
    """Texts in, one probability a class out.

    Attributes:
        kind: name of the class in manifests.
        can_fit: whether `fit` learns; false for kinds that are only made from another model.
        forms: of the bundles it can be shipped as, the recommended one first; () for none.
        why_no_form: one sentence for users, where there is none.
        library: what its artifact runs in, `python` for NumPy and plain Python.
        packages: third-party packages its artifact needs to predict. By config or members an instance may need more
            than its class says of both.
        space_: what it can answer: classes, task, and what is said of a text in which it knows nothing.
        thresholds_: float32 (n_classes,); what they mean, `baselines.task.decide` says.
        config: the frozen dataclass the classifier was made with; JSON types only. Where it left a choice to
            validation, what was chosen, once fitted.
        trials_: what was tried for that choice (`baselines.scores.choices.Trial`); empty without one.
    """

    kind: ClassVar[str]
    can_fit: ClassVar[bool] = True
    forms: ClassVar[tuple[str, ...]] = ()
    why_no_form: ClassVar[str] = "no exporter reads this kind; serve its artifact with this package"
    library: Literal["python", "torch"] = "python"
    packages: tuple[str, ...] = ("numpy", "safetensors")
    config: Any
    trials_: Sequence[Any] = ()
    space_: LabelSpace
    thresholds_: Thresholds

    @property
    def classes_(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the columns."""
        return self.space_.classes

    @property
    def task_(self) -> Task:
        """The task it was made for."""
        return self.space_.task

    @abstractmethod
    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Learn from `train`. `validation` serves early stopping; thresholds are fitted by the caller.

        Accepts `train.space` (see `accept`). Returns itself.
        """

    @abstractmethod
    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        """What the model itself says, and of which texts it knows anything at all.

        Returns:
            float32 (n_texts, n_classes) in [0, 1], of multiclass with rows that sum to 1; and bool (n_texts,): false
            for a text in which the model knows nothing (empty, unknown script, only words that cleaning removes).
        """

    def predict_proba(self, texts: Iterable[str]) -> Probabilities:
        """float32 (n_texts, n_classes) in [0, 1]; shape (0, n_classes) for no texts.

        A text's row does not depend on the other texts of the batch. A text in which nothing is known gets
        `baselines.task.unknown_answer`.
        """
        probabilities, known = self.answer(check_texts(texts))
        return answered(probabilities, known, self.space_, self.thresholds_)

    def predict(self, texts: Iterable[str]) -> list[list[str]]:
        """The names that each text gets: any number, exactly one, or one of both of a binary task."""
        decided = decide(self.predict_proba(texts), self.thresholds_, self.task_)
        return [self.space_.said(row) for row in decided]

    def accept(self, space: LabelSpace, thresholds: Thresholds | None = None) -> None:
        """Take what can be answered, and thresholds: those given, or the task's own before any was chosen."""
        self.space_ = space
        self.thresholds_ = space.thresholds() if thresholds is None else thresholds

    @abstractmethod
    def save_state(self, folder: Path) -> None:
        """Write the learned state as JSON, safetensors or ONNX files; the artifact saves the rest.

        The rest is the label space, thresholds and config.
        """

    @classmethod
    @abstractmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        """Read what `save_state` wrote; raises ArtifactError when it doesn't fit together."""

    def load_members(self, read: Callable[[str], Classifier]) -> None:  # noqa: B027
        """For a classifier made of others: take each from `read`, by the name of its folder. Most are made of none."""


def check_texts(texts: Iterable[str]) -> Sequence[str]:
    """The texts as a sequence that can be read twice: a generator, or an open file with a text a line, is read here.

    Raises:
        TypeError: naming the index of the first entry that isn't a string; a lone string is a mistake too.
    """
    if isinstance(texts, (str, bytes)):  # a union would be made anew in each call
        raise TypeError(f"texts: expected a sequence of strings, got one {type(texts).__name__}; wrap it in a list")
    if not isinstance(texts, (list, tuple)):
        texts = [line.rstrip("\r\n") for line in texts] if isinstance(texts, io.TextIOBase) else list(texts)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{index}]: expected a string, got {type(text).__name__}")
    return texts


def predict(classifier: Classifier, texts: Sequence[str]) -> LabelMatrix:
    """The classes of each text; bool (n_texts, n_classes)."""
    return decide(classifier.predict_proba(texts), classifier.thresholds_, classifier.task_)
