"""Trials of pruned filters agree with the rebuilt model, and the choice stays within its tolerance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from baselines.dataset import Dataset
from baselines.models.cnn import CharCNNClassifier
from compress.method import validation_score
from compress.methods.copies import pooled_responses, without_filters
from compress.methods.prune.importance import taylor_importance
from compress.methods.prune.pruning import PruneConfig, apply, keep_most_important
from compress.methods.prune.sensitivity import FilterTrial, choose_filters, scan
from tests.cases.compress_case import tiny_context, trained_cnn

ONE_SHOT = PruneConfig(epochs=0, gradual_epochs=0)


def test_a_trial_agrees_with_the_rebuilt_model(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    keep = keep_most_important(taylor_importance(parent, context), 0.4)
    mean = pooled_responses(parent, context.train.texts[:512]).mean(dim=0).numpy()
    rebuilt, _ = apply(parent, replace(ONE_SHOT, sparsity=0.4), context)
    assert isinstance(rebuilt, CharCNNClassifier)
    assert rebuilt.module.shape.n_filters == without_filters(parent.module, keep, mean).shape.n_filters
    assert FilterTrial(parent, context).score(keep) == pytest.approx(validation_score(rebuilt, context))


def test_the_scan_has_every_width_and_auto_stays_within_its_tolerance(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    importance = taylor_importance(parent, context)
    rows = scan(parent, importance, context, sparsities=(0.5,))
    assert [(row["width"], row["sparsity"]) for row in rows] == [
        (width, sparsity) for width in (2, 3, 4) for sparsity in (0.0, 0.5)
    ]
    keep, table = choose_filters(parent, importance, 0.03, context)
    trial = FilterTrial(parent, context)
    assert trial.score(keep) >= table[0]["score"] - 0.03
    child, receipt = apply(parent, replace(ONE_SHOT, auto=True, tolerance=0.03), context)
    assert receipt.facts["sensitivity"] == table
    assert isinstance(child, CharCNNClassifier)
    assert child.module.shape.n_filters == keep.sum()
    # The scan is made at a fixed sparsity too: the report's figure doesn't wait for `--auto`.
    _, fixed = apply(parent, replace(ONE_SHOT, sparsity=0.5), context)
    assert fixed.facts["sensitivity"] == scan(parent, importance, context)
