"""The random forest and gradient boosting answer as scikit-learn's do."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.models.forests import BoostingClassifier, BoostingConfig, ForestClassifier, ForestConfig
from baselines.models.linear import as_matrix


def test_forest_is_scikit_learns(tiny: Dataset) -> None:
    train, test = tiny.part("train"), tiny.part("test")
    model = ForestClassifier(ForestConfig(trees=7, seed=3)).fit(train)
    theirs = RandomForestClassifier(7, random_state=3).fit(as_matrix(model.vectorizer_, train.texts), train.labels)
    expected = [p[:, 1] for p in theirs.predict_proba(as_matrix(model.vectorizer_, test.texts))]
    np.testing.assert_allclose(model.predict_proba(test.texts), np.stack(expected, 1), atol=1e-6)


def test_boosting_is_scikit_learns(tiny: Dataset) -> None:
    train, test = tiny.part("train"), tiny.part("test")
    model = BoostingClassifier(BoostingConfig(trees=5, seed=3)).fit(train)
    rows, unseen = as_matrix(model.vectorizer_, train.texts), as_matrix(model.vectorizer_, test.texts)
    expected = [
        GradientBoostingClassifier(n_estimators=5, random_state=3 + c).fit(rows, targets).predict_proba(unseen)[:, 1]
        for c, targets in enumerate(train.labels.T)
    ]
    np.testing.assert_allclose(model.predict_proba(test.texts), np.stack(expected, 1), atol=1e-6)


def test_boosting_of_classes_that_never_vary_answers_their_prior(tiny: Dataset, tmp_path: Path) -> None:
    train = tiny.part("train")
    model = BoostingClassifier(BoostingConfig(trees=2)).fit(replace(train, labels=np.ones_like(train.labels)))
    model.save_state(tmp_path)
    found = BoostingClassifier.load_state(tmp_path, asdict(model.config), model.space_).predict_proba(train.texts[:2])
    np.testing.assert_array_equal(found, model.predict_proba(train.texts[:2]))
    assert (found > 0.9).all()


def test_trees_of_no_class_are_refused(tiny: Dataset, tmp_path: Path) -> None:
    model = BoostingClassifier(BoostingConfig(trees=2)).fit(tiny.part("train"))
    model.model_ = replace(model.model_, columns=model.model_.columns[:0])
    model.save_state(tmp_path)
    with pytest.raises(ArtifactError, match="do not divide among 0 classes"):
        BoostingClassifier.load_state(tmp_path, asdict(model.config), model.space_)
