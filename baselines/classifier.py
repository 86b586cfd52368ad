"""The contract every classifier keeps, from a coin to a compressed network.

What a row of probabilities means, and how it is decided, is the task's: see `baselines.task`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, KeysView, Mapping, Sequence, Set, ValuesView
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, Self

from baselines.columns.texts import Texts
from baselines.dataset import Part
from baselines.errors import UserError
from baselines.task import Known, LabelMatrix, LabelSpace, Probabilities, Task, Thresholds, answered, decide

# Called with (steps done, steps in all); a command shows a bar with the time left.
Progress = Callable[[int, int], None]


def ignore_progress(done: int, total: int) -> None:
    """The default: nobody is watching."""


class ChunkSource(Protocol):
    """Training texts that need not fit into memory; see `baselines.streaming`."""

    @property
    def space(self) -> LabelSpace:
        """Classes, task, and the classes' shares in training."""

    @property
    def n_texts(self) -> int:
        """Training texts in all chunks together."""

    def chunks(self, epoch: int) -> Iterator[Part]:
        """Every training text once, some thousands at a time; the same chunks in the same order for an epoch.

        Args:
            epoch: from 0; the order of chunks, and of the texts in them, is shuffled by it.
        """


class Classifier(ABC):
    """Texts in, one probability a class out.

    Attributes:
        kind: name of the class in manifests.
        can_fit: whether `fit` learns; false for kinds that are only made from another model.
        can_stream: whether `fit_chunks` learns from texts that never are in memory all at once.
        forms: of the bundles it can be shipped as, the recommended one first; () for none.
        why_no_form: one sentence for users, where there is none.
        library: what its artifact runs in, `python` for NumPy and plain Python.
        packages: third-party packages its artifact needs to predict. By config or members an instance may need more
            than its class says of both, or have no form where its class has some.
        space_: what it can answer: classes, task, and what is said of a text in which it knows nothing.
        thresholds_: float32 (n_classes,); what they mean, `baselines.task.decide` says.
        config: the frozen dataclass the classifier was made with; JSON types only. Where it left a choice to
            validation, what was chosen, once fitted.
        trials_: what was tried for that choice (`baselines.scores.choices.Trial`); empty without one.
    """

    kind: ClassVar[str]
    can_fit: ClassVar[bool] = True
    can_stream: ClassVar[bool] = False
    forms: tuple[str, ...] = ()
    why_no_form: str = "no exporter reads this kind; serve its artifact with this package"
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

    def fit_chunks(
        self, source: ChunkSource, validation: Part | None = None, *, progress: Progress = ignore_progress
    ) -> Self:
        """Learn from texts that come chunk by chunk, where `can_stream`; otherwise as `fit`. Returns itself.

        Raises:
            UserError: this kind needs all texts in memory.
        """
        raise UserError(f"{self.kind}: learns from texts in memory alone; train it without --stream")

    @abstractmethod
    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        """What the model itself says, and of which texts it knows anything at all.

        Returns:
            float32 (n_texts, n_classes) in [0, 1], of multiclass with rows that sum to 1; and bool (n_texts,): false
            for a text in which the model knows nothing (empty, unknown script, only words that cleaning removes).
        """

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """float32 (n_texts, n_classes) in [0, 1]; shape (0, n_classes) for no texts.

        A text's row does not depend on the other texts of the batch. A text in which nothing is known gets
        `baselines.task.unknown_answer`.
        """
        probabilities, known = self.answer(check_texts(texts))
        return answered(probabilities, known, self.space_, self.thresholds_)

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
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


def check_texts(texts: Sequence[str]) -> Sequence[str]:
    """The texts as a list or tuple of strings.

    Args:
        texts: a list, a tuple or another sequence; an array or a column of NumPy, pandas, Polars or Arrow. What can be
            read only once, has no order, or holds its texts elsewhere is a mistake, never an empty or another answer.

    Raises:
        TypeError: says what to pass instead, or the index of the first entry that isn't a string.
    """
    if type(texts) is not list and not isinstance(
        texts, (list, tuple, Texts)
    ):  # a union would be made anew in each call
        texts = _listed(texts)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{index}]: expected a string, got {type(text).__name__}")
    return texts


def _listed(texts: Any) -> Sequence[str]:
    """Another sequence as a list; raises TypeError with what to do about anything that is none."""
    if advice := _advice(texts):
        raise TypeError(f"texts: expected a sequence of strings, got {advice}")
    # Columns say it by these names; NumPy's and Arrow's own entries aren't all strings of Python.
    for name in ("tolist", "to_list", "to_pylist"):
        if callable(convert := getattr(texts, name, None)):
            listed: list[str] = convert()
            return listed
    return list(texts)


def _advice(texts: Any) -> str:
    """What came in place of a sequence of strings, and what to do; "" for a sequence."""
    kind = type(texts).__name__
    if isinstance(texts, (str, bytes, bytearray, memoryview)):
        return f"one {kind}; wrap it in a list"
    if isinstance(texts, Mapping):
        return f"a {kind}, whose keys would be read; pass list(texts.values()), or list(texts) for the keys"
    if isinstance(texts, (KeysView, ValuesView)):
        return ""
    if isinstance(texts, Set):
        return f"a {kind}, which has no order to answer in; pass sorted(texts)"
    if hasattr(texts, "readline"):
        return f"an open file ({kind}); pass its lines: texts.read().splitlines()"
    if isinstance(texts, Iterator):
        return f"a {kind}, which can be read only once; pass list(texts)"
    dimensions = getattr(texts, "shape", (1,))
    if isinstance(dimensions, tuple) and len(dimensions) != 1:
        return f"a {kind} of {len(dimensions)} dimensions; pass one column of texts"
    if hasattr(texts, "__len__") and hasattr(texts, "__getitem__"):
        return ""
    return (
        f"a {kind}, which has no order or length of its own; pass list(texts)" if hasattr(texts, "__iter__") else kind
    )


def predict(classifier: Classifier, texts: Sequence[str]) -> LabelMatrix:
    """The classes of each text; bool (n_texts, n_classes)."""
    return decide(classifier.predict_proba(texts), classifier.thresholds_, classifier.task_)
