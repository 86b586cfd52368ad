"""Which variants of the CNN the options of `python -m compress.run` ask for; options without effect are refused."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from baselines.errors import DataError
from bench.making import variants as catalogue
from bench.making.variants import REFERENCE, STUDENT, Teacher, Variant
from compress.methods.distill.student import PRESETS
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.weights import QuantizeConfig
from compress.recipes import RECIPES, parse_recipe
from compress.search.budget import Budget

_STUDENT = "small"
# Its out-of-fold answers cost seconds, those of the CNN a training each; and it is the better teacher on real texts.
_TEACHER_OF_ALL = "linear"
_OF_PRUNING = ("--method prune", "--method all", "--recipe")
_OF_STUDENTS = ("--method distill", "--method all", "--recipe", "a budget")
# What each option has an effect with.
_USES: dict[str, tuple[str, ...]] = {
    "bits": ("--method quantize", "--recipe"),
    "sparsity": _OF_PRUNING,
    "auto": _OF_PRUNING,
    "unstructured": _OF_PRUNING,
    "criterion": _OF_PRUNING,
    "student": _OF_STUDENTS[:2],
    "teacher": _OF_STUDENTS,
    "unlabelled": _OF_STUDENTS,
}


def is_whole(args: Namespace) -> bool:
    """Whether the whole study is asked for: by name, or by asking for nothing in particular."""
    return args.method == "all" or (args.method is None and not args.recipe and budget_from(args) is None)


def refuse_unused(args: Namespace) -> None:
    """Raise DataError for options that would have no effect, or that exclude each other."""
    if args.recipe and args.method:
        raise DataError("--method and --recipe each say what to make; give one of them")
    what = "--recipe" if args.recipe else f"--method {args.method or 'all'}"
    made = {"a budget"} if budget_from(args) is not None else set()
    if args.method or args.recipe or not made:
        made.add(what)
    for option, uses in _USES.items():
        if getattr(args, option, None) and not made & set(uses):
            raise DataError(
                f"--{option} has no effect with {' and '.join(sorted(made))}; leave it out, or use it with one of: "
                f"{', '.join(uses)}"
            )


def variants_from(args: Namespace) -> list[Variant]:
    """The variants of one method, of one recipe, or of the whole study."""
    refuse_unused(args)
    if args.method is None and budget_from(args) is not None and not args.recipe:
        return []
    if args.recipe:
        changes = {"quantize": {"bits": args.bits}} if args.bits else {}
        if asked := prune_settings(args) | ({"structured": False} if args.unstructured else {}):
            changes["prune"] = asked
        return catalogue.recipe("recipe", parse_recipe(args.recipe, changes), [], args.teacher or "")
    match args.method:
        case "quantize":
            return _quantized(args)
        case "prune":
            return _pruned(args)
        case "distill":
            return _students(args, args.teacher or "")
        case "fold":
            return catalogue.folded()
    return _everything(args)


def _quantized(args: Namespace) -> list[Variant]:
    if not args.bits:
        # The row of `quantize_dynamic` as it comes is slow to measure; its ratio stands in the notes of the best way.
        variants = [v for v in catalogue.quantized() if not v.name.endswith("-dynamic-default")]
        return [*variants, *catalogue.linear()[:1]]
    config = QuantizeConfig("tables", args.bits)
    name = f"{REFERENCE}-int{args.bits}"
    of_cnn = Variant(name, f"{args.bits}-bit tables", REFERENCE, "quantize", config)
    return [of_cnn, *catalogue.linear(args.bits)[:1]]


def _pruned(args: Namespace) -> list[Variant]:
    of_cnn = _pruned_cnn(args)
    return of_cnn if args.unstructured else [*of_cnn, _linear(args)[1]]


def _pruned_cnn(args: Namespace) -> list[Variant]:
    asked = prune_settings(args)
    if args.unstructured:
        return catalogue.sparse(**asked)
    # Without any wish both ways are shown, each at what it usually bears.
    return [*catalogue.pruned(config=PruneConfig(**asked)), *([] if asked else catalogue.sparse())]


def _linear(args: Namespace) -> list[Variant]:
    """The linear model's variants, with as many of its n-grams as asked for."""
    asked = args.sparsity is not None and not args.unstructured
    return catalogue.linear(sparsity=args.sparsity) if asked else catalogue.linear()


def prune_settings(args: Namespace) -> dict[str, Any]:
    """The fields of `PruneConfig` that were asked for; raises DataError for wishes that exclude each other."""
    if args.auto and (args.sparsity is not None or args.unstructured):
        other = "--unstructured" if args.unstructured else "--sparsity"
        raise DataError(f"--auto chooses how many filters of each width go; leave out {other}, or --auto")
    if args.unstructured and args.criterion:
        raise DataError("--criterion ranks filters, --unstructured takes single weights by magnitude; leave one out")
    asked = {"sparsity": args.sparsity, "criterion": args.criterion, "auto": args.auto or None}
    return {name: value for name, value in asked.items() if value is not None}


def _everything(args: Namespace) -> list[Variant]:
    teacher = args.teacher or _TEACHER_OF_ALL
    variants = [*catalogue.folded(), *catalogue.quantized(), *_pruned_cnn(args)]
    variants += [*_linear(args), *_students(args, teacher)]
    for name, steps in RECIPES.items():
        variants += catalogue.recipe(name, steps, variants, teacher)
    return variants


def _students(args: Namespace, teacher: Teacher) -> list[Variant]:
    """The usual student with its three seeds, and the further presets asked for with one."""
    variants: list[Variant] = []
    for preset in args.student or [_STUDENT]:
        usual = preset == _STUDENT
        name, seeds = (STUDENT, catalogue.SEEDS) if usual else (f"{STUDENT}-{preset}", catalogue.SEEDS[:1])
        variants += catalogue.distilled(PRESETS[preset], teacher, name=name, seeds=seeds)
    return variants


def budget_from(args: Namespace) -> Budget | None:
    """The limits that were given; None for none."""
    seconds = None if args.max_p95_us is None else args.max_p95_us * 1e-6
    budget = Budget(args.max_bytes, args.max_f1_drop, seconds)
    return None if budget == Budget() else budget
