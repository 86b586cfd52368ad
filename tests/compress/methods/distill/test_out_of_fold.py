"""A teacher answers for each text without having been fitted to it, once, and for the same classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.errors import NotCompressible
from baselines.notes import TrainingNote
from baselines.task import LabelSpace, Probabilities
from compress.methods.copies import clone
from compress.methods.distill.out_of_fold import adapted, answers, check_teacher, fresh_like, out_of_fold
from compress.methods.distill.student import apply
from tests.cases.compress_case import random_cnn, random_context, random_part, task_cnn, task_context
from tests.cases.memory_case import STUDENT, Memory, MemoryConfig


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


def test_of_many_texts_two_teachers_answer_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    part = random_part(30)
    makers: list[int] = []

    def make(seed: int) -> Memory:
        makers.append(seed)
        return Memory(MemoryConfig(seed))

    monkeypatch.setattr("compress.methods.distill.out_of_fold.MANY_TEXTS", 20)
    with pytest.warns(TrainingNote, match="30 training texts: 2 teachers, each fitted to one half"):
        found = out_of_fold(make, part, 5, 0)
    np.testing.assert_array_equal(found, 0.25)
    assert len(makers) == 2


def test_a_teacher_with_other_classes_is_named_by_the_difference() -> None:
    teacher = Memory().fit(random_part())
    with pytest.raises(NotCompressible, match=r"missing: z; too many: class-4"):
        check_teacher(teacher, LabelSpace((*teacher.classes_[:4], "z")))
    with pytest.raises(NotCompressible, match="another order"):
        check_teacher(teacher, LabelSpace(teacher.classes_[::-1]))
    context = replace(random_context(), teacher=Memory().fit(random_part(n_classes=4)))
    with pytest.raises(NotCompressible, match="missing: class-4"):
        apply(random_cnn(), STUDENT, context)


def test_a_teacher_of_another_task_or_with_another_other_side_is_refused() -> None:
    one_column = LabelSpace(("class-0",))
    with pytest.raises(NotCompressible, match="trained for task binary, these texts are multilabel"):
        check_teacher(task_cnn("binary"), one_column)
    space = task_cnn("binary").space_
    check_teacher(task_cnn("binary"), replace(space, negative=""))
    with pytest.raises(NotCompressible, match="beside good it says bad, these texts say poor"):
        check_teacher(task_cnn("binary"), replace(space, negative="poor"))
    context = replace(task_context("multiclass"), teacher=task_cnn("multilabel"))
    with pytest.raises(NotCompressible, match="teacher: it was trained for task multilabel"):
        apply(task_cnn("multiclass"), STUDENT, context)


def test_a_teacher_that_abstains_is_refused() -> None:
    teacher = clone(task_cnn("multiclass"))
    check_teacher(teacher, teacher.space_)
    teacher.thresholds_[1] = 0.6
    with pytest.raises(NotCompressible, match=r"abstains below 0\.6.*thresholds of 0"):
        check_teacher(teacher, teacher.space_)


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


def test_a_fresh_teacher_has_the_config_of_the_old_one_but_for_its_seed_and_machine() -> None:
    parent = random_cnn()
    fresh = fresh_like(parent, device="cuda", threads=3)(7)
    assert fresh.config == replace(parent.config, seed=7, device="cuda", threads=3)
    assert not hasattr(fresh, "classes_")
    # A config without such fields stays as it is.
    assert adapted(MemoryConfig(4), device="cuda") == MemoryConfig(4)


@pytest.mark.parametrize("what", ["cut off", "changed", "note torn", "note missing"])
def test_kept_answers_that_are_damaged_are_asked_for_again(tmp_path: Path, what: str) -> None:
    asked = []

    class Asked(Memory):
        def predict_proba(self, texts: Sequence[str]) -> Probabilities:
            asked.append(len(texts))
            return super().predict_proba(texts)

    part = random_part(600)
    teacher = Asked(MemoryConfig()).fit(part, part)
    plain = answers(teacher, part.texts, cache=tmp_path)
    values, note = next(tmp_path.glob("*.npy")), next(tmp_path.glob("*.json"))
    raw = values.read_bytes()
    damaged = {"cut off": raw[:-40], "changed": raw[:-1] + bytes([raw[-1] ^ 1])}
    values.write_bytes(damaged.get(what, raw))
    if what == "note torn":
        note.write_text("{")
    elif what == "note missing":
        note.unlink()
    asked.clear()
    assert (answers(teacher, part.texts, cache=tmp_path) == plain).all()
    assert sum(asked) == 600
    assert values.read_bytes() == raw
    asked.clear()
    answers(teacher, part.texts, cache=tmp_path)
    assert sum(asked) == 256, "and kept again"
