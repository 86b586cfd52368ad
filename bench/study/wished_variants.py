"""Which variants of the baselines a study's wishes ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from baselines.dataset import Part
from bench.making.adopted import ADOPTED
from bench.making.variants import LINEAR, REFERENCE, SEEDS, STUDENT, Teacher, Variant, recipe
from bench.study.wishes import Wishes, refuse_unused
from compress.methods.distill.distill_config import PRESETS, DistillConfig
from compress.methods.fold import FoldConfig
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.runtimes import WAYS
from compress.recipes import FEWEST_BITS, RECIPES, parse_recipe

_STUDENT = "small"
# Shares of the linear model's weights that leave, by name.
SPARSITIES = {"sparse": 0.97, "sparser": 0.983, "sparsest": 0.995}
# Passes over the texts in which a linear model is fitted while it is rounded.
ROUNDING_EPOCHS = 100
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
        return _with_controls(recipe("recipe", parse_recipe(wishes.recipe, changes), [], teacher))
    match wishes.method:
        case "quantize":
            return _quantized(wishes)
        case "prune":
            return _pruned(wishes)
        case "distill":
            return _students(wishes, teacher)
        case "fold":
            return folded()
    return _everything(wishes, teacher or _TEACHER_OF_ALL)


def _with_controls(variants: Sequence[Variant]) -> list[Variant]:
    """Each taught student of a recipe beside its control, which has the steps that follow where it is the better one.

    The control is a row of its own then, instead of being trained inside the student's step and thrown away.
    """
    found: list[Variant] = []
    for variant in variants:
        config = variant.config
        if isinstance(config, DistillConfig) and config.is_taught:
            own = replace(config, against_control=False)
            control = f"{variant.name}-control"
            title = "The same student, no teacher"
            found.append(Variant(control, title, variant.parent, variant.method, own.control))
            variant = replace(variant, config=own, control=control)
        found.append(variant)
    return found


def without_twins(variants: Sequence[Variant], train: Part) -> list[Variant]:
    """Without the plain students that would be trained as their controls are, since nothing is mixed.

    Args:
        variants: with the settings that they are made with.
        train: decides how many mixtures there are.
    """
    twins = {v.plain for v in variants if isinstance(v.config, DistillConfig) and v.plain and not v.config.mixes(train)}
    kept = [variant for variant in variants if variant.name not in twins]
    return [replace(variant, plain="") if variant.plain in twins else variant for variant in kept]


def _quantized(wishes: Wishes) -> list[Variant]:
    if not wishes.bits:
        # The row of `quantize_dynamic` as it comes is slow to measure; its ratio stands in the notes of the best way.
        found = [v for v in quantized() if not v.name.endswith("-dynamic-default")]
        return [*found, *linear()[:1]]
    config = QuantizeConfig("tables", wishes.bits)
    name = f"{REFERENCE}-int{wishes.bits}"
    of_cnn = Variant(name, f"{wishes.bits}-bit tables", REFERENCE, "quantize", config)
    return [of_cnn, *linear(wishes.bits)[:1]]


def _pruned(wishes: Wishes) -> list[Variant]:
    of_cnn = _pruned_cnn(wishes)
    if wishes.unstructured:
        return [*of_cnn, *sparse_linear(**{"sparsity": SPARSITIES["sparse"], **_prune_settings(wishes)})[:1]]
    return [*of_cnn, _linear(wishes)[1]]


def _pruned_cnn(wishes: Wishes) -> list[Variant]:
    asked = _prune_settings(wishes)
    if wishes.unstructured:
        return sparse(**asked)
    # Without any wish both ways are shown, each at what it usually bears.
    return [*pruned(config=PruneConfig(**asked)), *([] if asked else sparse())]


def _linear(wishes: Wishes) -> list[Variant]:
    """The linear model's variants, with as many of its n-grams as asked for."""
    if wishes.unstructured:
        return [*linear(), *sparse_linear(**_prune_settings(wishes))]
    return [*linear(), *few_ngrams(), *sparse_linear()] if wishes.sparsity is None else linear(sparsity=wishes.sparsity)


def of_parent(wishes: Wishes) -> list[Variant]:
    """What is made of a parent from elsewhere: what would be made of the linear model, under its name."""
    if wishes.recipe or (wishes.budget is not None and not wishes.method) or wishes.method in ("distill", "fold"):
        return []
    wished = linear(wishes.bits) if wishes.bits else _linear(wishes)
    if wishes.method in ("quantize", "prune"):
        wished = [variant for variant in wished if variant.method == wishes.method and variant.parent == LINEAR]
    names = {variant.name for variant in wished} | {LINEAR}

    def own(name: str) -> str:
        return ADOPTED + name.removeprefix(LINEAR) if name in names else name

    return [
        replace(variant, name=own(variant.name), parent=own(variant.parent), title=f"Adopted: {variant.title}")
        for variant in wished
    ]


def _prune_settings(wishes: Wishes) -> dict[str, Any]:
    """The fields of `PruneConfig` that were asked for."""
    asked = {"sparsity": wishes.sparsity, "criterion": wishes.criterion, "auto": wishes.auto or None}
    return {name: value for name, value in asked.items() if value is not None}


def _everything(wishes: Wishes, teacher: Teacher) -> list[Variant]:
    found = [*folded(), *quantized(), *_pruned_cnn(wishes)]
    found += [*_linear(wishes), *_students(wishes, teacher)]
    for name, steps in RECIPES.items():
        found += recipe(name, steps, found, teacher)
    return found


def _students(wishes: Wishes, teacher: Teacher) -> list[Variant]:
    """The usual student with its three seeds, and the further presets asked for with one."""
    found: list[Variant] = []
    for preset in wishes.student or [_STUDENT]:
        usual = preset == _STUDENT
        name, seeds = (STUDENT, SEEDS) if usual else (f"{STUDENT}-{preset}", SEEDS[:1])
        found += distilled(PRESETS[preset], teacher, name=name, seeds=seeds)
    return found


def quantized(parent: str = REFERENCE) -> list[Variant]:
    """int8 by the runtimes' own means, and by tables in 8 and 4 bits."""
    as_everybody = QuantizeConfig("dynamic", way=WAYS[0])
    return [
        Variant(f"{parent}-dynamic-default", "int8, quantize_dynamic as it comes", parent, "quantize", as_everybody),
        Variant(f"{parent}-dynamic", "int8, dynamic, the best way here", parent, "quantize", QuantizeConfig("dynamic")),
        Variant(f"{parent}-static", "int8, static QDQ", parent, "quantize", QuantizeConfig("static")),
        Variant(f"{parent}-int8", "int8 tables", parent, "quantize", QuantizeConfig("tables", 8)),
        Variant(f"{parent}-int4", "4-bit tables", parent, "quantize", QuantizeConfig("tables", 4)),
    ]


def folded(parent: str = REFERENCE) -> list[Variant]:
    """The exact table form in float32."""
    return [Variant(f"{parent}-fold", "Folded to tables, exact", parent, "fold", FoldConfig())]


def pruned(parent: str = REFERENCE, config: PruneConfig | None = None) -> list[Variant]:
    """Filters removed and the layers rebuilt, then the same in tables."""
    config = config or PruneConfig()
    what = "Filters pruned, each width by its scan" if config.auto else f"{config.sparsity:.0%} of the filters pruned"
    return [
        Variant(f"{parent}-pruned", what, parent, "prune", config),
        Variant(f"{parent}-pruned-int8", "Pruned, int8 tables", f"{parent}-pruned", "quantize", QuantizeConfig()),
    ]


def sparse(parent: str = REFERENCE, sparsity: float = 0.8) -> list[Variant]:
    """Single weights set to zero."""
    config = PruneConfig(sparsity=sparsity, structured=False)
    return [Variant(f"{parent}-sparse", f"{sparsity:.0%} of the weights zero", parent, "prune", config)]


def linear(bits: int = 4, sparsity: float = 0.75) -> list[Variant]:
    """The linear model in few bits; with some of its n-grams; and both."""
    title, pruned, quantize = f"{bits}-bit weights", f"{LINEAR}-pruned", QuantizeConfig(bits=bits)
    return [
        Variant(f"{LINEAR}-int{bits}", f"Linear, {title}", LINEAR, "quantize", quantize),
        Variant(pruned, f"Linear, {1 - sparsity:.0%} of its n-grams", LINEAR, "prune", PruneConfig(sparsity=sparsity)),
        Variant(f"{pruned}-int{bits}", f"Linear, pruned, {title}", pruned, "quantize", quantize),
    ]


def few_ngrams(bits: int = 4, sparsity: float = 0.9) -> list[Variant]:
    """The linear model with very few of its n-grams, in few bits; the float model has no row."""
    few, title = f"{LINEAR}-few", f"Linear, {1 - sparsity:.0%} of its n-grams"
    return [
        Variant(few, title, LINEAR, "prune", PruneConfig(sparsity=sparsity), is_step=True),
        Variant(f"{few}-int{bits}", f"{title}, {bits}-bit weights", few, "quantize", QuantizeConfig(bits=bits)),
    ]


def sparse_linear(bits: int = 4, **asked: Any) -> list[Variant]:
    """Few single weights of the linear model, refitted; then rounded while they are refitted again.

    Args:
        bits: of the rounded ones.
        asked: fields of `PruneConfig` in place of the usual sparsities; then there is one model instead of two, and the
            floats have a row too.
    """
    found: list[Variant] = []
    for name, sparsity in (("sparse", 0.0),) if asked else SPARSITIES.items():
        config = PruneConfig(**{"sparsity": sparsity, **asked}, structured=False)
        left = "few of its weights" if config.auto else f"{1 - config.sparsity:.2%} of its weights"
        title, own = f"Linear, {left}, refitted", f"{LINEAR}-{name}"
        found.append(Variant(own, title, LINEAR, "prune", config, is_step=not asked))
        through = QuantizeConfig(bits=bits, finetune_epochs=ROUNDING_EPOCHS)
        found.append(Variant(f"{own}-int{bits}", f"{title}, {bits} bits", own, "quantize", through))
    return found


def distilled(
    config: DistillConfig, teacher: Teacher, *, name: str = STUDENT, seeds: Sequence[int] = SEEDS
) -> list[Variant]:
    """A student, its control without a teacher, both again with the further seeds, and the student in few bits.

    In 4 bits, and where no recipe does it anyhow, in the fewest. What mixing texts brings is told by one plain student,
    of the first seed: on the sample each takes 28 s of a core, and three would add a minute to a study on two.
    """
    parent = LINEAR if config.student == "linear" else REFERENCE
    control = Variant(f"{name}-control", "The same student, no teacher", parent, "distill", config.control)
    title = "The same student, neither teacher nor mixtures"
    plain = Variant(f"{name}-plain", title, parent, "distill", config.plain, is_measure=True)
    student = Variant(
        name,
        f"Student of {teacher or ('the CNN' if parent == REFERENCE else 'the linear model')}",
        parent,
        "distill",
        config,
        teacher,
        control=control.name,
        plain=plain.name,
    )
    found = [variant.at_seed(seed) for seed in seeds for variant in (student, control)]
    found.append(plain)
    if parent == LINEAR:  # it is in few bits already
        return found
    found.append(Variant(f"{name}-int4", "That student, 4-bit factors", name, "quantize", QuantizeConfig("factors", 4)))
    if name != STUDENT:
        # Students of 9 KB gained 0.008 F1 by ten epochs of fine-tuning instead of four, those of 12 KB nothing.
        fewest = replace(FEWEST_BITS, finetune_epochs=10)
        title = f"That student, {fewest.bits}-bit factors"
        found.append(Variant(f"{name}-int{fewest.bits}", title, name, "quantize", fewest))
    return found
