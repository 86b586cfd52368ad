"""A student is small, learns what its teacher says, and its control is the same without a teacher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.dataset import Dataset
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier
from compress.methods.distill.student import apply, soft_targets
from compress.methods.mixing.extra_texts import mixtures_of
from tests.cases.compress_case import (
    assert_unchanged,
    random_cnn,
    random_context,
    random_part,
    state_of,
    tiny_context,
    trained_cnn,
)
from tests.cases.memory_case import STUDENT, Memory
from tests.cases.table_case import int_classifier


def test_the_student_is_smaller_and_the_parent_unchanged() -> None:
    parent = random_cnn()
    before = state_of(parent)
    student, receipt = apply(parent, STUDENT, replace(random_context(), teacher=Memory().fit(random_part())))
    assert isinstance(student, CharCNNClassifier)
    assert student.module.shape.filters == ((2, 4), (3, 4))
    assert student.config.epochs == 1
    assert receipt.touched == sum(p.numel() for p in student.module.parameters())
    assert "out of fold" in receipt.notes[0]
    assert_unchanged(parent, before)


def test_the_control_is_the_same_student_without_a_teacher() -> None:
    config = replace(STUDENT, alpha=0.6, mixtures=2.0)
    assert replace(config.control, lesson="teacher") == replace(config.plain, lesson="teacher") == config
    context = random_context()
    control, receipt = apply(random_cnn(), config.control, context)
    assert receipt.notes[0].startswith(
        "control: trained without a teacher, 120 mixtures with the labels of both halves"
    )
    assert (receipt.facts["n_extra_texts"], receipt.facts["lesson"]) == (120, "labels")
    # No teacher changes a control, and no text without labels but by as many steps.
    taught = replace(context, soft_targets=np.full((60, 5), 0.9, np.float32), unlabelled=("some text",))
    again, receipt = apply(random_cnn(), config.control, taught)
    np.testing.assert_array_equal(control.predict_proba(["abc"]), again.predict_proba(["abc"]))
    assert "the texts without labels are the teacher's alone" in receipt.notes[0]
    # A teacher who says of every text what the labels say is no teacher: both learn the same, bit by bit.
    mixed = mixtures_of(context.train, 2.0, [config.teacher_seed, 1])
    teacher = Memory().fit(replace(context.train, texts=mixed.texts, labels=mixed.labels))
    honest = replace(context, soft_targets=context.train.labels.astype(np.float32), teacher=teacher)
    student, _ = apply(random_cnn(), config, honest)
    np.testing.assert_array_equal(control.predict_proba(["abc"]), student.predict_proba(["abc"]))


def test_a_plain_student_and_a_control_without_mixtures_are_one_training() -> None:
    context = random_context()
    made = [apply(random_cnn(), getattr(STUDENT, lesson), context) for lesson in ("control", "plain")]
    answers = [model.predict_proba(["abc", "de"]) for model, _ in made]
    np.testing.assert_array_equal(*answers)
    assert "; nothing was mixed; " in made[0][1].notes[0]


def test_a_student_learns_what_only_its_teacher_says() -> None:
    context = random_context()
    soft = np.zeros((60, 5), np.float32)
    soft[:, 3] = 1.0  # the teacher claims one class always
    config = replace(STUDENT, alpha=1.0, epochs=25, learning_rate=2e-2, patience=25)
    student, _ = apply(random_cnn(), config, replace(context, soft_targets=soft, validation=random_part(0)))
    assert (student.predict_proba(context.train.texts).argmax(axis=1) == 3).all()


def test_unlabelled_texts_and_mixtures_take_part() -> None:
    context = replace(random_context(), teacher=Memory().fit(random_part()), unlabelled=("more", "and more"))
    _, receipt = apply(random_cnn(), replace(STUDENT, mixtures=0.5), context)
    assert receipt.facts["n_extra_texts"] == 2 + 30


def test_the_cnn_teaches_out_of_fold_by_default(tiny: Dataset, tmp_path: Path) -> None:
    parent, context = trained_cnn(tiny), replace(tiny_context(tiny), cache=tmp_path)
    parent.config = replace(parent.config, epochs=2)
    soft = soft_targets(parent, STUDENT, context)
    assert soft.shape == context.train.labels.shape
    assert list(tmp_path.glob("*.npy"))


def test_a_teacher_that_cannot_be_fitted_answers_itself_only_for_texts_it_has_not_seen() -> None:
    teacher, context = int_classifier(), random_context()
    teacher.accept(context.train.space)
    context = replace(context, teacher=teacher)
    with pytest.raises(NotCompressible, match=r"'tables-int8' can't be fitted again.*give the model it was made from"):
        soft_targets(random_cnn(), STUDENT, context)
    new_to_it = replace(context, teacher_saw_labels=False, teacher_notes=("made elsewhere",))
    soft = soft_targets(random_cnn(), STUDENT, new_to_it)
    np.testing.assert_array_equal(soft, teacher.predict_proba(context.train.texts))
    _, receipt = apply(random_cnn(), STUDENT, new_to_it)
    assert "own answers serve for the labelled texts too" in receipt.notes[0]
    assert receipt.notes[1:] == ("made elsewhere",) == tuple(receipt.facts["teacher_notes"])


def test_what_is_said_of_a_teacher_concerns_only_students_that_heard_it_itself() -> None:
    context = replace(random_context(), teacher=Memory().fit(random_part()), teacher_notes=("saw too much",))
    for config, said in ((STUDENT, False), (replace(STUDENT, mixtures=0.5), True), (STUDENT.control, False)):
        _, receipt = apply(random_cnn(), config, context)
        assert ("saw too much" in receipt.notes, "teacher_notes" in receipt.facts) == (said, said)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alpha": 1.5}, "alpha"),
        ({"temperature": 0.0}, "temperature"),
        ({"lesson": "nothing"}, "lesson: expected one of teacher, labels, plain"),
        ({"word_dropout": 1.0}, "word_dropout"),
        ({"filters": 0}, "filters: expected a whole number from 1"),
    ],
)
def test_settings_out_of_range_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(STUDENT, **changes)


def test_other_parents_and_wrong_targets_are_refused() -> None:
    with pytest.raises(NotCompressible, match="as --teacher"):
        apply(int_classifier(), STUDENT, random_context())
    wrong = replace(random_context(), soft_targets=np.zeros((3, 5), np.float32))
    with pytest.raises(NotCompressible, match="soft targets: expected shape"):
        apply(random_cnn(), STUDENT, wrong)
