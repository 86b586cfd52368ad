"""Distillation: the loss against a reference in float64, targets out of fold, and a control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
import torch
from torch import Tensor

from baselines.classifier import Classifier, Probabilities, Progress, ignore_progress
from baselines.dataset import Dataset, Part
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier
from baselines.networks.training import class_weighted_loss
from compress.methods.distill.loss import bernoulli_divergence, mixed_loss, soft_logits
from compress.methods.distill.mixtures import MOST_MIXTURES, mixed_texts
from compress.methods.distill.out_of_fold import adapted, answers, check_classes, fresh_like, out_of_fold
from compress.methods.distill.student import DistillConfig, apply, soft_targets
from tests.cases.compress_case import (
    assert_unchanged,
    random_cnn,
    random_context,
    random_part,
    state_of,
    tiny_context,
    trained_cnn,
)
from tests.cases.table_case import int_classifier

STUDENT = DistillConfig(embedding_dim=6, filters=4, widths=(2, 3), epochs=1, folds=2, mixtures=0.0)


@dataclass(frozen=True)
class MemoryConfig:
    seed: int = 0


class Memory(Classifier):
    """Hands back the labels of the texts it was fitted to, and 0.25 for any other."""

    kind = "memory"

    def __init__(self, config: MemoryConfig = MemoryConfig()) -> None:
        self.config = config

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        self.classes_ = train.classes
        self.known = dict(zip(train.texts, train.labels, strict=True))
        self.thresholds_ = np.full(len(train.classes), 0.5, np.float32)
        return self

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        unknown = np.full(len(self.classes_), 0.25)
        return np.array([self.known.get(text, unknown) for text in texts], np.float32)

    def save_state(self, folder: Path) -> None:
        raise NotImplementedError

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], classes: tuple[str, ...]) -> Self:
        raise NotImplementedError


def reference(logits: np.ndarray, targets: np.ndarray, temperature: float) -> float:
    """T² · mean of q log(q / p) + (1 - q) log((1 - q) / (1 - p)), in float64."""
    q, p = (1 / (1 + np.exp(-x.astype(np.float64) / temperature)) for x in (targets, logits))
    return float(temperature**2 * (q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))).mean())


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 5.0])
def test_the_loss_equals_its_float64_reference(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(2, 40, 7)) * 3
    found = bernoulli_divergence(torch.from_numpy(logits), torch.from_numpy(targets), temperature)
    assert float(found) == pytest.approx(reference(logits, targets, temperature), rel=1e-9)
    single = bernoulli_divergence(
        torch.from_numpy(logits.astype(np.float32)), torch.from_numpy(targets.astype(np.float32)), temperature
    )
    assert float(single) == pytest.approx(reference(logits, targets, temperature), rel=1e-4)


def test_the_loss_is_zero_where_the_student_agrees_and_positive_elsewhere() -> None:
    targets = torch.randn(5, 3, dtype=torch.float64)
    assert float(bernoulli_divergence(targets, targets, 3.0)) == pytest.approx(0, abs=1e-12)
    assert float(bernoulli_divergence(targets + 0.3, targets, 3.0)) > 0


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_the_gradient_is_right_and_reaches_the_student_only(temperature: float) -> None:
    logits = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    targets = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)

    def of_student(z: Tensor) -> Tensor:
        return bernoulli_divergence(z, targets.detach(), temperature)

    assert torch.autograd.gradcheck(of_student, (logits,))
    bernoulli_divergence(logits, targets, temperature).backward()
    assert targets.grad is None
    # T² · (1/T) · (p - q) / n: the size of the gradient stays as T grows.
    expected = temperature * (torch.sigmoid(logits / temperature) - torch.sigmoid(targets / temperature)) / 12
    torch.testing.assert_close(logits.grad, expected.detach())


def test_alpha_0_is_plain_training_and_alpha_1_needs_no_labels() -> None:
    part = random_part(8)
    hard = class_weighted_loss(part.labels, 1.0)
    targets = torch.randn(8, 5)
    logits, labels, rows = torch.randn(8, 5), torch.from_numpy(part.labels.astype(np.float32)), torch.arange(8)
    assert mixed_loss(targets, hard, 0.0, 2.0, 8) is hard
    only_soft = mixed_loss(targets, hard, 1.0, 2.0, 8)(logits, labels * torch.nan, rows)
    assert float(only_soft) == pytest.approx(float(bernoulli_divergence(logits, targets, 2.0)))
    both = mixed_loss(targets, hard, 0.3, 2.0, 8)(logits, labels, rows)
    assert float(both) == pytest.approx(0.3 * float(only_soft) + 0.7 * float(hard(logits, labels, rows)), rel=1e-5)


def test_unlabelled_rows_count_for_the_soft_part_only() -> None:
    part = random_part(6)
    hard = class_weighted_loss(part.labels, 1.0)
    targets, logits = torch.randn(8, 5), torch.randn(8, 5)
    labels = torch.full((8, 5), torch.nan)
    labels[:6] = torch.from_numpy(part.labels.astype(np.float32))
    rows = torch.tensor([7, 0, 6, 3])
    found = mixed_loss(targets, hard, 0.5, 1.0, 6)(logits[rows], labels[rows], rows)
    known = torch.tensor([0, 3])
    expected = 0.5 * bernoulli_divergence(logits[rows], targets[rows], 1.0)
    expected = expected + 0.5 * 0.5 * hard(logits[known], labels[known], known)
    assert float(found) == pytest.approx(float(expected), rel=1e-6)
    none_known = mixed_loss(targets, hard, 0.5, 1.0, 6)(logits[6:], labels[6:], torch.tensor([6, 7]))
    assert np.isfinite(float(none_known))


def test_a_teachers_certainty_stays_finite() -> None:
    assert torch.isfinite(soft_logits(np.array([[0.0, 1.0, 0.5]], np.float32))).all()


def test_out_of_fold_predictions_hold_no_memory(tmp_path: Path) -> None:
    part = random_part(30)
    makers: list[int] = []

    def make(seed: int) -> Memory:
        makers.append(seed)
        return Memory(MemoryConfig(seed))

    found = out_of_fold(make, part, 3, 0, cache=tmp_path)
    np.testing.assert_array_equal(found, 0.25)
    fitted = len(makers)
    np.testing.assert_array_equal(out_of_fold(make, part, 3, 0, cache=tmp_path), found)
    assert len(makers) == fitted + 1  # the one whose config is part of the key
    out_of_fold(make, part, 3, 1, cache=tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 2
    with pytest.raises(NotCompressible, match="from 2 to"):
        out_of_fold(make, part, 1, 0)


def test_a_teacher_with_other_classes_is_named_by_the_difference() -> None:
    teacher = Memory().fit(random_part())
    with pytest.raises(NotCompressible, match=r"missing: z; too many: class-4"):
        check_classes(teacher, (*teacher.classes_[:4], "z"))
    with pytest.raises(NotCompressible, match="another order"):
        check_classes(teacher, teacher.classes_[::-1])
    context = replace(random_context(), teacher=Memory().fit(random_part(n_classes=4)))
    with pytest.raises(NotCompressible, match="missing: class-4"):
        apply(random_cnn(), STUDENT, context)


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
    control = replace(STUDENT, alpha=0.6, mixtures=2.0).control
    # As many steps: two mixtures a text and one epoch are three epochs of the texts alone.
    assert (control.alpha, control.mixtures, control.epochs) == (0.0, 0.0, 3)
    assert replace(control, alpha=STUDENT.alpha, epochs=1, patience=STUDENT.patience) == STUDENT
    # Neither a teacher nor unlabelled texts change a control.
    context = random_context()
    plain, _ = apply(random_cnn(), control, context)
    taught = replace(context, soft_targets=np.full((60, 5), 0.9, np.float32), unlabelled=("some text",))
    again, receipt = apply(random_cnn(), control, taught)
    np.testing.assert_array_equal(plain.predict_proba(["abc"]), again.predict_proba(["abc"]))
    assert "without a teacher" in receipt.notes[0]


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


def test_mixtures_are_made_of_the_words_of_two_texts() -> None:
    texts = ["a b c d e f", "u v w x y z"]
    made = mixed_texts(texts, 10, [0])
    assert len(made) == 20
    assert all(set(text.split()) & set(texts[0].split()) and set(text.split()) & set(texts[1].split()) for text in made)
    assert made == mixed_texts(texts, 10, [0]) != mixed_texts(texts, 10, [1])
    assert mixed_texts(["alone"], 5, [0]) == ()
    assert len(mixed_texts(["", ""], 1.5, [0])) == 3
    assert len(mixed_texts(texts, 2 * MOST_MIXTURES, [0])) == MOST_MIXTURES


def test_a_teacher_is_asked_once_for_the_same_texts(tmp_path: Path) -> None:
    class Counting(Memory):
        n_asked = 0

        def predict_proba(self, texts: Sequence[str]) -> Probabilities:
            self.n_asked += len(texts)
            return super().predict_proba(texts)

    teacher = Counting().fit(random_part())
    texts = (*random_part().texts, *random_part(seed=1).texts, *(f"text {number}" for number in range(300)))
    plain = answers(teacher, texts)
    teacher.n_asked = 0
    assert (answers(teacher, texts, cache=tmp_path) == plain).all()
    assert teacher.n_asked == len(texts)
    assert (answers(teacher, texts, cache=tmp_path) == plain).all()
    assert teacher.n_asked < 2 * len(texts)
    other = Counting().fit(random_part(seed=1))
    assert (answers(other, texts, cache=tmp_path) == answers(other, texts)).all()
    assert (answers(other, texts) != plain).any()


def test_the_cnn_teaches_out_of_fold_by_default(tiny: Dataset, tmp_path: Path) -> None:
    parent, context = trained_cnn(tiny), replace(tiny_context(tiny), cache=tmp_path)
    parent.config = replace(parent.config, epochs=2)
    soft = soft_targets(parent, STUDENT, context)
    assert soft.shape == context.train.labels.shape
    assert list(tmp_path.glob("*.npy"))


def test_a_fresh_teacher_has_the_config_of_the_old_one_but_for_its_seed_and_machine() -> None:
    parent = random_cnn()
    fresh = fresh_like(parent, device="cuda", threads=3)(7)
    assert fresh.config == replace(parent.config, seed=7, device="cuda", threads=3)
    assert not hasattr(fresh, "classes_")
    # A config without such fields stays as it is.
    assert adapted(MemoryConfig(4), device="cuda") == MemoryConfig(4)


def test_a_teacher_that_cannot_be_fitted_answers_itself_only_for_texts_it_has_not_seen() -> None:
    teacher, context = int_classifier(), random_context()
    teacher.classes_ = context.train.classes
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
        ({"word_dropout": 1.0}, "word_dropout"),
        ({"filters": 0}, "at least 1"),
    ],
)
def test_settings_out_of_range_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(NotCompressible, match=message):
        apply(random_cnn(), replace(STUDENT, **changes), random_context())


def test_other_parents_and_wrong_targets_are_refused() -> None:
    with pytest.raises(NotCompressible, match="as --teacher"):
        apply(int_classifier(), STUDENT, random_context())
    wrong = replace(random_context(), soft_targets=np.zeros((3, 5), np.float32))
    with pytest.raises(NotCompressible, match="soft targets: expected shape"):
        apply(random_cnn(), STUDENT, wrong)
