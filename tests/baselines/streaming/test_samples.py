"""Models that can't take all training texts take samples that are fair, seeded and said."""

from __future__ import annotations

import warnings
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from baselines.classifier import Classifier
from baselines.dataset import Dataset, Part
from baselines.models.forests import BoostingClassifier, BoostingConfig, ForestClassifier, ForestConfig
from baselines.models.knn import KnnClassifier, KnnConfig
from baselines.notes import TrainingNote, collected_notes
from baselines.streaming.samples import in_proportion, with_enough_positives
from compress.formats.packed_trees import packed_trees


def test_a_sample_keeps_the_share_of_each_class() -> None:
    random = np.random.default_rng(0)
    labels = random.random((10_000, 4)) < [0.5, 0.1, 0.02, 0.001]
    taken = in_proportion(labels, 1_000)
    assert len(taken) == 1_000
    assert (np.diff(taken) > 0).all()
    np.testing.assert_allclose(labels[taken].mean(axis=0), labels.mean(axis=0), rtol=0.1, atol=1e-3)
    assert np.array_equal(taken, in_proportion(labels, 1_000))
    assert not np.array_equal(taken, in_proportion(labels, 1_000, seed=1))


def test_of_few_texts_all_are_taken() -> None:
    assert in_proportion(np.ones((5, 1), np.bool_), 5).tolist() == [0, 1, 2, 3, 4]


def test_a_rare_class_keeps_its_texts_and_its_frequency() -> None:
    targets = np.arange(10_000) % 100 == 0
    taken, weights = with_enough_positives(targets, 1_000, [0, 3])
    assert len(taken) == len(set(taken.tolist())) == 1_000
    assert targets[taken].sum() == targets.sum()
    assert np.average(targets[taken], weights=weights) == pytest.approx(targets.mean())
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.97])
def test_a_sample_of_one_class_has_the_size_asked_for(share: float) -> None:
    targets = np.arange(5_000) < share * 5_000
    taken, _ = with_enough_positives(targets, 400, [1])
    assert len(taken) == 400
    assert 0 < targets[taken].sum() < 400


BOUNDED = {
    "forest": lambda: ForestClassifier(ForestConfig(trees=6, texts=40)),
    "boosting": lambda: BoostingClassifier(BoostingConfig(trees=3, texts=40)),
    "knn": lambda: KnnClassifier(KnnConfig(texts=40)),
}


@pytest.mark.parametrize("kind", BOUNDED)
@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_more_texts_than_a_model_takes_are_said_and_answered(
    tiny: Dataset, kind: str, task: str, tmp_path: Path
) -> None:
    train, test = tiny.part("train"), tiny.part("test")
    if task == "multiclass":
        train = one_label(train)
    model: Classifier = BOUNDED[kind]()
    with collected_notes() as notes:
        model.fit(train)
    assert "Raise texts in a --config file" in notes[-1] + notes[0]
    found = model.predict_proba(test.texts)
    np.testing.assert_array_equal(found[3], model.predict_proba([test.texts[3]])[0])
    with collected_notes():
        np.testing.assert_array_equal(found, BOUNDED[kind]().fit(train).predict_proba(test.texts))
    model.save_state(tmp_path)
    again = type(model).load_state(tmp_path, asdict(model.config), model.space_)
    np.testing.assert_array_equal(found, again.predict_proba(test.texts))
    if kind != "knn":
        packed_trees(model.trees_)  # type: ignore[attr-defined]  # in preorder, so that it can be shipped


def test_up_to_the_bound_nothing_is_sampled(tiny: Dataset) -> None:
    train, texts = tiny.part("train"), tiny.part("test").texts
    for kind, config in (
        (ForestClassifier, ForestConfig(trees=4)),
        (BoostingClassifier, BoostingConfig(trees=2)),
        (KnnClassifier, KnnConfig()),
    ):
        bounded = type(config)(**{**asdict(config), "texts": len(train)})
        with warnings.catch_warnings():
            warnings.simplefilter("error", TrainingNote)
            all_of_them, whole = (kind(own).fit(train).predict_proba(texts) for own in (bounded, config))
        np.testing.assert_array_equal(all_of_them, whole)


def one_label(part: Part) -> Part:
    """The first label of each text alone."""
    first = part.labels.argmax(axis=1)
    labels = np.equal.outer(first, np.arange(len(part.classes)))
    return replace(part, labels=labels, task="multiclass")
