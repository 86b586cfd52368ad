"""Cleaning is chosen on validation where it matters, stays where it doesn't, and reaches every model of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from baselines.dataset import Dataset, Part
from baselines.fitting.cleaning_choice import (
    choose_cleaning,
    cleaning_of,
    made_choice,
    remembered_choice,
    with_cleaning,
)
from baselines.fitting.cross_validation import FoldPlan, cleaning_by_fold, evaluate_folds
from baselines.fitting.fit import read_classifier, read_facts, train_baseline, unfitted
from baselines.models.ensemble import EnsembleClassifier
from baselines.splits.split import split
from baselines.storage.run_folder import RunFolder
from tests.cases.task_case import task_data


def dataset_of(texts: Sequence[str], positive: Sequence[bool]) -> Dataset:
    labels = np.array(positive)[:, None]
    part = Part(tuple(texts), labels, ("yes",), task="binary", negative="no")
    return Dataset("made", part, split(labels, 0))


@pytest.fixture(scope="module")
def shouted() -> Dataset:
    """What is written in capitals is a yes."""
    words = [
        f"{a} {b}" for a in ("red", "blue", "old", "new", "big") for b in "stone river lamp boat tree hill".split()
    ]
    texts = [text.upper() if loud else text for loud in (False, True) for text in words]
    return dataset_of(texts * 4, [text.isupper() for text in texts * 4])


def test_capitals_are_kept_where_they_are_the_answer(shouted: Dataset) -> None:
    choice = choose_cleaning(shouted.part("train"), shouted.part("validation"))
    assert choice.chosen == "raw"
    assert choice.scores["raw"] == 1.0 > choice.scores["words"]
    assert "raw is better than words" in choice.why
    assert choice.warning == ""
    assert choice.collisions["words"]["n"] > 20
    assert len(choice.collisions["words"]["examples"]) == 2


def test_words_stay_where_nothing_is_clearly_better() -> None:
    data = task_data("binary")
    choice = choose_cleaning(data.part("train"), data.part("validation"))
    assert choice.chosen == "words"
    assert choice.why == "no other cleaning is clearly better than words by F1 of the positive class on validation"
    assert choice.scores["words"] > choice.scores["course"]
    assert choice.collisions["course"]["n"] > 0


def test_what_comes_first_is_kept_unless_another_is_clearly_better(shouted: Dataset, tiny: Dataset) -> None:
    train, validation = tiny.part("train"), tiny.part("validation")
    assert choose_cleaning(train, validation, "course").chosen == "course"
    assert choose_cleaning(train, validation).chosen == "words"
    assert choose_cleaning(shouted.part("train"), shouted.part("validation"), "course").chosen == "raw"


def test_a_cleaning_that_leaves_nothing_is_none_to_choose() -> None:
    data = dataset_of(["who is it", "is it not"] * 20, [True, False] * 20)
    choice = choose_cleaning(data.part("train"), data.part("validation"))
    assert choice.chosen == "words"
    assert set(choice.scores) == {"words", "raw"}


def test_without_validation_nothing_is_compared(shouted: Dataset) -> None:
    choice = choose_cleaning(shouted.part("train"), shouted.part("validation").take([]))
    assert (choice.chosen, dict(choice.scores)) == ("words", {})


def test_a_run_finds_its_choice_again(shouted: Dataset, tmp_path: Path) -> None:
    run = RunFolder.open(tmp_path / "r", dataset_sha256=shouted.sha256)
    assert made_choice(run, shouted) is None
    choice = cleaning_of(run, shouted)
    assert made_choice(run, shouted) == cleaning_of(run, shouted) == choice
    accuracy = dataclasses.replace(shouted, everything=dataclasses.replace(shouted.everything, metric="accuracy"))
    assert made_choice(run, accuracy) is None


def test_every_baseline_of_a_run_takes_it(shouted: Dataset, tmp_path: Path) -> None:
    run = RunFolder.open(tmp_path / "r", dataset_sha256=shouted.sha256)
    names = ("linear", "tfidf-svm", "rules", "rules-stemmed")
    taken = [read_facts(train_baseline(run, shouted, name))["cleaning"] for name in names]
    assert taken == ["raw", "raw", "words", "words"]  # names are compared without regard to capitals
    chance = train_baseline(run, shouted, "chance-majority")
    assert read_facts(chance)["cleaning"] == ""
    asked = train_baseline(run, shouted, "linear", changes={"cleaning": "letters"})
    assert read_classifier(asked).config.cleaning == "letters"
    ensemble = unfitted(run, shouted, "ensemble", changes={"members": ["linear", "tfidf-knn"]})
    assert isinstance(ensemble, EnsembleClassifier)
    assert ensemble.config.changes == {"linear": {"cleaning": "raw"}, "tfidf-knn": {"cleaning": "raw"}}


def test_the_rungs_of_the_course_keep_its_cleaning(shouted: Dataset) -> None:
    published = dataclasses.replace(shouted, course_cleaning=True)
    assert with_cleaning(published, "tfidf-svm", {}, lambda: remembered_choice(published)) == {}
    assert with_cleaning(published, "linear", {}, lambda: remembered_choice(published)) == {"cleaning": "raw"}


def test_each_fold_chooses_for_itself(shouted: Dataset, tmp_path: Path) -> None:
    shouted = dataclasses.replace(shouted, keeps_copies=True)  # its few texts come again and again
    run = RunFolder.open(tmp_path / "r", dataset_sha256=shouted.sha256)
    plan = FoldPlan(2, reference="tfidf-svm")
    assert cleaning_by_fold(shouted, run, plan) == []
    evaluate_folds(shouted, ["tfidf-svm"], run, plan)
    assert cleaning_by_fold(shouted, run, plan) == ["raw", "raw"]
