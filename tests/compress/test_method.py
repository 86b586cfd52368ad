"""A compression that ruins the model is marked as failed, and a small fall isn't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from baselines.dataset import Dataset, Part
from compress.method import MAX_FALL, Context, Receipt, marked_if_failed, most_fall, title_of, validation_score
from compress.methods.copies import clone
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply
from tests.cases.compress_case import task_cnn, task_context, tiny_context, trained_cnn
from tests.cases.memory_case import Memory


def test_a_fall_is_noted_with_its_bound(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    kept, receipt = apply(parent, QuantizeConfig("tables", 8), context)
    fall = validation_score(parent, context) - validation_score(kept, context)
    assert receipt.facts["validation_fall"] == pytest.approx(fall)
    assert "failed" not in receipt.facts
    ruined = clone(parent)
    torch.nn.init.zeros_(ruined.module.fc2.weight)
    torch.nn.init.constant_(ruined.module.fc2.bias, -5.0)
    _, receipt = marked_if_failed((ruined, Receipt("quantize", 1, 0)), parent, context)
    assert receipt.facts["validation_fall"] == pytest.approx(validation_score(parent, context))
    assert receipt.facts["validation_fall_at_least"] < receipt.facts["validation_fall"]
    assert "18 texts are too few to show" in receipt.notes[0], "a weak parent has little to lose"


@pytest.mark.parametrize(("n", "lost", "marked"), [(20, 2, False), (200, 20, True)])
def test_a_fall_that_few_texts_cannot_show_is_said_and_marks_nothing(n: int, lost: int, marked: bool) -> None:
    """Of every ten answers one is lost: 0.1 accuracy either way."""
    labels = np.eye(2, dtype=bool)[np.arange(n) % 2]
    part = Part(tuple(f"text {row}" for row in range(n)), labels, ("a", "b"), task="multiclass", metric="accuracy")
    wrong = labels.copy()
    wrong[:lost] = ~wrong[:lost]
    parent, child = Memory().fit(part), Memory().fit(replace(part, labels=wrong))
    _, receipt = marked_if_failed((child, Receipt("quantize", 1, 0)), parent, Context(part, part))
    assert receipt.facts["validation_fall"] == pytest.approx(0.1)
    assert (receipt.facts["validation_fall_at_least"] > MAX_FALL) is marked is ("failed" in receipt.facts)
    if not marked:
        assert receipt.notes[0].endswith("; 20 texts are too few to show that it is more than 0.02")


def test_a_fall_is_counted_by_the_metric_of_the_part() -> None:
    """Answers with the same argmax but no confidence: accuracy stays, log loss grows."""
    parent, context = task_cnn("multiclass"), task_context("multiclass")
    timid = clone(parent)
    with torch.no_grad():
        timid.module.fc2.weight.mul_(0.01)
        timid.module.fc2.bias.mul_(0.01)
    receipt = Receipt("quantize", 1, 0)
    _, by_accuracy = marked_if_failed((timid, receipt), parent, context)
    assert by_accuracy.facts["validation_fall"] == 0
    by_loss = replace(context, validation=replace(context.validation, metric="log_loss"))
    _, marked = marked_if_failed((timid, receipt), parent, by_loss)
    assert marked.facts["validation_fall"] > 0
    assert "log loss on validation got worse by" in marked.facts["failed"]


def test_a_loss_may_grow_by_a_share_of_itself() -> None:
    part = task_context("multiclass").validation
    assert most_fall(part, 0.9) == most_fall(part, 0.1) == MAX_FALL
    by_loss = replace(part, metric="log_loss")
    assert most_fall(by_loss, -0.5) == pytest.approx(0.05)
    assert title_of(by_loss) == "log loss"
