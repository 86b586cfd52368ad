"""k nearest neighbours over TF-IDF words, in the course's default settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress
from baselines.models.learned.neighbours import NAMES, Neighbours
from baselines.models.learned.rows import Rows
from baselines.models.word_classifier import WordClassifier
from baselines.notes import note
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.storage.ranges import Count
from baselines.streaming.samples import in_proportion
from baselines.task import LabelMatrix
from baselines.text.cleaning import CleaningName

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class KnnConfig(CheckedFields):
    """What is kept, and who votes.

    Attributes:
        neighbours: how many training texts vote, each with the same weight.
        cleaning: of the texts.
        texts: training texts that are kept; of more, a seeded sample with the classes in proportion. Every text that is
            answered is compared with all that are kept.
    """

    neighbours: Count = 5
    cleaning: CleaningName = "course"
    texts: Count = 20_000


class KnnClassifier(WordClassifier):
    """Share of the nearest training texts (Euclidean, so by cosine) that have a class; ties go to the earlier text."""

    kind: ClassVar[str] = "knn"
    forms = ("neighbours",)
    arrays: ClassVar[tuple[str, ...]] = NAMES
    model_: Neighbours

    config: KnnConfig

    def __init__(self, config: KnnConfig = KnnConfig()) -> None:
        self.config = config

    @property
    def cleaning(self) -> CleaningName:
        return self.config.cleaning

    @classmethod
    def _made(cls, config: Mapping[str, Any]) -> Self:
        return cls(config_from_json(KnnConfig, config))

    def _fit(self, rows: csr_matrix, labels: LabelMatrix, progress: Progress) -> None:
        if len(labels) > self.config.texts:
            # A text without words is nearer to all others than those that share few words with them: five among the
            # kept ones would vote nearly everywhere.
            with_words = np.flatnonzero(np.diff(rows.indptr) > 0)
            kept = with_words[in_proportion(labels[with_words], self.config.texts)]
            note(
                f"{len(kept):,} of {len(labels):,} training texts are kept as neighbours, a sample with the classes in "
                "proportion: every answer is compared with all of them. Raise texts in a --config file for more"
            )
            rows, labels = rows[kept], labels[kept]
        by_term = rows.astype(np.float32).tocsc()
        starts, texts = by_term.indptr.astype(np.int64), by_term.indices.astype(np.int32)
        self.model_ = Neighbours(starts, texts, by_term.data, labels.astype(np.uint8))
        progress(1, 1)

    def _answers(self, rows: Rows) -> NDArray[np.float32]:
        return self.model_.shares(rows, self.config.neighbours)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self.model_, name) for name in NAMES}

    def _set_arrays(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.model_ = Neighbours(**arrays)
        self.model_.check(self.vectorizer_.n_features, len(self.classes_), self.task_)
