"""The sparsity asked is the sparsity measured, and structured pruning rebuilds smaller layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier
from compress.method import Context
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
from compress.recipes import stored_bytes
from tests.cases.compress_case import assert_unchanged, random_cnn, random_context, random_module, state_of
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


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, 1.5, float("nan")])
def test_a_sparsity_outside_0_to_1_is_refused(sparsity: float) -> None:
    with pytest.raises(ValueError, match=r"from 0 up to but not including 1"):
        PruneConfig(sparsity)


def test_what_does_not_apply_is_said() -> None:
    context: Context = random_context()
    with pytest.raises(NotCompressible, match="prune before quantize"):
        apply(int_classifier(), PruneConfig(), context)
    with pytest.raises(NotCompressible, match="removes none of 23 filters"):
        apply(random_cnn(), replace(ONE_SHOT, sparsity=0.01), context)
    with pytest.raises(NotCompressible, match="removes none of"):
        apply(random_cnn(), PruneConfig(1e-6, structured=False), context)
    with pytest.raises(ValueError, match="l2, taylor"):
        PruneConfig(criterion="luck")  # type: ignore[arg-type]
