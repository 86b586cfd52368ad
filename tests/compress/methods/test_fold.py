"""Folding is exact: the tables say what the layers said, whatever is left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNN
from baselines.task import link
from compress.formats.packed import StoredTables
from compress.formats.rounding import round_tables
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier
from compress.methods.fold import FoldConfig, apply, fold_module, keep_filters
from compress.methods.prune.pruning import magnitude_masks, prunable, zero_out
from tests.cases.compress_case import (
    AWKWARD,
    TOKENIZER,
    assert_unchanged,
    random_cnn,
    random_context,
    random_module,
    state_of,
)
from tests.cases.table_case import int_classifier


@torch.no_grad()
def torch_logits(module: CharCNN, text: str) -> np.ndarray:
    ids = TOKENIZER.encode(text).astype(np.int64)
    padded = torch.zeros(1, max(len(ids), 1), dtype=torch.int64)
    padded[0, : len(ids)] = torch.from_numpy(ids)
    return module.double()(padded, torch.tensor([len(ids)])).numpy()[0]


@pytest.mark.parametrize("hidden_dim", [0, 7])
@pytest.mark.parametrize("text", AWKWARD)
def test_the_tables_say_what_the_layers_said(text: str, hidden_dim: int) -> None:
    folded = fold_module(random_module(hidden_dim=hidden_dim))
    expected = torch_logits(random_module(hidden_dim=hidden_dim), text)
    np.testing.assert_allclose(folded.tables.logits(TOKENIZER.encode(text)), expected, atol=2e-6)


@given(st.text(alphabet="abc xyz09é", max_size=40))
@settings(max_examples=40, deadline=None)
def test_any_text_is_folded_exactly(text: str) -> None:
    module = random_module(((1, 2), (4, 3), (5, 3)))
    folded = fold_module(module).tables
    np.testing.assert_allclose(folded.logits(TOKENIZER.encode(text)), torch_logits(module, text), atol=2e-6)


def test_widths_in_any_order_are_sorted() -> None:
    module = random_module(((5, 3), (2, 4)))
    folded = fold_module(module).tables
    assert [len(table) for table in folded.tables] == [2, 5]
    np.testing.assert_allclose(folded.logits(TOKENIZER.encode("graphs")), torch_logits(module, "graphs"), atol=2e-6)


def test_filters_that_cannot_matter_are_left_out() -> None:
    module = random_module(hidden_dim=0)
    with torch.no_grad():
        module.fc2.weight[:, 2] = 0  # nobody reads this one
        module.weights[1][1] = 0  # this one is constant: its bias alone is its response
        module.weights[2][5] = 3 * module.weights[2][4]  # wins where filter 4 of its width wins
    folded = fold_module(module)
    assert (folded.dead, folded.merged) == (2, 1)
    assert folded.tables.head.shape[1] == module.shape.n_filters - 3
    for text in AWKWARD:
        np.testing.assert_allclose(folded.tables.logits(TOKENIZER.encode(text)), torch_logits(module, text), atol=3e-6)


def test_a_negative_multiple_is_another_filter() -> None:
    module = random_module(hidden_dim=0)
    with torch.no_grad():
        module.weights[2][5] = -2 * module.weights[2][4]
    assert fold_module(module).merged == 0


def test_one_filter_stays_when_none_matters() -> None:
    module = random_module(hidden_dim=0)
    with torch.no_grad():
        module.fc2.weight.zero_()
    folded = fold_module(module).tables
    assert folded.head.shape[1] == 1
    np.testing.assert_allclose(folded.logits(TOKENIZER.encode("x")), module.fc2.bias.detach().numpy(), atol=1e-6)


def test_a_sparse_network_folds_as_well() -> None:
    module = random_module()
    zero_out(prunable(module), magnitude_masks(prunable(module), 0.9))
    folded = fold_module(module)
    for text in AWKWARD:
        np.testing.assert_allclose(folded.tables.logits(TOKENIZER.encode(text)), torch_logits(module, text), atol=2e-6)


def test_the_classifier_keeps_thresholds_and_parent() -> None:
    parent = random_cnn()
    parent.thresholds_ = np.linspace(0.2, 0.8, 5).astype(np.float32)
    before = state_of(parent)
    child, receipt = apply(parent, FoldConfig(), random_context())
    assert isinstance(child, FloatTableClassifier)
    np.testing.assert_array_equal(child.thresholds_, parent.thresholds_)
    np.testing.assert_allclose(child.predict_proba(AWKWARD), parent.predict_proba(AWKWARD), atol=1e-6)
    assert receipt.touched == sum(p.numel() for p in parent.module.parameters())
    assert_unchanged(parent, before)


def test_an_integer_model_loses_its_dead_filters_only() -> None:
    parent = int_classifier()
    head = parent.tables.head.copy()
    head[:, [0, 7, 50]] = 0
    tables = type(parent.tables)(parent.tables.tables, head, parent.tables.scale, parent.tables.bias)
    parent = IntTableClassifier(StoredTables(tables), parent.tokenizer, parent.space_)
    child, receipt = apply(parent, FoldConfig(), random_context())
    assert isinstance(child, IntTableClassifier)
    assert receipt.touched == 3
    np.testing.assert_array_equal(child.predict_proba(AWKWARD), parent.predict_proba(AWKWARD))


def test_nothing_to_fold_is_said() -> None:
    with pytest.raises(NotCompressible, match="table form already"):
        apply(int_classifier(), FoldConfig(), random_context())
    folded, _ = apply(random_cnn(), FoldConfig(), random_context())
    with pytest.raises(NotCompressible, match="needs a character CNN, got 'tables-float'"):
        apply(folded, FoldConfig(), random_context())


def test_a_width_without_filters_goes() -> None:
    stored = round_tables(fold_module(random_module()).tables, 8, 8)
    keep = np.ones(stored.tables.n_filters, bool)
    keep[:4] = False  # all of width 1
    smaller = keep_filters(stored, keep).tables
    smaller.check()
    assert smaller.widths == (2, 3, 6)


def test_sigmoid_does_not_overflow() -> None:
    np.testing.assert_array_equal(link(np.float32([-1e30, 0, 1e30]), "multilabel"), np.float32([0, 0.5, 1]))
