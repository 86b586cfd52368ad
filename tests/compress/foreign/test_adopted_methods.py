"""Every compression method applies to a text CNN that was taken over, and the result runs in every form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from baselines.models.cnn import CNNConfig
from baselines.storage.artifact import Lineage
from compress.foreign.adopt import adopt
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.fold import FoldConfig
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import parse_recipe, run_recipe
from compress.registry import METHODS
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.adopted_case import LAYOUTS, answers
from tests.cases.compress_case import AWKWARD, TOKENIZER, random_context
from tests.cases.text_cnn_case import CLASSES, Layout, TextNet, assert_same_state, state_of

METHODS_APPLIED = {
    "fold": ("fold", FoldConfig()),
    "prune": ("prune", PruneConfig(0.3, epochs=1, mixtures=0.5)),
    "prune unstructured": ("prune", PruneConfig(0.5, structured=False, epochs=1, gradual_epochs=1, mixtures=0.5)),
    "quantize tables": ("quantize", QuantizeConfig()),
    "quantize factors": ("quantize", QuantizeConfig("factors", bits=6)),
    "quantize finetuned": ("quantize", QuantizeConfig("factors", bits=4, finetune_epochs=1, mixtures=0.5)),
    "quantize dynamic": ("quantize", QuantizeConfig("dynamic", way="PyTorch, Linear only")),
    "quantize static": ("quantize", QuantizeConfig("static")),
    "distill": ("distill", DistillConfig(6, 4, (2, 3), epochs=1, folds=2, mixtures=0.5, against_control=False)),
}
TRAINING = CNNConfig(epochs=1, threads=1)


@pytest.mark.parametrize("name", METHODS_APPLIED)
def test_every_method_applies_and_its_bundle_runs(name: str, tmp_path: Path) -> None:
    net = TextNet(Layout(norm=True, hidden=7))
    before = state_of(net)
    classifier, _ = adopt(net, TOKENIZER, CLASSES, config=TRAINING)
    method, config = METHODS_APPLIED[name]
    child, receipt = METHODS[method].apply(classifier, config, random_context())
    assert receipt.touched > 0
    assert_same_state(net, before)
    own = answers(net, AWKWARD)
    if method != "distill" and not getattr(config, "epochs", 0) and not getattr(config, "finetune_epochs", 0):
        np.testing.assert_allclose(child.predict_proba(AWKWARD), own, atol=1e-5 if name == "fold" else 0.1)
    for form in child.forms:
        write_bundle(child, Lineage("mine", "compress"), tmp_path / form, form)
        served = runtime.load(tmp_path / form).predict_proba(AWKWARD)
        np.testing.assert_allclose(served, child.predict_proba(AWKWARD), atol=1e-5)
        if name == "fold":
            np.testing.assert_allclose(served, own, atol=1e-5)


def test_widened_filters_run_in_every_form(tmp_path: Path) -> None:
    net = TextNet(LAYOUTS["causal, widths that meet when widened"])
    classifier, _ = adopt(net, TOKENIZER, CLASSES)
    assert [width for width, _ in classifier.module.shape.filters] == [3, 5, 7, 13]
    for config in (FoldConfig(), QuantizeConfig()):
        method = "fold" if isinstance(config, FoldConfig) else "quantize"
        child, _ = METHODS[method].apply(classifier, config, random_context())
        for form in child.forms:
            folder = write_bundle(child, Lineage("mine", "compress"), tmp_path / f"{method}-{form}", form)
            served = runtime.load(folder).predict_proba(AWKWARD)
            np.testing.assert_allclose(served, answers(net, AWKWARD), atol=1e-5 if method == "fold" else 0.02)


def test_a_recipe_takes_it_as_parent() -> None:
    classifier, _ = adopt(TextNet(Layout(hidden=7)), TOKENIZER, CLASSES, config=TRAINING)
    steps = parse_recipe("prune,fold,quantize", {"prune": {"epochs": 0}})
    made = run_recipe(classifier, steps, random_context())
    assert [entry.model for entry in made.ledger] == ["cnn", "cnn", "tables-float", "tables-int8"]


def test_every_method_is_tried_here() -> None:
    assert {method for method, _ in METHODS_APPLIED.values()} == set(METHODS)
