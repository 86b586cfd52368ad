"""Random forests and gradient boosting, served with NumPy alone: all trees answer many texts together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from baselines.checked_reading import shown
from baselines.errors import ArtifactError
from baselines.models.learned.rows import Rows
from baselines.models.learned.trees import Boosted, check_forest, mean_of_leaves
from baselines.task import Probabilities
from compress.formats.packed_trees import NAMES, trees_of
from exports.runtime.bundle_format import TREES_FILE, BundleContent
from exports.runtime.kinds.words_predictor import Arrays, WordsPredictor, require_names


class TreesPredictor(WordsPredictor):
    """The mean of a forest's leaves, or the sum of boosting's, in the classifier's own arithmetic."""

    def __init__(self, bundle: BundleContent) -> None:
        super().__init__(bundle, TREES_FILE)

    def take(self, arrays: Arrays, metadata: Mapping[str, str]) -> None:
        makers = {"forest": self._forest, "boosting": self._boosting}
        kind = self.bundle.manifest["kind"]
        if kind not in makers:
            raise ArtifactError(f"kind {' or '.join(makers)} is allowed for form trees, got {shown(kind)}")
        self._says = makers[kind](arrays)

    def answer_rows(self, rows: Rows) -> Probabilities:
        return self._says(rows)

    def _forest(self, arrays: Arrays) -> Callable[[Rows], Probabilities]:
        require_names(arrays, NAMES)
        trees = trees_of(arrays)
        check_forest(trees, self.vectorizer.n_features, len(self.classes), self.task)
        return partial(mean_of_leaves, trees)

    def _boosting(self, arrays: Arrays) -> Callable[[Rows], Probabilities]:
        require_names(arrays, (*NAMES, "prior", "columns"))
        boosted = Boosted(trees_of(arrays), arrays["prior"], arrays["columns"])
        boosted.check(self.vectorizer.n_features, len(self.classes))
        return partial(boosted.answer, task=self.task)
