"""What every loaded bundle does, whatever its form: texts in, probabilities or classes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from baselines.classifier import check_texts
from baselines.errors import ArtifactError
from baselines.task import Known, LabelSpace, Probabilities, Task, Thresholds, answered, decide
from exports.kernel.deciding import Found, complete
from exports.runtime.answer import Answer, answer_of, most_probable
from exports.runtime.bundle_format import BundleContent

Encoded = TypeVar("Encoded")


# What opens a bundle again, and its arguments: strings and numbers only.
Opening = tuple[Callable[..., "Predictor[Any]"], tuple[Any, ...]]


class Predictor(ABC, Generic[Encoded]):
    """What a loaded bundle does.

    Attributes:
        space: what can be answered: classes, task, and what is said of a text in which nothing is known.
        classes: names, in the order of the columns.
        task: `multilabel`, `multiclass` or `binary`.
        thresholds: float32 (n_classes,).
        bundle: the checked bundle, with its manifest.
        opening: how it is opened again; None where it wasn't opened by `exports.runtime.load`.
        quickly: names by a kernel that needs no probabilities for them; None where there is none.

    A copy, and a predictor that is unpickled, is its bundle opened again from its folder, with every check.
    """

    opening: Opening | None = None
    quickly: Callable[[Sequence[str]], Found] | None = None

    def __init__(self, bundle: BundleContent) -> None:
        self.bundle = bundle
        self.space: LabelSpace = bundle.space
        self.classes = bundle.classes
        self.task: Task = bundle.space.task
        self.thresholds = bundle.thresholds

    @property
    def thresholds(self) -> Thresholds:
        """Set to others, they are compared with probabilities: `quickly` knows those it was made with."""
        return self._thresholds

    @thresholds.setter
    def thresholds(self, chosen: Thresholds) -> None:
        self._thresholds, self.quickly = chosen, None

    def __reduce__(self) -> Opening:
        if self.opening is None:
            raise TypeError(f"{type(self).__name__}: only what exports.runtime.load opened can be copied or pickled")
        return self.opening

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Encoded:
        """What the model reads, made from the texts."""

    @abstractmethod
    def run(self, encoded: Encoded) -> Probabilities:
        """The model alone, on encoded texts; float32 (n_texts, n_classes)."""

    @abstractmethod
    def known(self, encoded: Encoded) -> Known:
        """Whether anything in a text is known to the model; bool (n_texts,)."""

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """float32 (n_texts, n_classes) in [0, 1].

        Of multiclass a row sums to 1; of a binary task the only column is the positive class. A text in which nothing
        is known gets `baselines.task.unknown_answer`.

        Args:
            texts: a list, a tuple, an array, or a column of a data frame; see `baselines.classifier.check_texts`.

        Raises:
            TypeError: anything else, such as a lone string, a generator, an open file or a dict: says what to pass
                instead; or the index of the first entry that is not a string.
        """
        return self.answered(texts)[0]

    def answered(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        """`predict_proba`, and of which texts the model knows anything; float32 (n_texts, n_classes), (n_texts,)."""
        encoded = self.encode(check_texts(texts))
        known = self.known(encoded)
        return answered(self.run(encoded), known, self.space, self.thresholds), known

    def answers(self, texts: Sequence[str], top: int | None = None) -> list[Answer]:
        """What each text gets, with probabilities, and whether anything in it is known.

        Args:
            texts: any number of them, as `predict_proba` takes them.
            top: None for what is decided, else so many of the most probable names, whatever is decided.
        """
        probabilities, known = self.answered(texts)
        if top is not None:
            pairs = zip(probabilities, known.tolist(), strict=True)
            return [most_probable(self.space, row, top, knows) for row, knows in pairs]
        decided = decide(probabilities, self.thresholds, self.task)
        rows = zip(probabilities, decided, known.tolist(), strict=True)
        return [answer_of(self.space, row, names, knows) for row, names, knows in rows]

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """The names that each text gets, in the order of `classes`.

        Multilabel: any number. Multiclass: one, or none where the model abstains. Binary: one of both names.
        """
        if self.quickly is None:
            return self._slowly(texts)
        found = self.quickly(texts)
        return found if type(found) is list else complete(found, texts, self._slowly)

    def _slowly(self, texts: Sequence[str]) -> list[list[str]]:
        """The names by probabilities, which `quickly` equals wherever it answers."""
        decided = decide(self.predict_proba(texts), self.thresholds, self.task)
        # Iterating over the rows of an array takes as long as a small model.
        return [self.space.said(decided[0])] if len(decided) == 1 else [self.space.said(row) for row in decided]


def require_fit(bundle: BundleContent, fits: bool, expected: str) -> None:
    """Raise ArtifactError saying what the files of a bundle should have been, unless they fit together."""
    if not fits:
        raise ArtifactError(f"{bundle.folder}: files don't fit together: expected {expected}")
