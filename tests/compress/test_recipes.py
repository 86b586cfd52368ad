"""Recipes: methods in an order, with a ledger, from the command line's words to models."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from baselines.dataset import Dataset
from baselines.errors import NotCompressible, UserError
from compress.kinds.table_classifiers import IntTableClassifier
from compress.method import validation_score
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.fold import FoldConfig
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import RECIPES, Step, parse_recipe, run_recipe, stored_bytes
from compress.registry import METHODS
from compress.search.candidates import step_from_json
from tests.cases.compress_case import assert_unchanged, random_cnn, random_context, state_of, tiny_context, trained_cnn


def test_methods_in_an_order_and_presets_by_name() -> None:
    steps = parse_recipe("distill, prune,quantize,fold", {"prune": {"sparsity": 0.25}})
    assert [step.method for step in steps] == ["distill", "prune", "quantize", "fold"]
    assert steps[1].config == PruneConfig(sparsity=0.25)
    for name in RECIPES:
        first, *others = parse_recipe(name)
        # Alone, a student brings its own control; in a study that is a model of its own.
        assert first == Step("distill", replace(RECIPES[name][0].config, against_control=True))
        assert tuple(others) == RECIPES[name][1:]
    assert not parse_recipe("distill", {"distill": {"against_control": False}})[0].config.against_control
    assert parse_recipe("smallest", {"quantize": {"bits": 4}})[-1].config.bits == 4


@pytest.mark.parametrize("text", ["shrink", "prune,shrink", "", ","])
def test_unknown_recipes_name_what_is_allowed(text: str) -> None:
    with pytest.raises(UserError, match="allowed: quantize, prune, distill, fold"):
        parse_recipe(text)


def test_unknown_settings_name_what_is_allowed() -> None:
    with pytest.raises(UserError, match=r"prune has no setting sparseness; allowed: sparsity, structured"):
        parse_recipe("prune", {"prune": {"sparseness": 0.5}})


def test_the_ledger_says_what_each_step_left(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    before = state_of(parent)
    steps = (
        Step("prune", PruneConfig(0.5, epochs=0)),
        Step("quantize", QuantizeConfig(bits=4)),
        Step("fold", FoldConfig()),
    )
    outcome = run_recipe(parent, steps, context, clock=lambda classifier: 1e-3)
    assert [entry.step for entry in outcome.ledger] == ["parent", "prune", "quantize", "fold"]
    sizes = [entry.size_bytes for entry in outcome.ledger]
    assert sizes[0] > sizes[1] > sizes[2] >= sizes[3]
    assert isinstance(outcome.classifier, IntTableClassifier)
    assert outcome.ledger[2].score == pytest.approx(validation_score(outcome.models[2], context))
    assert all(entry.p50_s == 1e-3 for entry in outcome.ledger)
    # A fold after quantize finds tables already, and says so instead of failing.
    assert outcome.ledger[3].note.startswith("fold:") or outcome.ledger[3].receipt is not None
    json.dumps([entry.to_json() for entry in outcome.ledger], allow_nan=False)
    assert_unchanged(parent, before)


def test_thresholds_are_chosen_anew_after_each_step(tiny: Dataset) -> None:
    parent, context = trained_cnn(tiny), tiny_context(tiny)
    parent.thresholds_ = np.full(len(parent.classes_), 0.999, np.float32)
    outcome = run_recipe(parent, (Step("quantize", QuantizeConfig()),), context)
    assert not np.allclose(outcome.classifier.thresholds_, 0.999)
    assert outcome.ledger[1].score > outcome.ledger[0].score


def test_any_other_refusal_is_raised() -> None:
    steps = (Step("quantize", QuantizeConfig()), Step("prune", PruneConfig()))
    with pytest.raises(NotCompressible, match="prune before quantize"):
        run_recipe(random_cnn(), steps, random_context())


def test_a_step_survives_json() -> None:
    for step in (
        Step("distill", DistillConfig(widths=(2, 5))),
        Step("quantize", QuantizeConfig("factors", bits=3)),
        Step("prune", PruneConfig(auto=True)),
        Step("fold", FoldConfig()),
    ):
        assert step_from_json(json.loads(json.dumps(step.to_json()))) == step
    with pytest.raises(UserError, match="doesn't know"):
        step_from_json({"method": "shrink"})


def test_every_method_starts_from_sensible_settings() -> None:
    for name, method in METHODS.items():
        assert parse_recipe(name) == (Step(name, method.config()),)


def test_size_counts_everything_but_the_manifest() -> None:
    parent = random_cnn()
    floats = 4 * sum(p.numel() for p in parent.module.parameters())
    assert floats < stored_bytes(parent) < floats + 4000
    assert stored_bytes(parent) == stored_bytes(parent)


def test_per_class_thresholds_stay_per_class() -> None:
    parent, context = random_cnn(), random_context()
    parent.thresholds_ = np.linspace(0.3, 0.6, 5).astype(np.float32)
    child, _ = METHODS["quantize"].apply(parent, replace(QuantizeConfig(), bits=6), context)
    assert len(np.unique(child.thresholds_)) > 1
