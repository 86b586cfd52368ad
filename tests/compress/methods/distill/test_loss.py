"""The loss of distillation equals its reference in float64, in value and in gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from baselines.networks.training import class_weighted_loss
from baselines.task import Task, link
from compress.methods.distill.loss import bernoulli_divergence, mixed_loss, soft_logits, softmax_divergence
from tests.cases.compress_case import random_part
from tests.cases.task_case import ALL_TASKS


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


def softmax_reference(logits: np.ndarray, targets: np.ndarray, temperature: float) -> float:
    """T² · mean over texts of the sum over classes of q log(q / r), in float64."""
    powers = [np.exp(x.astype(np.float64) / temperature) for x in (targets, logits)]
    q, r = (p / p.sum(axis=1, keepdims=True) for p in powers)
    return float(temperature**2 * (q * np.log(q / r)).sum(axis=1).mean())


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 5.0])
def test_of_one_label_the_loss_is_hintons(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(2, 40, 7)) * 3
    found = softmax_divergence(torch.from_numpy(logits), torch.from_numpy(targets), temperature)
    assert float(found) == pytest.approx(softmax_reference(logits, targets, temperature), rel=1e-9)
    # A softmax knows no level: all logits moved alike are the same answer.
    assert float(softmax_divergence(torch.from_numpy(logits) + 3.0, torch.from_numpy(logits), temperature)) < 1e-12


def test_the_gradient_of_hintons_loss_keeps_its_size_and_reaches_the_student_only() -> None:
    logits = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    targets = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    softmax_divergence(logits, targets, 3.0).backward()
    assert targets.grad is None
    # T² · (1/T) · (r - q) / texts.
    expected = 3.0 * (torch.softmax(logits / 3.0, dim=1) - torch.softmax(targets / 3.0, dim=1)) / 4
    torch.testing.assert_close(logits.grad, expected.detach())


@pytest.mark.parametrize("task", ALL_TASKS)
def test_soft_logits_give_the_teachers_probabilities_back(task: Task) -> None:
    logits = np.random.default_rng(0).normal(size=(20, 1 if task == "binary" else 5)) * 2
    probabilities = link(logits, task)
    np.testing.assert_allclose(link(soft_logits(probabilities, task).numpy(), task), probabilities, atol=1e-5)


def test_each_task_has_its_divergence_in_the_mixed_loss() -> None:
    targets, logits, labels = torch.randn(6, 4), torch.randn(6, 4), torch.eye(4)[[0, 1, 2, 3, 0, 1]]
    for task in ALL_TASKS:
        hard = class_weighted_loss(labels.numpy().astype(bool), 0.0, task)
        found = mixed_loss(targets, hard, 0.25, 2.0, 6, task)(logits, labels, torch.arange(6))
        soft = (softmax_divergence if task == "multiclass" else bernoulli_divergence)(logits, targets, 2.0)
        assert float(found) == pytest.approx(0.25 * float(soft) + 0.75 * float(hard(logits, labels, torch.arange(6))))


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
    for task in ALL_TASKS:
        assert torch.isfinite(soft_logits(np.array([[0.0, 1.0, 0.0]], np.float32), task)).all()
