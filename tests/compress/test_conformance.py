"""One suite over every compression method and every kind of model that one makes, for every task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.classifier import Classifier, predict
from baselines.errors import ArtifactError, NotCompressible
from baselines.models.cnn import CharCNNClassifier
from baselines.models.registry import KINDS as BASELINE_KINDS
from baselines.storage.artifact import Lineage, load, save
from baselines.task import Task, Thresholds, unknown_answer
from compress.method import Context, Receipt, require_touched, score_on
from compress.methods.copies import clone
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.fold import FoldConfig
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.runtimes import WAYS
from compress.registry import KINDS, METHODS
from tests.cases.compress_case import (
    AWKWARD,
    assert_unchanged,
    random_cnn,
    random_context,
    random_linear,
    state_of,
    task_cnn,
    task_context,
    task_linear,
)
from tests.cases.pipeline_case import adopted_model
from tests.cases.task_case import ALL_TASKS, PAIRS, task_data

TEXTS = [*AWKWARD, "\ud800 lone surrogate", "a" * 20_000]
# Nothing, blanks, and a script that no data here have.
UNKNOWN = ["", "   ", "ᚠᚢᚦᚨᚱᚲ"]
SEEDED = ("prune unstructured", "quantize factors finetuned", "distill", "linear sparse", "linear distilled")
LINEAR_STUDENT = DistillConfig(
    student="linear", ngrams=150, sparsity=0.6, bits=4, epochs=20, mixtures=0.5, against_control=False
)
CASES: dict[str, tuple[str, Any]] = {
    "fold": ("fold", FoldConfig()),
    "prune structured l2": ("prune", PruneConfig(0.5, criterion="l2", epochs=1)),
    "prune structured taylor": ("prune", PruneConfig(0.3, epochs=0)),
    "prune auto": ("prune", PruneConfig(auto=True, tolerance=0.2, epochs=0)),
    "prune unstructured": ("prune", PruneConfig(0.6, structured=False, epochs=1, gradual_epochs=1)),
    "quantize tables": ("quantize", QuantizeConfig()),
    "quantize tables 4 bits": ("quantize", QuantizeConfig(bits=4)),
    "quantize factors": ("quantize", QuantizeConfig("factors", bits=3, finetune_epochs=0)),
    "quantize factors finetuned": (
        "quantize",
        QuantizeConfig("factors", bits=3, rank=6, finetune_epochs=1, mixtures=1.0),
    ),
    "quantize static": ("quantize", QuantizeConfig("static")),
    **{f"quantize dynamic: {way}": ("quantize", QuantizeConfig("dynamic", way=way)) for way in WAYS},
    "distill": ("distill", DistillConfig(6, 4, (2, 3), epochs=1, folds=2, mixtures=1.0, against_control=False)),
    "distill against control": ("distill", DistillConfig(6, 4, (2, 3), epochs=1, folds=2, mixtures=0.5)),
    "linear pruned": ("prune", PruneConfig(0.5)),
    "linear quantized": ("quantize", QuantizeConfig(bits=4)),
    "adopted pruned": ("prune", PruneConfig(0.5)),
    "adopted quantized": ("quantize", QuantizeConfig(bits=4)),
    "linear sparse": ("prune", PruneConfig(0.9, structured=False, epochs=20)),
    "linear quantized in training": ("quantize", QuantizeConfig(bits=3, finetune_epochs=20, alpha=0.9, mixtures=0.5)),
    "linear distilled": ("distill", LINEAR_STUDENT),
    "linear distilled control": ("distill", replace(LINEAR_STUDENT, cleaning="letters", bits=32).control),
    "distill control": ("distill", DistillConfig(6, 4, (2, 3), epochs=1, mixtures=0.0).control),
}


@dataclass(frozen=True)
class Made:
    parent: Classifier
    before: dict[str, Any]
    thresholds: Thresholds
    child: Classifier
    receipt: Receipt
    context: Context


@cache
def make(case: str, task: Task = "multilabel") -> Made:
    method, config = CASES[case]
    of_kind = {"linear": task_linear, "adopted": adopted_model}.get(case.split()[0], task_cnn)
    parent: Classifier = of_kind(task)
    context = task_context(task)
    before, thresholds = state_of(parent), parent.thresholds_.copy()
    child, receipt = METHODS[method].apply(parent, config, context)
    return Made(parent, before, thresholds, child, receipt, context)


@pytest.fixture(params=[f"{case} | {task}" for task in ALL_TASKS for case in CASES])
def made(request: pytest.FixtureRequest) -> Made:
    case, task = request.param.split(" | ")
    return make(case, task)


def test_every_method_is_tested_here() -> None:
    assert {method for method, _ in CASES.values()} == set(METHODS)
    compressed = {make(case).child.kind for case in CASES}
    assert compressed == {"cnn", "tables-float", "tables-int8", "onnx-int8", "torch-int8", "linear", "linear-int"}
    assert compressed <= set(KINDS)


def test_the_parent_is_untouched(made: Made) -> None:
    assert_unchanged(made.parent, made.before)
    np.testing.assert_array_equal(made.parent.thresholds_, made.thresholds)


def test_the_receipt_says_that_something_was_touched(made: Made) -> None:
    assert made.receipt.touched > 0
    assert made.receipt.bytes_promised > 0
    assert made.receipt.notes
    assert made.receipt.to_json()["touched"] == made.receipt.touched


def test_shapes_classes_and_range(made: Made) -> None:
    probabilities, n_classes = made.child.predict_proba(TEXTS), len(made.parent.classes_)
    assert probabilities.shape == (len(TEXTS), n_classes)
    assert probabilities.dtype == np.float32
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert made.child.space_ == made.parent.space_
    assert made.child.thresholds_.shape == (n_classes,)
    assert made.child.predict_proba([]).shape == (0, n_classes)
    assert predict(made.child, TEXTS).dtype == np.bool_
    with pytest.raises(TypeError, match="wrap it in a list"):
        made.child.predict_proba("text")


def test_one_label_is_one_distribution_and_one_class(made: Made) -> None:
    if made.child.task_ != "multiclass":
        return
    probabilities = made.child.predict_proba(TEXTS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
    assert (predict(made.child, TEXTS).sum(axis=1) == 1).all()
    np.testing.assert_array_equal(made.child.thresholds_, 0)


def test_a_text_without_anything_known_gets_what_training_says(made: Made) -> None:
    _, known = made.child.answer([*UNKNOWN, *made.context.train.texts[:2]])
    assert known.tolist() == [False, False, False, True, True]
    expected = unknown_answer(made.child.space_, made.child.thresholds_)
    if made.parent.space_.answers_unknown:
        expected = made.child.predict_proba([""])[0]
    for row in made.child.predict_proba(UNKNOWN):
        np.testing.assert_array_equal(row, expected)


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("case", ["fold", "quantize tables", "quantize factors", "linear pruned", "linear quantized"])
def test_texts_that_differ_in_one_thing_are_still_told_apart(case: str, task: Task) -> None:
    made = make(case, task)
    for pair in PAIRS[task]:
        for model in (made.parent, made.child):
            first, second = model.predict_proba(pair)
            assert (first != second).any()


def test_a_row_does_not_depend_on_its_batch(made: Made) -> None:
    together = made.child.predict_proba(TEXTS)
    alone = np.concatenate([made.child.predict_proba([text]) for text in TEXTS])
    np.testing.assert_array_equal(together, alone)


def test_what_is_saved_is_what_is_loaded(made: Made, tmp_path: Path) -> None:
    save(made.child, tmp_path / "a", Lineage("m", "compress"))
    again = load(tmp_path / "a", KINDS)
    assert again.kind == made.child.kind
    np.testing.assert_array_equal(again.predict_proba(TEXTS), made.child.predict_proba(TEXTS))
    np.testing.assert_array_equal(again.thresholds_, made.child.thresholds_)
    save(again, tmp_path / "b", Lineage("m", "compress"))
    for path in (tmp_path / "a").iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_damaged_artifact_is_refused(made: Made, tmp_path: Path) -> None:
    save(made.child, tmp_path, Lineage("m", "compress"))
    state = next(p for p in tmp_path.iterdir() if p.suffix in (".safetensors", ".onnx"))
    state.write_bytes(state.read_bytes()[:-7])
    with pytest.raises(ArtifactError):
        load(tmp_path, KINDS)
    with pytest.raises(ArtifactError):
        type(made.child).load_state(tmp_path, {}, made.child.space_)


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("case", SEEDED)
def test_the_same_seed_makes_the_same_model(case: str, task: Task) -> None:
    first, again = make(case, task).child, make.__wrapped__(case, task).child
    np.testing.assert_array_equal(first.predict_proba(AWKWARD), again.predict_proba(AWKWARD))


@pytest.mark.parametrize("task", ALL_TASKS)
def test_rounding_keeps_what_was_learned(task: Task) -> None:
    made, part = make("quantize tables", task), task_data(task).part("test")
    of_parent, of_child = (
        score_on(part, model, model.predict_proba(part.texts)) for model in (made.parent, made.child)
    )
    assert of_child > of_parent - 0.1
    if task == "multiclass":
        assert of_parent > 0.5
        assert of_child > 0.5


@pytest.mark.parametrize("name", list(METHODS))
def test_a_parent_of_another_task_other_classes_or_another_negative_is_refused(name: str) -> None:
    config = METHODS[name].config()

    def refused(parent: Classifier, context: Context, match: str) -> None:
        with pytest.raises(NotCompressible, match=match):
            METHODS[name].apply(parent, config, context)

    refused(task_cnn("multiclass"), task_context("binary"), r"parent: it was trained for task multiclass.*binary")
    refused(random_cnn(), task_context("multilabel"), r"parent: its classes differ.*missing: angry, c.*class-0")
    context = task_context("binary")
    other = replace(context, train=replace(context.train, negative="poor"))
    refused(task_cnn("binary"), other, "parent: beside good it says bad, these texts say poor")


def test_a_parent_that_abstains_has_children_that_do() -> None:
    parent = clone(task_cnn("multiclass"))
    parent.thresholds_ = np.full(3, 0.4, np.float32)
    for config in (QuantizeConfig(), PruneConfig(0.3, epochs=0)):
        method = "quantize" if isinstance(config, QuantizeConfig) else "prune"
        child, _ = METHODS[method].apply(parent, config, task_context("multiclass"))
        np.testing.assert_array_equal(child.thresholds_, parent.thresholds_)


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.neutral is not None])
def test_the_neutral_setting_is_the_identity(name: str) -> None:
    parent, context = random_cnn(), random_context()
    parent.thresholds_ = np.linspace(0.2, 0.7, 5).astype(np.float32)
    child, receipt = METHODS[name].apply(parent, METHODS[name].neutral, context)
    assert receipt.touched == 0
    assert child is not parent
    np.testing.assert_array_equal(child.predict_proba(AWKWARD), parent.predict_proba(AWKWARD))
    np.testing.assert_array_equal(child.thresholds_, parent.thresholds_)
    assert isinstance(child, CharCNNClassifier)
    assert child.module is not parent.module


@pytest.mark.parametrize("name", ["prune", "quantize"])
def test_the_neutral_setting_is_the_identity_for_linear_models(name: str) -> None:
    parent = random_linear()
    parent.thresholds_ = np.linspace(0.2, 0.7, 5).astype(np.float32)
    child, receipt = METHODS[name].apply(parent, METHODS[name].neutral, random_context())
    assert receipt.touched == 0
    assert child is not parent
    np.testing.assert_array_equal(child.predict_proba(AWKWARD), parent.predict_proba(AWKWARD))
    np.testing.assert_array_equal(child.thresholds_, parent.thresholds_)


def test_neutral_tables_stay_what_they_are() -> None:
    folded = make("fold").child
    child, receipt = METHODS["quantize"].apply(folded, METHODS["quantize"].neutral, task_context("multilabel"))
    assert receipt.touched == 0
    np.testing.assert_array_equal(child.predict_proba(AWKWARD), folded.predict_proba(AWKWARD))


def test_made_models_are_not_fitted_again() -> None:
    for case in (
        "fold",
        "quantize tables",
        "linear quantized",
        "linear distilled",
        "quantize static",
        f"quantize dynamic: {WAYS[2]}",
    ):
        with pytest.raises(NotCompressible, match="not fitted itself"):
            make(case).child.fit(random_context().train)
        assert not make(case).child.can_fit
    assert all(kind.can_fit for kind in BASELINE_KINDS.values())


def test_nothing_touched_is_an_error() -> None:
    with pytest.raises(NotCompressible, match="prune: nothing in this model would change; try harder"):
        require_touched(Receipt("prune", 0, 10), "try harder")


def test_a_missing_parent_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"python -m baselines\.train --baseline NAME --run RUN"):
        load(tmp_path / "cnn", KINDS)


def test_folded_tables_can_be_quantized_but_not_trained() -> None:
    folded, context = make("fold").child, task_context("multilabel")
    child, _ = METHODS["quantize"].apply(folded, QuantizeConfig("factors", bits=8), context)
    assert np.abs(child.predict_proba(AWKWARD) - folded.predict_proba(AWKWARD)).max() < 0.05
    with pytest.raises(NotCompressible, match="can't be trained"):
        METHODS["quantize"].apply(folded, QuantizeConfig(finetune_epochs=1), context)
    with pytest.raises(NotCompressible, match="works on the CNN's layers"):
        METHODS["quantize"].apply(folded, replace(QuantizeConfig(), scheme="static"), context)
