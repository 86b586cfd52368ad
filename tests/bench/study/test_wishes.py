"""Which variants the options of `python -m compress.run` ask for, and which wishes exclude each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.models.registry import BASELINES
from bench.making.settings import changed
from bench.making.variants import Variant
from bench.study.command import wishes_from
from bench.study.options import options_of
from bench.study.parser import study_parser
from bench.study.wished_variants import variants_of
from bench.verdict.gates import parse_gate
from compress.methods.prune.pruning import PruneConfig


def _variants(*options: str) -> dict[str, Variant]:
    wishes = wishes_from(study_parser("study").parse_args(options))
    return {variant.name: variant for variant in variants_of(wishes, wishes.teacher or "")}


def test_pruning_shows_both_ways_by_default() -> None:
    found = _variants("--method", "prune")
    assert set(found) == {"cnn-pruned", "cnn-pruned-int8", "cnn-sparse", "linear-pruned"}
    assert found["cnn-sparse"].config == PruneConfig(sparsity=0.8, structured=False)


def test_a_sparsity_goes_to_filters_and_n_grams_and_into_the_title() -> None:
    found = _variants("--method", "prune", "--sparsity", "0.3", "--criterion", "l2")
    assert set(found) == {"cnn-pruned", "cnn-pruned-int8", "linear-pruned"}
    assert found["cnn-pruned"].config == PruneConfig(sparsity=0.3, criterion="l2")
    assert found["linear-pruned"].config.sparsity == 0.3
    assert found["cnn-pruned"].title == "30% of the filters pruned"


def test_single_weights_on_request() -> None:
    found = _variants("--method", "prune", "--unstructured", "--sparsity", "0.9")
    assert list(found) == ["cnn-sparse", "linear-sparse"]
    assert found["linear-sparse"].config == PruneConfig(sparsity=0.9, structured=False)
    assert found["linear-sparse"].has_row
    assert found["cnn-sparse"].config == PruneConfig(sparsity=0.9, structured=False)
    in_recipe = _variants("--recipe", "prune,fold", "--unstructured")["recipe-1-prune"]
    assert not in_recipe.config.structured


@pytest.mark.parametrize(
    "options",
    [("--auto", "--sparsity", "0.5"), ("--auto", "--unstructured"), ("--unstructured", "--criterion", "l2")],
)
def test_wishes_that_exclude_each_other_are_refused(options: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match="leave") as refused:
        _variants("--method", "prune", *options)
    assert options[0] in str(refused.value)


def test_the_whole_study_prunes_as_asked() -> None:
    found = _variants("--sparsity", "0.9")
    assert found["cnn-pruned"].config.sparsity == found["linear-pruned"].config.sparsity == 0.9
    assert "cnn-sparse" not in found
    everything = _variants()
    assert {"cnn-sparse", "smallest", "linear-pruned-int4", "linear-sparse-int4", "linear-sparsest-int4"} <= set(
        everything
    )
    # Floats that are mostly zero are no smaller: they are made for what is made of them.
    assert not everything["linear-sparse"].has_row
    assert everything["linear-sparse-int4"].parent == "linear-sparse"
    assert everything["linear-sparse-int4"].has_row
    assert everything["linear-sparsest"].config.sparsity > everything["linear-sparse"].config.sparsity


@pytest.mark.parametrize(
    "options",
    [
        ("--bits", "4", "--method", "prune"),
        ("--bits", "4"),
        ("--sparsity", "0.5", "--method", "quantize"),
        ("--unstructured", "--method", "distill"),
        ("--student", "tiny", "--max-bytes", "20k"),
        ("--teacher", "linear", "--method", "fold"),
    ],
)
def test_options_without_effect_are_refused(options: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=f"{options[0]} has no effect with .*; leave it out, or use it with one of: --"):
        _variants(*options)


def test_a_method_and_a_recipe_exclude_each_other() -> None:
    with pytest.raises(DataError, match="give one of them"):
        _variants("--method", "prune", "--recipe", "smallest")
    assert "recipe" in _variants("--recipe", "smallest", "--max-bytes", "20k", "--teacher", "linear")
    assert not _variants("--max-bytes", "20k", "--teacher", "linear")


def test_few_bits_for_students_of_other_sizes() -> None:
    found = _variants("--method", "distill", "--student", "small", "nano", "--teacher", "linear")
    assert found["student-nano-int3"].config.bits == 3
    assert "student-int3" not in found  # the recipe `smallest` is that


def test_a_linear_student_is_made_of_the_linear_model() -> None:
    found = _variants("--method", "distill", "--student", "sparse", "--teacher", "cnn")
    assert {"student-sparse", "student-sparse-control"} <= set(found)
    assert {variant.parent for variant in found.values()} == {"linear"}
    assert {variant.config.bits for variant in found.values()} == {4}
    changes = {"distill": {"filters": 8, "epochs": 20}}  # of CNNs, and of all students
    made = changed(found["student-sparse"], changes).config
    assert (made.filters, made.epochs) == (found["student-sparse"].config.filters, 20)


def test_further_baselines_are_made_beside_those_that_are_needed(tiny: Dataset) -> None:
    def baselines(*options: str, folds_alone: bool = False) -> set[str]:
        wishes = wishes_from(study_parser("study").parse_args(options))
        return set(options_of(wishes, tiny, "", folds_alone=folds_alone).baselines)

    assert baselines("--method", "fold") == {"linear", "cnn"}
    assert baselines("--method", "fold", "--baseline", "tfidf-knn") == {"linear", "cnn", "tfidf-knn"}
    assert baselines("--baseline", "tfidf-knn", folds_alone=True) == {"linear", "cnn", "tfidf-knn"}
    assert baselines() == set(BASELINES)
    with pytest.raises(DataError, match="--baseline has no effect in the whole study"):
        baselines("--baseline", "tfidf-knn")
    with pytest.raises(DataError, match="--baseline: unknown knn; known: chance-coin"):
        baselines("--method", "fold", "--baseline", "knn")


@pytest.mark.parametrize("gate", ["nobody: bytes <= 50k", "f1_weighted vs oracle max_drop 0.01"])
def test_a_gate_on_a_model_that_will_not_be_made_is_refused_at_once(tiny: Dataset, gate: str) -> None:
    wishes = wishes_from(study_parser("study").parse_args(["--method", "fold", "--gate", gate]))
    with pytest.raises(DataError, match=r"no model '(nobody|oracle)' in this study; there are: cnn, cnn-fold, linear"):
        options_of(wishes, tiny, "")
    assert options_of(replace(wishes, gates=(parse_gate("cnn-fold: bytes <= 9M"),)), tiny, "").gates
    assert options_of(replace(wishes, method=None, max_bytes=20_000), tiny, "").gates, "a search names its models later"


def test_the_margin_for_speed_is_ten_per_cent_unless_asked_for(tiny: Dataset) -> None:
    asked = wishes_from(study_parser("study").parse_args(["--method", "fold", "--speed-margin", "0.05"]))
    assert options_of(asked, tiny, "").speed_margin == 0.05
    assert wishes_from(study_parser("study").parse_args([])).speed_margin == 0.10
    with pytest.raises(SystemExit):
        study_parser("study").parse_args(["--speed-margin", "1"])
