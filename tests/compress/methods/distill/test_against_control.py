"""A taught student is kept where its control isn't better, and the receipt says why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.classifier import Classifier
from compress.method import Context, validation_score
from compress.methods.distill.against_control import Comparison, compared
from compress.methods.distill.student import apply
from tests.cases.compress_case import random_cnn, random_context, random_part
from tests.cases.memory_case import STUDENT

LEARNS = replace(STUDENT, alpha=0.9, epochs=80, learning_rate=2e-2, patience=80, word_dropout=0.0)


def taught_by(soft: np.ndarray) -> Context:
    # Judged on its own texts: the question is which loss was learned.
    return replace(random_context(), validation=random_context().train, soft_targets=soft.astype(np.float32))


@pytest.mark.parametrize("truthful", [False, True])
def test_the_better_of_both_is_kept(truthful: bool) -> None:
    context = taught_by(np.where(random_context().train.labels == truthful, 0.95, 0.05))
    child, receipt = apply(random_cnn(), replace(LEARNS, against_control=True), context)
    found = receipt.facts["against_control"]
    assert found["metric"] == "f1_weighted"
    if not truthful:
        assert (found["kept"], receipt.facts["lesson"]) == ("control", "labels")
        assert "the same student without a teacher is better on validation: weighted F1" in receipt.notes[-1]
    assert found[found["kept"]] == max(found["taught"], found["control"])
    assert validation_score(child, context) == pytest.approx(found[found["kept"]])


def test_without_a_question_only_the_student_is_trained() -> None:
    context = taught_by(np.full((60, 5), 0.5))
    _, receipt = apply(random_cnn(), replace(STUDENT, alpha=0.5), context)
    assert "against_control" not in receipt.facts


def test_of_equals_and_without_validation_the_taught_one_stays() -> None:
    model: Classifier = random_cnn()
    same = compared(model, model, random_part(20))
    assert not same.keeps_control
    assert "as good as the same student" in str(same)
    assert not compared(model, random_cnn(seed=1), random_part(0)).keeps_control


def test_a_loss_is_said_as_it_is() -> None:
    found = Comparison("log_loss", taught=-0.31, control=-0.29, upper=-0.005)
    assert found.keeps_control
    assert str(found).endswith("log loss 0.290 to 0.310")
    assert "better on validation than" in str(Comparison("accuracy", 0.9, 0.8))


def test_a_choice_needs_no_proof_but_a_mark_does() -> None:
    by_chance = Comparison("accuracy", taught=0.80, control=0.81, upper=0.02)
    assert by_chance.keeps_control
    assert not by_chance.is_shown
    assert str(by_chance).endswith("0.810 to 0.800, which may be chance")
    assert Comparison("accuracy", taught=0.70, control=0.81, upper=-0.04).to_json()["shown_worse"]
    # Answers that are all wrong are shown to be worse, the same answers never.
    part = random_part(60)
    model: Classifier = random_cnn()
    assert not compared(model, model, part).is_shown
