"""The nearest neighbours answer as scikit-learn's do."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from baselines.dataset import Dataset
from baselines.models.knn import KnnClassifier
from baselines.models.linear import as_matrix


def test_neighbours_are_scikit_learns(tiny: Dataset) -> None:
    train, test = tiny.part("train"), tiny.part("test")
    model = KnnClassifier().fit(train)
    theirs = KNeighborsClassifier().fit(as_matrix(model.vectorizer_, train.texts), train.labels)
    expected = [p[:, 1] for p in theirs.predict_proba(as_matrix(model.vectorizer_, test.texts))]
    same = np.isclose(model.predict_proba(test.texts), np.stack(expected, 1), atol=1e-6).all(axis=1)
    # Texts that share no word with several others are equally far from them; who of them counts is a matter of taste.
    assert same.mean() > 0.8
