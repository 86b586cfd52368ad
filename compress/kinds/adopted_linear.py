"""A linear model over n-grams that was made elsewhere, taken over exactly: what it answers, it answers in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError, NotCompressible
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import config_from_json
from baselines.storage.weights import read_vocabulary, read_weights, write_weights
from baselines.task import BY_TASK, Known, LabelSpace, Link, Probabilities
from baselines.text.ngrams import NgramTfidf, Row

VOCABULARY_FILE = "vocabulary.json"
WEIGHTS_FILE = "weights.safetensors"
LINK_FILE = "link.json"
# n-grams times classes, 8 bytes each.
MAX_WEIGHTS = 1 << 26


class AdoptedLinear(LinearClassifier):
    """A pipeline of somebody else as one linear model.

    To whatever reads `vectorizer_`, `coef_` and `intercept_` it is a linear model in float32, as every other; what it
    answers itself comes from `exact`, in float64.

    Attributes:
        exact: vectorizer (float64 idf), weights float64 (n_logits, n_features), intercept float64 (n_logits,).
        link: how logits become probabilities.
    """

    kind: ClassVar[str] = "linear-adopted"
    can_fit: ClassVar[bool] = False
    exact: tuple[NgramTfidf, NDArray[np.float64], NDArray[np.float64]]
    link: Link

    @classmethod
    def of(
        cls,
        vectorizer: NgramTfidf,
        weights: NDArray[np.float64],
        intercept: NDArray[np.float64],
        space: LabelSpace,
        link: Link = BY_TASK,
        config: LinearConfig | None = None,
    ) -> Self:
        """A classifier with the task's own thresholds; raises ArtifactError where the arrays don't fit together."""
        expected = (link.n_logits(len(space.classes)), vectorizer.n_features)
        if weights.shape != expected or intercept.shape != expected[:1] or weights.size > MAX_WEIGHTS:
            raise ArtifactError(
                f"weights {expected} and intercept {expected[:1]} are needed, at most {MAX_WEIGHTS} in all; got "
                f"{weights.shape} and {intercept.shape}"
            )
        if {weights.dtype, intercept.dtype, vectorizer.idf().dtype} != {np.dtype(np.float64)}:
            raise ArtifactError("weights, intercept and idf must be float64")
        if link != BY_TASK and space.task != "multiclass":
            raise ArtifactError(f"link {link.name} is for task multiclass, got {space.task}")
        made = cls(LinearConfig() if config is None else config)
        made.exact, made.link = (vectorizer, weights, intercept), link
        made.accept(space)
        made.vectorizer_ = in_floats(vectorizer, np.float32)
        made.coef_, made.intercept_ = weights.astype(np.float32), intercept.astype(np.float32)
        return made

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> NoReturn:
        """It was trained elsewhere: raises NotCompressible."""
        raise NotCompressible(f"{self.kind}: taken over as it was trained elsewhere, not fitted itself")

    def with_weights(
        self, vectorizer: NgramTfidf, coef: NDArray[np.float32], intercept: NDArray[np.float32]
    ) -> AdoptedLinear:
        """As for every linear model; with this link, and texts without known n-grams answered as this one does."""
        exact = coef.astype(np.float64), intercept.astype(np.float64)
        made = AdoptedLinear.of(in_floats(vectorizer, np.float64), *exact, self.space_, self.link, self.config)
        made.accept(self.space_, self.thresholds_.copy())
        return made

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        rows = [self.exact[0].encode(text) for text in texts]
        known = np.array([len(columns) > 0 for columns, _ in rows], np.bool_)
        return self.link(self._exact_logits(rows), self.task_), known

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Before the link; float64 (n_texts, n_logits)."""
        return self._exact_logits([self.exact[0].encode(text) for text in texts])

    def _exact_logits(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        intercept = self.exact[2]
        logits = np.empty((len(rows), len(intercept)))
        for own, (columns, values) in zip(logits, rows, strict=True):
            own[:] = values @ self._exact_by_feature[columns] + intercept
        return logits

    def save_state(self, folder: Path) -> None:
        vectorizer, weights, intercept = self.exact
        write_json(folder / VOCABULARY_FILE, vectorizer.to_json(), compact=True)
        write_weights(folder / WEIGHTS_FILE, {"idf": vectorizer.idf(), "coef": weights, "intercept": intercept})
        write_json(folder / LINK_FILE, self.link.to_json(), compact=True)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        arrays = read_weights(folder / WEIGHTS_FILE, ("idf", "coef", "intercept"))
        link = link_of(folder, space)
        vectorizer = read_vocabulary(folder / VOCABULARY_FILE, arrays["idf"])
        own = config_from_json(LinearConfig, config)
        try:
            return cls.of(vectorizer, arrays["coef"], arrays["intercept"], space, link, own)
        except ArtifactError as error:
            raise ArtifactError(f"{folder / WEIGHTS_FILE}: {error}") from None

    @cached_property
    def _exact_by_feature(self) -> NDArray[np.float64]:
        return np.ascontiguousarray(self.exact[1].T)


def link_of(folder: Path, space: LabelSpace) -> Link:
    """The link that a folder states; raises ArtifactError where it doesn't fit the classes."""
    try:
        link = Link.from_json(read_json(folder / LINK_FILE))
        if link.paths and len(link.paths) != len(space.classes):
            raise ArtifactError(f"link: {len(space.classes)} paths are needed, got {len(link.paths)}")
    except ArtifactError as error:
        raise ArtifactError(f"{folder / LINK_FILE}: {error}") from None
    return link


def in_floats(vectorizer: NgramTfidf, kind: type[np.float32 | np.float64]) -> NgramTfidf:
    """The same with idf of another type, in which values are computed."""
    blocks = [replace(block, idf=block.idf.astype(kind)) for block in vectorizer.blocks]
    return NgramTfidf(vectorizer.cleaning, tuple(blocks))
