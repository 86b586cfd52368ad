"""k nearest neighbours, served with NumPy alone. The bundle holds the words of every training text."""

from __future__ import annotations

from collections.abc import Mapping

from baselines.checked_reading import shown
from baselines.errors import ArtifactError
from baselines.models.learned.rows import Rows
from baselines.task import Probabilities
from compress.formats.packed_neighbours import MAX_TEXTS, NAMES, neighbours_of
from exports.runtime.bundle_format import NEIGHBOURS_FILE, BundleContent
from exports.runtime.kinds.words_predictor import Arrays, WordsPredictor, require_names


class NeighboursPredictor(WordsPredictor):
    """Share of the nearest training texts that have a class."""

    def __init__(self, bundle: BundleContent) -> None:
        super().__init__(bundle, NEIGHBOURS_FILE)

    def take(self, arrays: Arrays, metadata: Mapping[str, str]) -> None:
        require_names(arrays, NAMES)
        said = metadata.get("neighbours", "")
        if not (said.isascii() and said.isdigit() and len(said) < 10 and 1 <= int(said) <= MAX_TEXTS):
            raise ArtifactError(f"neighbours: a number from 1 to {MAX_TEXTS} is needed, got {shown(said)}")
        self.neighbours = int(said)
        self.model = neighbours_of(arrays, len(self.classes))
        self.model.check(self.vectorizer.n_features, len(self.classes), self.task)

    def answer_rows(self, rows: Rows) -> Probabilities:
        return self.model.shares(rows, self.neighbours)
