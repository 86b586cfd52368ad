"""What of a student's training is the task's, and how long it learns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compress.methods.distill.distill_config import CONTROL_PATIENCE, DistillConfig
from compress.methods.distill.mixtures import MOST_MIXTURES
from tests.cases.compress_case import random_cnn, random_part, task_context


def test_what_is_given_counts_more_than_the_task() -> None:
    plain = DistillConfig()
    assert plain.teaching("multilabel").mixtures > plain.teaching("multiclass").mixtures
    assert plain.teaching("binary") == plain.teaching("multiclass")
    given = replace(plain, alpha=0.3, mixtures=0.0, class_weights=0.5).teaching("multiclass")
    assert (given.alpha, given.mixtures, given.class_weights) == (0.3, 0.0, 0.5)


def test_of_one_label_the_steps_are_at_least_3000_or_one_a_text() -> None:
    config = DistillConfig(batch_size=32)
    train = task_context("multiclass").train
    for n in (50, 5000):
        part = train.take([row % len(train) for row in range(n)])
        steps = config.length(part)[0] * 2 * n / 32  # as many mixtures as texts
        assert max(3000, n) <= steps < max(3000, n) + 2 * n / 32 + 1


@pytest.mark.parametrize("n", [100, 3 * MOST_MIXTURES // 16])
def test_a_control_makes_as_many_steps_however_many_mixtures_there_are(n: int) -> None:
    part = random_part(10).take([row % 10 for row in range(n)])
    config = DistillConfig()
    epochs, patience = config.length(part)
    assert (epochs, patience) == (8, 8)
    seen = n + min(16 * n, MOST_MIXTURES)
    control, waits = config.control.length(part)
    assert control == round(8 * seen / n)
    assert waits == min(control, CONTROL_PATIENCE)


def test_words_are_hidden_as_from_the_parent_unless_told() -> None:
    parent = replace(random_cnn().config, word_dropout=0.1)
    context = task_context("multiclass")
    assert DistillConfig().student(parent, context).word_dropout == 0.1
    assert DistillConfig(word_dropout=0.0).student(parent, context).word_dropout == 0.0
