"""Models over TF-IDF of single words, and the simplest of them: the nearest training texts vote.

Source: Made With ML, baselines, in the course's default settings. The linear ones are in `baselines.models.linear`,
the trees in `baselines.models.forests`. A fitted model is arrays of our own, read with NumPy alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError
from baselines.models.learned.rows import Rows
from baselines.models.linear import shortest_word
from baselines.storage.artifact import write_json
from baselines.storage.weights import read_vocabulary, read_weights, write_weights
from baselines.streaming.rows import as_matrix, learn_noted
from baselines.task import Known, LabelMatrix, LabelSpace, Probabilities
from baselines.text.cleaning import Cleaning, CleaningName
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramTfidf

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_VOCABULARY = "vocabulary.json"
_WEIGHTS = "weights.safetensors"
_AT_ONCE = 4096


class WordClassifier(Classifier):
    """What the models share: single words in, arrays on disk. `vectorizer_` holds the vocabulary."""

    vectorizer_: NgramTfidf
    arrays: ClassVar[tuple[str, ...]]

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Learn the vocabulary, then the model; notes classes without positives."""
        self.accept(train.space)
        settings = [NgramSettings("word", shortest_word=shortest_word(self.cleaning))]
        self.vectorizer_ = learn_noted(train.texts, Cleaning(self.cleaning), settings)
        self._fit(as_matrix(self.vectorizer_, train.texts), train.labels, progress)
        return self

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        out, known = np.empty((len(texts), len(self.classes_)), np.float32), np.empty(len(texts), np.bool_)
        # Rows of a million texts at once would be no small memory.
        for start in range(0, len(texts), _AT_ONCE):
            rows = Rows(*self.vectorizer_.encode_batch(texts[start : start + _AT_ONCE]))
            out[start : start + _AT_ONCE] = self._answers(rows)
            known[start : start + _AT_ONCE] = np.diff(rows.starts) > 0
        return out, known

    def save_state(self, folder: Path) -> None:
        write_json(folder / _VOCABULARY, self.vectorizer_.to_json(), compact=True)
        write_weights(folder / _WEIGHTS, {"idf": self.vectorizer_.idf(), **self._arrays()})

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        arrays = read_weights(folder / _WEIGHTS, ("idf", *cls.arrays))
        classifier = cls._made(config)
        classifier.accept(space)
        classifier.vectorizer_ = read_vocabulary(folder / _VOCABULARY, arrays.pop("idf"))
        try:
            classifier._set_arrays(arrays)
        except ArtifactError as error:
            raise ArtifactError(f"{folder / _WEIGHTS}: {error}") from None
        return classifier

    @property
    @abstractmethod
    def cleaning(self) -> CleaningName:
        """How texts are cleaned before their words are read."""

    @classmethod
    @abstractmethod
    def _made(cls, config: Mapping[str, Any]) -> Self: ...

    @abstractmethod
    def _fit(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> None: ...

    @abstractmethod
    def _answers(self, rows: Rows) -> NDArray[np.float32]: ...

    @abstractmethod
    def _arrays(self) -> dict[str, NDArray[Any]]: ...

    @abstractmethod
    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None: ...
