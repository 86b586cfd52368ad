"""Linear models over TF-IDF: one weight a class and n-gram, so a prediction can be traced to the words it rests on.

Three rungs share this file: the course's logistic regression and linear SVM over single words, and the tuned one over
words, word pairs and characters. Logits are `weights · row + intercept`, linked by the task: see `baselines.task`. For
one label a text the weights hold a scale that was fitted to held-out folds of training, so that the probabilities can
be believed. For several labels they don't: the SVM's logit is its margin then, and the values between 0 and 1 are no
calibrated odds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import ChunkSource, Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.models.linear_config import LinearConfig as LinearConfig
from baselines.models.linear_config import Loss as Loss
from baselines.models.linear_config import shortest_word as shortest_word
from baselines.models.one_vs_rest import by_ascent, fit_margins, scaled
from baselines.models.one_vs_rest import fit_one_vs_rest as fit_one_vs_rest
from baselines.notes import note
from baselines.scores.calibration import fit_scale
from baselines.scores.choices import choose, drawn
from baselines.storage.artifact import write_json
from baselines.storage.configs import config_from_json
from baselines.storage.weights import read_vocabulary, read_weights, write_weights
from baselines.streaming.hashed_linear import HashedFit
from baselines.streaming.rows import as_matrix as as_matrix
from baselines.task import Known, LabelSpace, Probabilities, link
from baselines.text.ngrams import NgramTfidf, Row, each_row

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Texts up to which candidates are fitted to all of them; of more to half as many, drawn at random.
MOST_TRIED = 40_000
_VOCABULARY = "vocabulary.json"
_WEIGHTS = "weights.safetensors"


_ANY_FIT = LinearConfig()
_OF_THE_FIT = ("loss", "C", "balanced", "penalise_intercept", "solver", "max_iterations", "threads")


class LinearClassifier(Classifier):
    """One linear model a class over the same sparse row.

    Attributes:
        vectorizer_: text to row, as explicit data.
        coef_: float32 (n_classes, n_features).
        intercept_: float32 (n_classes,).
    """

    kind: ClassVar[str] = "linear"
    can_stream = True
    forms = ("linear",)
    vectorizer_: NgramTfidf
    coef_: NDArray[np.float32]
    intercept_: NDArray[np.float32]

    def __init__(self, config: LinearConfig = _ANY_FIT) -> None:
        self.config = self._asked = config

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Fit each class against the rest; notes classes without positives, and solvers that did not converge.

        Where the config has candidates, `config` says afterwards what was taken.
        """
        self.accept(train.space)
        tried = self._asked.candidates or ({},)
        if validation is None or not len(validation) or len(tried) == 1:
            config = replace(self._asked, candidates=(), **tried[0])
            made, self.trials_ = _margins_of(_Features.of(train, config), train, config, progress), ()
        else:
            some = drawn(train, MOST_TRIED, 0)
            read = cache(lambda config: _Features.of(some, config))
            made, self.trials_ = choose(tried, validation, partial(self._try, read, some, validation, progress))
            if len(some) < len(train):
                note(f"{len(tried)} candidates tried on {len(some):,} of {len(train):,} texts, the best fitted to all")
                made = _margins_of(_Features.of(train, made.config), train, made.config, progress)
        self.config, self.vectorizer_ = made.config, made.vectorizer
        weights = (made.coef, made.intercept)
        self.coef_, self.intercept_ = scaled(weights, made.rows, train.labels, train.classes, made.config, train.task)
        return self._forgotten()

    def fit_chunks(
        self, source: ChunkSource, validation: Part | None = None, *, progress: Progress = ignore_progress
    ) -> Self:
        """Fit hashed n-grams to texts that never are in memory all at once; of candidates the first is taken.

        The scale of one label a text is fitted to validation; without validation, margins stay as they are.
        """
        self.accept(source.space)
        config = self.config = replace(self._asked, candidates=(), **(self._asked.candidates or ({},))[0])
        if len(self._asked.candidates) > 1:
            note(f"of {len(self._asked.candidates)} candidates the first is taken, as texts come chunk by chunk")
        fit = HashedFit(config.blocks, config.reading, config.buckets, config.loss, config.C, config.balanced)
        self.vectorizer_, self.coef_, self.intercept_ = fit.learn(source, progress)
        self._forgotten()
        if validation is not None and len(validation) and source.space.task != "multilabel":
            logits = np.array([self._logits(row) for row in each_row(self.vectorizer_, validation.texts)], np.float64)
            slope, offset = fit_scale(logits, validation.labels, source.space.task)
            self.coef_ = np.float32(slope) * self.coef_
            self.intercept_ = np.float32(slope) * self.intercept_ + np.float32(offset)
        return self._forgotten()

    def _forgotten(self) -> Self:
        """Without what was made from earlier weights."""
        self.__dict__.pop("_by_feature", None)
        self.__dict__.pop("_names", None)
        return self

    def _try(
        self,
        read: Callable[[LinearConfig], _Features],
        train: Part,
        validation: Part,
        progress: Progress,
        number: int,
        changes: Mapping[str, Any],
    ) -> tuple[_Margins, Probabilities]:
        config = replace(self._asked, candidates=(), **changes)
        # Models that differ in their fit alone read the same rows.
        features = read(replace(config, **{name: getattr(_ANY_FIT, name) for name in _OF_THE_FIT}))
        made = _margins_of(features, train, config, progress)
        return made, made.judged(validation)

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        logits = np.empty((len(texts), len(self.classes_)), np.float32)
        known = np.zeros(len(texts), np.bool_)
        for place, row in enumerate(each_row(self.vectorizer_, texts)):
            logits[place], known[place] = self._logits(row), len(row[0]) > 0
        return link(logits, self.task_), known

    def with_weights(
        self, vectorizer: NgramTfidf, coef: NDArray[np.float32], intercept: NDArray[np.float32]
    ) -> LinearClassifier:
        """Another model of the same classes and thresholds, with these features and weights; this one stays as it is.

        Args:
            vectorizer: text to row.
            coef: float32 (n_classes, n_features).
            intercept: float32 (n_classes,).
        """
        made = LinearClassifier(self.config)
        made.accept(self.space_, self.thresholds_.copy())
        made.vectorizer_, made.coef_, made.intercept_ = vectorizer, coef, intercept
        return made

    def reasons(self, text: str, column: int, n: int = 10) -> list[tuple[str, float]]:
        """The n-grams of a text that move the logit of a class most, with their exact share of it, largest first."""
        columns, values = self.vectorizer_.encode(text)
        shares = self._by_feature[columns, column] * values
        order = np.argsort(-np.abs(shares), kind="stable")[:n]
        return [(self._names[columns[i]], float(shares[i])) for i in order]

    def strongest(self, column: int, n: int = 10) -> list[tuple[str, float]]:
        """The n-grams with the largest weights of a class, largest first."""
        weights = self.coef_[column]
        return [(self._names[i], float(weights[i])) for i in np.argsort(-weights, kind="stable")[:n]]

    def _logits(self, row: Row) -> NDArray[np.float32]:
        columns, values = row
        logits: NDArray[np.float32] = values @ self._by_feature[columns] + self.intercept_
        return logits

    @cached_property
    def _by_feature(self) -> NDArray[np.float32]:
        # (n_features, n_classes): a text reads whole rows, which lie together in memory.
        return np.ascontiguousarray(self.coef_.T)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self.vectorizer_.names

    def save_state(self, folder: Path) -> None:
        write_json(folder / _VOCABULARY, self.vectorizer_.to_json(), compact=True)
        arrays = {"idf": self.vectorizer_.idf(), "coef": self.coef_, "intercept": self.intercept_}
        write_weights(folder / _WEIGHTS, arrays)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        arrays = read_weights(folder / _WEIGHTS, ("idf", "coef", "intercept"))
        classifier = cls(config_from_json(LinearConfig, config))
        classifier.accept(space)
        classifier.vectorizer_ = read_vocabulary(folder / _VOCABULARY, arrays["idf"])
        classifier.coef_, classifier.intercept_ = arrays["coef"], arrays["intercept"]
        expected = (len(space.classes), classifier.vectorizer_.n_features)
        if classifier.coef_.shape != expected or classifier.intercept_.shape != expected[:1]:
            raise ArtifactError(
                f"{folder / _WEIGHTS}: expected coef {expected} and intercept {expected[:1]}, got "
                f"{classifier.coef_.shape} and {classifier.intercept_.shape}"
            )
        if classifier.coef_.dtype != np.float32 or classifier.intercept_.dtype != np.float32:
            raise ArtifactError(
                f"{folder / _WEIGHTS}: coef and intercept must be float32, got {classifier.coef_.dtype}"
            )
        return classifier


@dataclass(frozen=True)
class _Features:
    """Training texts as rows."""

    vectorizer: NgramTfidf
    rows: csr_matrix

    @classmethod
    def of(cls, train: Part, config: LinearConfig) -> _Features:
        vectorizer = config.learn_vocabulary(train.texts)
        kept = np.float32 if by_ascent(train.labels, config) else np.float64
        return cls(vectorizer, as_matrix(vectorizer, train.texts, kept))


@dataclass(frozen=True)
class _Margins:
    """A model before its logits are scaled, and the rows it came from."""

    config: LinearConfig
    vectorizer: NgramTfidf
    rows: csr_matrix
    coef: NDArray[np.float32]
    intercept: NDArray[np.float32]

    def judged(self, validation: Part) -> Probabilities:
        """Answers to the validation texts, scaled by these very texts: two numbers that favour no candidate."""
        kept = np.float32 if by_ascent(validation.labels, self.config) else np.float64
        logits = as_matrix(self.vectorizer, validation.texts, kept) @ self.coef.T + self.intercept
        if validation.task == "multilabel":
            return link(logits, validation.task)
        slope, offset = fit_scale(logits, validation.labels, validation.task)
        return link(slope * logits + offset, validation.task)


def quick_answers(train: Part, validation: Part, config: LinearConfig) -> Probabilities:
    """What a linear model with a config's first candidate says of validation, for comparisons; nothing is kept."""
    config = replace(config, candidates=(), **(config.candidates or ({},))[0])
    return _margins_of(_Features.of(train, config), train, config, ignore_progress).judged(validation)


def _margins_of(features: _Features, train: Part, config: LinearConfig, progress: Progress) -> _Margins:
    weights = fit_margins(features.rows, train.labels, train.classes, config, progress, train.task)
    return _Margins(config, features.vectorizer, features.rows, *weights)
