"""Which variants of the baselines a study's wishes ask for."""

from __future__ import annotations

from typing import Any

from bench.making import variants
from bench.making.variants import REFERENCE, STUDENT, Teacher, Variant
from bench.study.wishes import Wishes, refuse_unused
from compress.methods.distill.student import PRESETS
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import RECIPES, parse_recipe

_STUDENT = "small"
# Its out-of-fold answers cost seconds, those of the CNN a training each; and it is the better teacher on real texts.
_TEACHER_OF_ALL = "linear"


def variants_of(wishes: Wishes, teacher: Teacher = "") -> list[Variant]:
    """The variants of one method, of one recipe, or of the whole study.

    Args:
        wishes: checked here.
        teacher: what `wishes.teacher` names, loaded where it is an artifact; "" where nothing was named.
    """
    refuse_unused(wishes)
    if wishes.method is None and wishes.budget is not None and not wishes.recipe:
        return []
    if wishes.recipe:
        changes = {"quantize": {"bits": wishes.bits}} if wishes.bits else {}
        if asked := _prune_settings(wishes) | ({"structured": False} if wishes.unstructured else {}):
            changes["prune"] = asked
        return variants.recipe("recipe", parse_recipe(wishes.recipe, changes), [], teacher)
    match wishes.method:
        case "quantize":
            return _quantized(wishes)
        case "prune":
            return _pruned(wishes)
        case "distill":
            return _students(wishes, teacher)
        case "fold":
            return variants.folded()
    return _everything(wishes, teacher or _TEACHER_OF_ALL)


def _quantized(wishes: Wishes) -> list[Variant]:
    if not wishes.bits:
        # The row of `quantize_dynamic` as it comes is slow to measure; its ratio stands in the notes of the best way.
        found = [v for v in variants.quantized() if not v.name.endswith("-dynamic-default")]
        return [*found, *variants.linear()[:1]]
    config = QuantizeConfig("tables", wishes.bits)
    name = f"{REFERENCE}-int{wishes.bits}"
    of_cnn = Variant(name, f"{wishes.bits}-bit tables", REFERENCE, "quantize", config)
    return [of_cnn, *variants.linear(wishes.bits)[:1]]


def _pruned(wishes: Wishes) -> list[Variant]:
    of_cnn = _pruned_cnn(wishes)
    return of_cnn if wishes.unstructured else [*of_cnn, _linear(wishes)[1]]


def _pruned_cnn(wishes: Wishes) -> list[Variant]:
    asked = _prune_settings(wishes)
    if wishes.unstructured:
        return variants.sparse(**asked)
    # Without any wish both ways are shown, each at what it usually bears.
    return [*variants.pruned(config=PruneConfig(**asked)), *([] if asked else variants.sparse())]


def _linear(wishes: Wishes) -> list[Variant]:
    """The linear model's variants, with as many of its n-grams as asked for."""
    if wishes.sparsity is None or wishes.unstructured:
        return variants.linear()
    return variants.linear(sparsity=wishes.sparsity)


def _prune_settings(wishes: Wishes) -> dict[str, Any]:
    """The fields of `PruneConfig` that were asked for."""
    asked = {"sparsity": wishes.sparsity, "criterion": wishes.criterion, "auto": wishes.auto or None}
    return {name: value for name, value in asked.items() if value is not None}


def _everything(wishes: Wishes, teacher: Teacher) -> list[Variant]:
    found = [*variants.folded(), *variants.quantized(), *_pruned_cnn(wishes)]
    found += [*_linear(wishes), *_students(wishes, teacher)]
    for name, steps in RECIPES.items():
        found += variants.recipe(name, steps, found, teacher)
    return found


def _students(wishes: Wishes, teacher: Teacher) -> list[Variant]:
    """The usual student with its three seeds, and the further presets asked for with one."""
    found: list[Variant] = []
    for preset in wishes.student or [_STUDENT]:
        usual = preset == _STUDENT
        name, seeds = (STUDENT, variants.SEEDS) if usual else (f"{STUDENT}-{preset}", variants.SEEDS[:1])
        found += variants.distilled(PRESETS[preset], teacher, name=name, seeds=seeds)
    return found
