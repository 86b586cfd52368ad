"""Every classifier over words says which class no training text has, and never predicts that class."""

from __future__ import annotations

import dataclasses

import pytest

from baselines.dataset import Dataset, Part
from baselines.models.registry import BASELINES
from baselines.notes import TrainingNote


@pytest.mark.parametrize("name", ["tfidf-logistic", "tfidf-forest", "tfidf-boosting", "tfidf-svm", "linear"])
def test_a_class_without_positives_is_said_and_never_predicted(tiny: Dataset, name: str) -> None:
    whole = tiny.part("train")
    labels = whole.labels.copy()
    labels[:, 1], labels[:, 2] = False, True
    train = Part(whole.texts, labels, whole.classes)
    changes = (
        {"trees": 3} if "trees" in {f.name for f in dataclasses.fields(BASELINES[name].config(0, "cpu", 1))} else {}
    )
    with pytest.warns(TrainingNote, match=f"no training text has {whole.classes[1]}"):
        model = BASELINES[name].make(0, "cpu", 1, changes).fit(train)
    probabilities = model.predict_proba(tiny.part("test").texts)
    assert (probabilities[:, 1] < 0.05).all()
    assert (probabilities[:, 2] > 0.95).all()
