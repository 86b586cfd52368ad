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
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.models.one_vs_rest import fit_margins, scaled
from baselines.models.one_vs_rest import fit_one_vs_rest as fit_one_vs_rest
from baselines.scores.calibration import fit_scale
from baselines.scores.choices import choose
from baselines.storage.artifact import write_json
from baselines.storage.configs import CheckedFields, check_candidates, config_from_json
from baselines.storage.ranges import Between, Count, Length, Penalty
from baselines.storage.weights import read_vocabulary, read_weights, write_weights
from baselines.task import Known, LabelSpace, Probabilities, link
from baselines.text.cleaning import Cleaning, CleaningName
from baselines.text.ngram_settings import Analyzer, NgramSettings
from baselines.text.ngrams import NgramTfidf, Row

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Loss = Literal["logistic", "hinge"]
# Of an n-gram of characters.
_Length = Annotated[int, Between(0, 20)]
_VOCABULARY = "vocabulary.json"
_WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class LinearConfig(CheckedFields):
    """Features and fit; the defaults are the tuned model.

    Attributes:
        loss: `logistic` regression, or squared `hinge` (linear SVM).
        C: inverse strength of the L2 penalty, > 0.
        balanced: weigh positives and negatives of each class inversely to their number.
        penalise_intercept: the penalty covers the intercept too (liblinear's way, twice as fast); else L-BFGS.
        word_high: words are read up to this n; at least 1.
        characters: smallest and largest n of the character n-grams; (0, 0) for none.
        across_words: whether character n-grams go on over blanks, else they stay inside words.
        min_texts: training texts that must hold a word n-gram, and a character n-gram.
        sublinear: 1 + ln(tf) in place of tf.
        cleaning: of the texts, see `baselines.text.cleaning`.
        stem: whether cleaning stems; without effect on raw, so that both can be tuned side by side.
        max_iterations: of the solver, for each class.
        threads: classes fitted side by side.
        candidates: sets of fields to replace; the set that is best on validation is taken, the first without one.
    """

    loss: Loss = "logistic"
    C: Penalty = 10.0
    balanced: bool = True
    penalise_intercept: bool = True
    word_high: Annotated[int, Between(1, 10)] = 2
    characters: tuple[_Length, _Length] = (2, 5)
    across_words: bool = False
    min_texts: tuple[Count, Count] = (1, 2)
    sublinear: bool = True
    cleaning: CleaningName = "words"
    stem: bool = False
    max_iterations: Count = 1000
    threads: Annotated[int, Between(1, 1024)] = 1
    candidates: Annotated[tuple[Mapping[str, Any], ...], Length(0, 100)] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = self.characters
        if low > high or (high and not low):
            raise ValueError(
                f"characters: expected a smallest and a largest n from 1 on, or 0 and 0; got {low}, {high}"
            )
        check_candidates(self)

    def learn_vocabulary(self, texts: Sequence[str]) -> NgramTfidf:
        """The features of training texts."""
        shortest = shortest_word(self.cleaning)
        settings = [NgramSettings("word", 1, self.word_high, self.min_texts[0], self.sublinear, shortest)]
        if self.characters[1]:
            analyzer: Analyzer = "char" if self.across_words else "char_wb"
            settings.append(NgramSettings(analyzer, *self.characters, self.min_texts[1], self.sublinear))
        return NgramTfidf.learn(texts, Cleaning(self.cleaning, self.stem and self.cleaning != "raw"), settings)


_ANY_FIT = LinearConfig()
_OF_THE_FIT = ("loss", "C", "balanced", "penalise_intercept", "max_iterations", "threads")


def shortest_word(cleaning: CleaningName) -> int:
    """Letters of the shortest word that is read: 2 as in the course, 1 where symbols and Chinese are words too."""
    return 2 if cleaning in ("course", "letters") else 1


class LinearClassifier(Classifier):
    """One linear model a class over the same sparse row.

    Attributes:
        vectorizer_: text to row, as explicit data.
        coef_: float32 (n_classes, n_features).
        intercept_: float32 (n_classes,).
    """

    kind: ClassVar[str] = "linear"
    forms = ("linear",)
    vectorizer_: NgramTfidf
    coef_: NDArray[np.float32]
    intercept_: NDArray[np.float32]

    def __init__(self, config: LinearConfig = LinearConfig()) -> None:
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
            read = cache(lambda config: _Features.of(train, config))
            made, self.trials_ = choose(tried, validation, partial(self._try, read, train, validation, progress))
        self.config, self.vectorizer_ = made.config, made.vectorizer
        weights = (made.coef, made.intercept)
        self.coef_, self.intercept_ = scaled(weights, made.rows, train.labels, train.classes, made.config, train.task)
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
        rows = [self.vectorizer_.encode(text) for text in texts]
        logits = np.empty((len(texts), len(self.classes_)), np.float32)
        for own, row in zip(logits, rows, strict=True):
            own[:] = self._logits(row)
        return link(logits, self.task_), np.array([len(columns) > 0 for columns, _ in rows], np.bool_)

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


def as_matrix(vectorizer: NgramTfidf, texts: Sequence[str]) -> csr_matrix:
    """Rows of all texts; float64 (n_texts, n_features), which liblinear and the trees' builders want."""
    # Imported here, like scikit-learn below: a fitted model predicts with NumPy alone.
    from scipy.sparse import csr_matrix

    starts, columns, values = vectorizer.encode_batch(texts)
    return csr_matrix((values.astype(np.float64), columns, starts), shape=(len(texts), vectorizer.n_features))


@dataclass(frozen=True)
class _Features:
    """Training texts as rows."""

    vectorizer: NgramTfidf
    rows: csr_matrix

    @classmethod
    def of(cls, train: Part, config: LinearConfig) -> _Features:
        vectorizer = config.learn_vocabulary(train.texts)
        return cls(vectorizer, as_matrix(vectorizer, train.texts))


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
        logits = as_matrix(self.vectorizer, validation.texts) @ self.coef.T + self.intercept
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
