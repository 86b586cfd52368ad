"""The contract every classifier keeps, from a coin to a compressed network.

Multi-label: each column of `predict_proba` is a probability of its own, rows do not sum to one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from baselines.dataset import LabelMatrix, Part

Probabilities = NDArray[np.float32]
Thresholds = NDArray[np.float32]
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
        classes_: names of the classes, in the order of the columns.
        thresholds_: float32 (n_classes,); a class is predicted where its probability is at least its threshold.
        config: the frozen dataclass the classifier was made with; JSON types only.
    """

    kind: ClassVar[str]
    can_fit: ClassVar[bool] = True
    forms: ClassVar[tuple[str, ...]] = ()
    why_no_form: ClassVar[str] = "no exporter reads this kind; serve its artifact with this package"
    library: Literal["python", "torch"] = "python"
    packages: tuple[str, ...] = ("numpy", "safetensors")
    config: Any
    classes_: tuple[str, ...]
    thresholds_: Thresholds

    @abstractmethod
    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Learn from `train`. `validation` serves early stopping; thresholds are fitted by the caller.

        Sets `classes_`, and `thresholds_` to 0.5. Returns itself.
        """

    @abstractmethod
    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """float32 (n_texts, n_classes) in [0, 1]; shape (0, n_classes) for no texts.

        A text's row does not depend on the other texts of the batch.
        """

    @abstractmethod
    def save_state(self, folder: Path) -> None:
        """Write the learned state as JSON, safetensors or ONNX files; the artifact saves the rest.

        The rest is classes, thresholds and config.
        """

    @classmethod
    @abstractmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], classes: tuple[str, ...]) -> Self:
        """Read what `save_state` wrote; raises ArtifactError when it doesn't fit together."""

    def load_members(self, read: Callable[[str], Classifier]) -> None:  # noqa: B027
        """For a classifier made of others: take each from `read`, by the name of its folder. Most are made of none."""


def check_texts(texts: Sequence[str]) -> None:
    """Raise TypeError naming the index of the first entry that isn't a string; a lone string is a mistake too."""
    if isinstance(texts, str | bytes):
        raise TypeError(f"texts: expected a sequence of strings, got one {type(texts).__name__}; wrap it in a list")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{index}]: expected a string, got {type(text).__name__}")


def decide(probabilities: Probabilities, thresholds: Thresholds) -> LabelMatrix:
    """`probabilities >= thresholds`, column by column; bool (n_texts, n_classes)."""
    return np.greater_equal(probabilities, thresholds)


def predict(classifier: Classifier, texts: Sequence[str]) -> LabelMatrix:
    """The classes of each text; bool (n_texts, n_classes)."""
    return decide(classifier.predict_proba(texts), classifier.thresholds_)
