"""Pruning: the sparsity asked is the sparsity measured, and structured pruning rebuilds smaller layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from baselines.dataset import Dataset
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier
from baselines.text.tokenizer import pad
from compress.method import Context, validation_f1
from compress.methods.copies import pooled_responses, without_filters
from compress.methods.prune.importance import l2_importance, taylor_importance
from compress.methods.prune.pruning import (
    PruneConfig,
    apply,
    cubic_sparsity,
    keep_most_important,
    magnitude_masks,
    measured_sparsity,
    prunable,
    zero_out,
)
from compress.methods.prune.sensitivity import FilterTrial, choose_filters, scan
from compress.recipes import stored_bytes
from tests.cases.compress_case import (
    AWKWARD,
    TOKENIZER,
    assert_unchanged,
    random_cnn,
    random_context,
    random_module,
    state_of,
    tiny_context,
    trained_cnn,
)
from tests.cases.table_case import int_classifier

ONE_SHOT = PruneConfig(epochs=0, gradual_epochs=0)


@given(st.integers(1, 300), st.floats(0, 0.999))
def test_the_sparsity_asked_is_measured_to_one_filter(n_filters: int, sparsity: float) -> None:
    keep = keep_most_important(np.random.default_rng(0).random(n_filters), sparsity)
    assert abs((~keep).sum() - sparsity * n_filters) <= 1
    assert keep.any()


def test_the_least_important_filters_go() -> None:
    np.testing.assert_array_equal(keep_most_important(np.array([3.0, 1.0, 2.0, 4.0]), 0.5), [True, False, False, True])


def test_sparsity_grows_by_the_cubic_schedule() -> None:
    values = [cubic_sparsity(step, 10, 0.8) for step in range(12)]
    assert values[0] == 0
    assert values[10] == values[11] == pytest.approx(0.8)
    assert values[5] == pytest.approx(0.8 * (1 - 0.5**3))
    assert values == sorted(values)


@pytest.mark.parametrize("sparsity", [0.1, 0.5, 0.9, 0.99])
def test_unstructured_sparsity_is_exact_and_global(sparsity: float) -> None:
    module = random_module()
    weights = prunable(module)
    largest_first = torch.cat([w.detach().abs().flatten() for w in weights]).sort().values
    zero_out(weights, magnitude_masks(weights, sparsity))
    n_weights = len(largest_first)
    assert measured_sparsity(module) == pytest.approx(round(sparsity * n_weights) / n_weights)
    kept = torch.cat([w.detach().abs().flatten() for w in weights])
    assert kept[kept > 0].min() >= largest_first[round(sparsity * n_weights)]


def test_any_module_can_be_pruned_unstructured() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(16, 3), nn.LayerNorm(3))
    weights = prunable(net)
    assert len(weights) == 2
    zero_out(weights, magnitude_masks(weights, 0.5))
    assert measured_sparsity(net) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize("epochs", [0, 1])
def test_pruning_keeps_its_sparsity_through_finetuning(structured: bool, epochs: int) -> None:
    parent, context = random_cnn(), random_context()
    before = state_of(parent)
    config = PruneConfig(0.5, structured, epochs=epochs, gradual_epochs=epochs)
    child, receipt = apply(parent, config, context)
    assert isinstance(child, CharCNNClassifier)
    assert_unchanged(parent, before)
    assert receipt.touched > 0
    if structured:
        n_before, n_after = parent.module.shape.n_filters, child.module.shape.n_filters
        assert abs((n_before - n_after) - 0.5 * n_before) <= 1
        assert receipt.facts["sparsity"] == pytest.approx(1 - n_after / n_before)
        assert stored_bytes(child) < 0.8 * stored_bytes(parent)
    else:
        assert measured_sparsity(child.module) == pytest.approx(0.5, abs=1e-3)
        assert any("speed" in note or "time" in note for note in receipt.notes)


def test_a_removed_constant_filter_leaves_the_logits_as_they_were() -> None:
    module = random_module()
    with torch.no_grad():
        module.weights[1][2] = 0
    keep = np.ones(module.shape.n_filters, bool)
    keep[4 + 2] = False
    parent = random_cnn()
    parent.module = module
    mean = pooled_responses(parent, AWKWARD).mean(dim=0).numpy()
    smaller = without_filters(module, keep, mean)
    ids, lengths = (torch.from_numpy(a) for a in pad(TOKENIZER.encode_batch(AWKWARD)))
    with torch.no_grad():
        torch.testing.assert_close(smaller(ids, lengths), module(ids, lengths), atol=1e-5, rtol=1e-5)


def test_a_width_without_filters_is_left_out() -> None:
    keep = np.ones(23, bool)
    keep[:4] = False
    assert [width for width, _ in without_filters(random_module(), keep).shape.filters] == [2, 3, 6]


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


def test_l2_compares_filters_of_different_widths() -> None:
    module = random_module()
    with torch.no_grad():
        module.weights[0].fill_(0.5)
        module.weights[3].fill_(0.5)
    found = l2_importance(module)
    np.testing.assert_allclose(found[:4], 0.5)
    np.testing.assert_allclose(found[-5:], 0.5)


def test_a_trial_agrees_with_the_rebuilt_model(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    keep = keep_most_important(taylor_importance(parent, context), 0.4)
    mean = pooled_responses(parent, context.train.texts[:512]).mean(dim=0).numpy()
    rebuilt, _ = apply(parent, replace(ONE_SHOT, sparsity=0.4), context)
    assert isinstance(rebuilt, CharCNNClassifier)
    assert rebuilt.module.shape.n_filters == without_filters(parent.module, keep, mean).shape.n_filters
    assert FilterTrial(parent, context).f1_weighted(keep) == pytest.approx(validation_f1(rebuilt, context))


def test_the_scan_has_every_width_and_auto_stays_within_its_tolerance(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    importance = taylor_importance(parent, context)
    rows = scan(parent, importance, context, sparsities=(0.5,))
    assert [(row["width"], row["sparsity"]) for row in rows] == [
        (width, sparsity) for width in (2, 3, 4) for sparsity in (0.0, 0.5)
    ]
    keep, table = choose_filters(parent, importance, 0.03, context)
    trial = FilterTrial(parent, context)
    assert trial.f1_weighted(keep) >= table[0]["f1_weighted"] - 0.03
    child, receipt = apply(parent, replace(ONE_SHOT, auto=True, tolerance=0.03), context)
    assert receipt.facts["sensitivity"] == table
    assert isinstance(child, CharCNNClassifier)
    assert child.module.shape.n_filters == keep.sum()
    # The scan is made at a fixed sparsity too: the report's figure doesn't wait for `--auto`.
    _, fixed = apply(parent, replace(ONE_SHOT, sparsity=0.5), context)
    assert fixed.facts["sensitivity"] == scan(parent, importance, context)


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, 1.5, float("nan")])
def test_a_sparsity_outside_0_to_1_is_refused(sparsity: float) -> None:
    with pytest.raises(NotCompressible, match=r"from 0 up to but not including 1"):
        apply(random_cnn(), PruneConfig(sparsity), random_context())


def test_what_does_not_apply_is_said() -> None:
    context: Context = random_context()
    with pytest.raises(NotCompressible, match="prune before quantize"):
        apply(int_classifier(), PruneConfig(), context)
    with pytest.raises(NotCompressible, match="removes none of 23 filters"):
        apply(random_cnn(), replace(ONE_SHOT, sparsity=0.01), context)
    with pytest.raises(NotCompressible, match="removes none of"):
        apply(random_cnn(), PruneConfig(1e-6, structured=False), context)
    with pytest.raises(NotCompressible, match="l2, taylor"):
        apply(random_cnn(), PruneConfig(criterion="luck"), context)  # type: ignore[arg-type]
