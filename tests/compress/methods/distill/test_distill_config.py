"""What of a student's training is the task's, and how long it learns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compress.methods.distill.distill_config import PLAIN_PATIENCE, DistillConfig
from compress.methods.mixing.mixtures import MOST_MIXTURES
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
def test_all_three_make_as_many_steps_however_many_mixtures_there_are(n: int) -> None:
    part = random_part(10).take([row % 10 for row in range(n)])
    config = DistillConfig()
    epochs, patience = config.length(part)
    assert (epochs, patience) == (8, 8)
    seen = n + min(16 * n, MOST_MIXTURES)
    # A control sees the same texts; a plain student the labelled ones alone, so they come as often instead.
    assert config.control.length(part) == (epochs, patience)
    plain, waits = config.plain.length(part)
    assert plain == round(8 * seen / n) == replace(config, alpha=0.0).length(part)[0]
    assert waits == min(plain, PLAIN_PATIENCE)


def test_the_users_own_texts_are_the_teachers_and_cost_the_others_no_steps() -> None:
    part, config = random_part(60), DistillConfig(mixtures=2.0)
    assert config.length(part, 90) == config.length(part)
    assert config.control.length(part, 90)[0] == round(8 * (180 + 90) / 180)
    assert config.plain.length(part, 90)[0] == round(8 * (180 + 90) / 60)


def test_without_mixtures_a_control_is_the_plain_student() -> None:
    part, config = random_part(60), DistillConfig(mixtures=0.0)
    assert config.control.length(part) == config.plain.length(part) == config.length(part)
    assert not config.mixes(part)
    assert DistillConfig().mixes(part)
    assert not DistillConfig().mixes(random_part(1))
    assert not DistillConfig(alpha=0.0).mixes(part)


def test_words_are_hidden_as_from_the_parent_unless_told() -> None:
    parent = replace(random_cnn().config, word_dropout=0.1)
    context = task_context("multiclass")
    assert DistillConfig().made(parent, context).word_dropout == 0.1
    assert DistillConfig(word_dropout=0.0).made(parent, context).word_dropout == 0.0
