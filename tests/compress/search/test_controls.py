"""The winner of a search meets its control: the same recipe without a teacher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from baselines.dataset import Dataset
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import Step
from compress.search.budget import Budget
from compress.search.candidates import step_from_json, to_recipe
from compress.search.controls import control_of
from compress.search.solver import Search, solve
from tests.cases.compress_case import tiny_context, trained_cnn

TAUGHT = DistillConfig(embedding_dim=8, filters=16, alpha=0.7, epochs=2, mixtures=1.0, against_control=False)


def test_the_control_of_a_recipe_differs_in_its_teacher_only() -> None:
    recipe = to_recipe([Step("distill", TAUGHT), Step("quantize", QuantizeConfig(bits=4))])
    control = control_of(recipe)
    assert control is not None
    assert step_from_json(dict(control[0])).config == replace(TAUGHT, lesson="labels")
    assert control[1:] == recipe[1:]
    assert control_of(control) is None
    assert control_of(to_recipe([Step("prune", PruneConfig()), Step("quantize", QuantizeConfig())])) is None


def test_a_misleading_teacher_wins_no_search(tiny: Dataset, tmp_path: Path) -> None:
    context = tiny_context(tiny)
    # Every class is what the labels deny.
    wrong = np.where(context.train.labels, 0.1, 0.9).astype(np.float32)
    search = Search(n_trials=1, epochs=30, finetune_epochs=0, mixtures=0.0)
    found = solve(
        trained_cnn(tiny), Budget(max_bytes=200_000), replace(context, soft_targets=wrong), tmp_path, search=search
    )
    taught, control = found.candidates
    assert control.score > taught.score
    assert found.best == control
