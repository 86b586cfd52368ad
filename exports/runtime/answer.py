"""What is said of one text, for people and for JSON: names with their probabilities, and whether anything was known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import LabelSpace, Probabilities


@dataclass(frozen=True)
class Answer:
    """What is said of one text.

    Attributes:
        labels: what the text gets, most probable first: any number of classes (multilabel), one or, of a model that
            abstains, none (multiclass), or the name of one side (binary).
        probabilities: of each of `labels`, in [0, 1]; of the negative side of a binary task, 1 minus the positive's.
        known: false where the model knows nothing in the text, so that the answer is what the training data say of
            such texts.
        positive: probability of the positive class; None where the task isn't binary.
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    known: bool
    positive: float | None = None

    def to_json(self) -> dict[str, Any]:
        """`{"labels": [{"class", "probability"}], "known"}`, and of a binary task `"positive"`, a probability."""
        pairs = zip(self.labels, self.probabilities, strict=True)
        content: dict[str, Any] = {"labels": [{"class": name, "probability": p} for name, p in pairs]}
        if self.positive is not None:
            content["positive"] = self.positive
        return {**content, "known": self.known}


def answer_of(space: LabelSpace, row: Probabilities, decided: NDArray[np.bool_], known: bool) -> Answer:
    """One row of probabilities and of decisions, (n_classes,) each, as an answer."""
    by_name = of_names(space, row)
    said = np.append(~decided, decided) if space.task == "binary" else decided
    return _answer(space, row, by_name, [int(c) for c in np.argsort(-by_name, kind="stable") if said[c]], known)


def most_probable(space: LabelSpace, row: Probabilities, top: int, known: bool) -> Answer:
    """The `top` most probable names, whatever is decided."""
    by_name = of_names(space, row)
    return _answer(space, row, by_name, np.argsort(-by_name, kind="stable")[:top].tolist(), known)


def of_names(space: LabelSpace, row: Probabilities) -> Probabilities:
    """Probability of each of `space.names`; (n_names,)."""
    return np.append(np.float32(1) - row, row) if space.task == "binary" else row


def _answer(space: LabelSpace, row: Probabilities, by_name: Probabilities, chosen: list[int], known: bool) -> Answer:
    labels = tuple(space.names[c] for c in chosen)
    positive = _short(row[0]) if space.task == "binary" else None
    return Answer(labels, tuple(_short(by_name[c]) for c in chosen), known, positive)


def _short(value: np.float32) -> float:
    """The shortest decimal that reads back as the same float32."""
    return float(str(value))
