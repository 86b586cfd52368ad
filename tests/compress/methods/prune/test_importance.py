"""The importance of a filter is the gradient times its weights, or their size."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from baselines.text.tokenizer import pad
from compress.methods.copies import clone
from compress.methods.prune.importance import l2_importance, taylor_importance
from tests.cases.compress_case import (
    TOKENIZER,
    random_cnn,
    random_context,
    random_module,
    task_cnn,
    task_context,
)


def test_taylor_is_gradient_times_weight() -> None:
    parent, context = random_cnn(), random_context()
    module = parent.module
    rows = np.random.default_rng(context.seed).permutation(len(context.train))
    expected = np.zeros(module.shape.n_filters)
    for start in range(0, len(rows), 32):
        batch = rows[start : start + 32]
        texts = [context.train.texts[row] for row in batch]
        ids, lengths = (torch.from_numpy(a) for a in pad(TOKENIZER.encode_batch(texts)))
        labels = torch.from_numpy(context.train.labels[batch].astype(np.float32))
        module.zero_grad()
        F.binary_cross_entropy_with_logits(module(ids, lengths), labels).backward()
        sums = [
            (w.grad * w).sum(dim=(1, 2)) + b.grad * b  # type: ignore[operator]
            for w, b in zip(module.weights, module.biases, strict=True)
        ]
        expected += torch.cat(sums).abs().detach().numpy()
    np.testing.assert_allclose(taylor_importance(parent, context), expected, rtol=1e-3, atol=1e-7)


def test_taylor_reads_the_loss_of_the_task() -> None:
    context = task_context("multiclass")
    found = taylor_importance(task_cnn("multiclass"), context)
    # All logits moved alike are the same answer, so a filter that moves them so doesn't matter.
    parent = clone(task_cnn("multiclass"))
    with torch.no_grad():
        hidden = parent.module.fc1
        assert hidden is not None
        hidden.weight[:, 0] = 0.0
        parent.module.fc2.weight[:, 0] = 1.0
        hidden.weight[:, 1] = 0.0
        hidden.weight[0, 1] = 1.0
    assert (found[:2] > 0).all()
    np.testing.assert_allclose(taylor_importance(parent, context)[:2], 0.0, atol=1e-4)


def test_l2_compares_filters_of_different_widths() -> None:
    module = random_module()
    with torch.no_grad():
        module.weights[0].fill_(0.5)
        module.weights[3].fill_(0.5)
    found = l2_importance(module)
    np.testing.assert_allclose(found[:4], 0.5)
    np.testing.assert_allclose(found[-5:], 0.5)
