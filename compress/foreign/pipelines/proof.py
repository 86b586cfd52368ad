"""Whether a model that was taken over answers as its pipeline does: both get the same texts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import decide, link
from compress.foreign.pipelines.heads import Head
from compress.foreign.pipelines.refusal import refused
from compress.kinds.adopted_linear import AdoptedLinear

# max |Δp| allowed. Both compute in float64, and ours ends in float32.
TOLERANCE = 1e-6
# Logits this near to each other are a tie, which rounding may decide either way.
TIE = 1e-6
_AT_ONCE = 500


@dataclass(frozen=True)
class Agreement:
    """How two models answer the same texts.

    Attributes:
        n_texts: compared.
        largest: largest |Δp| of any text and class.
        changed: texts that get another decision.
        ties: texts whose decision hangs on the last bits; not compared.
        worst: the text with the largest |Δp|, or the first whose decision changed.
    """

    n_texts: int
    largest: float
    changed: int
    ties: int
    worst: str

    @property
    def holds(self) -> bool:
        return self.largest <= TOLERANCE and not self.changed


def compared(pipeline: Any, column: Any, head: Head, model: AdoptedLinear, texts: Sequence[str]) -> Agreement:
    """Ask both.

    Args:
        pipeline: scikit-learn's.
        column: name or number of the column that it reads texts from; None where it reads them as they are.
        head: its classifier, as read.
        model: what was made of both.
        texts: any.

    Raises:
        NotCompressible: scikit-learn itself can't answer.
    """
    largest, changed, ties, worst = 0.0, 0, 0, ""
    for start in range(0, len(texts), _AT_ONCE):
        some = list(texts[start : start + _AT_ONCE])
        expected, decisions = _asked(pipeline, column, head, some)
        if len(model.classes_) == 2 and head.is_binary:
            expected = np.concatenate([1 - expected, expected], axis=1)
        ours, logits = model.answer(some)[0], model.logits(some)
        difference = np.abs(ours.astype(np.float64) - expected)
        difference = np.where(np.isfinite(difference), difference, np.inf)
        tied = _tied(logits, model.task_)
        other = (_decided(model, ours) != decisions).any(axis=1) & ~tied
        if difference.max(initial=0) > largest:
            largest = float(difference.max())
            worst = some[int(difference.max(axis=1).argmax())]
        if other.any() and not changed:
            worst = some[int(other.argmax())]
        changed, ties = changed + int(other.sum()), ties + int(tied.sum())
    return Agreement(len(texts), largest, changed, ties, worst)


def inputs_of(texts: Sequence[str], column: Any) -> Any:
    """Texts as a pipeline reads them: a list, or a table of one column."""
    if column is None:
        return list(texts)
    if isinstance(column, int):
        table = np.empty((len(texts), column + 1), object)
        table[:] = [[text] * (column + 1) for text in texts]
        return table
    try:
        from pandas import DataFrame
    except ImportError:
        raise refused(
            "ColumnTransformer", "pandas is needed to ask it by a column's name", "pip install pandas"
        ) from None
    return DataFrame({column: list(texts)})


def _asked(pipeline: Any, column: Any, head: Head, texts: list[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probabilities (n, L), and decisions in the form of `_decided`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numbers, said = (
                _numbers(pipeline, inputs_of(texts, column), head),
                pipeline.predict(inputs_of(texts, column)),
            )
    except Exception as error:  # whatever is wrong with it, it is the user's pipeline
        what = f"scikit-learn itself fails on {len(texts)} texts ({type(error).__name__}: {error!s:.200})"
        raise refused("pipeline", what, "let pipeline.predict answer plain strings first") from None
    if head.several:
        said = said.toarray() if hasattr(said, "toarray") else np.asarray(said)
        return numbers, np.asarray(said > 0)
    place = {name: number for number, name in enumerate(head.classes)}
    found = np.array([place[name] for name in np.asarray(said).tolist()])
    return numbers, found[:, None] == np.arange(len(head.classes))


def _numbers(pipeline: Any, inputs: Any, head: Head) -> NDArray[np.float64]:
    if head.scores == "probabilities":
        answer = pipeline.predict_proba(inputs)
        if isinstance(answer, list):  # one table for each output
            return np.stack([each[:, 1] for each in answer], axis=1)
        return np.asarray(answer[:, 1:] if head.is_binary else answer, np.float64)
    if hasattr(pipeline, "decision_function"):
        margins = np.asarray(pipeline.decision_function(inputs), np.float64)
    else:
        numbers = pipeline[:-1].transform(inputs)
        margins = np.stack([each.decision_function(numbers) for each in pipeline[-1].estimators_], axis=1)
    margins = margins.reshape(len(margins), -1)
    return link(margins, "multiclass" if head.meaning == "together" else "multilabel").astype(np.float64)


def _decided(model: AdoptedLinear, probabilities: Any) -> NDArray[np.bool_]:
    decided = decide(probabilities, model.thresholds_, model.task_)
    return np.concatenate([~decided, decided], axis=1) if model.task_ == "binary" else decided


def _tied(logits: NDArray[np.float64], task: str) -> NDArray[np.bool_]:
    if task != "multiclass":
        return np.asarray((np.abs(logits) <= TIE).any(axis=1))
    top = np.sort(logits, axis=1)[:, -2:]
    return np.asarray(top[:, 1] - top[:, 0] <= TIE)
