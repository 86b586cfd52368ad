"""Turns the options of `python -m compress.run` into a study: which baselines, which variants, how much is measured."""

from __future__ import annotations

import dataclasses
import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.registry import BASELINES
from bench import catalogue, gates, terminal
from bench.catalogue import LINEAR, REFERENCE, Variant
from bench.plan import PLANS
from bench.report import HTML, MARKDOWN
from bench.results_file import RESULTS
from bench.study import StudyOptions, run_study
from compress.budget import Budget, Solution, require_feasible
from compress.distill import PRESETS
from compress.prune import PruneConfig
from compress.quantize import QuantizeConfig
from compress.recipes import RECIPES, parse_recipe
from compress.registry import METHODS

# A second opinion costs a second: every report can say whether a plain linear model would do.
_ALWAYS = (LINEAR, REFERENCE)
_STUDENT = "small"
# Its out-of-fold answers cost seconds, those of the CNN a training each; and it is the better teacher on real texts.
_TEACHER_OF_ALL = "linear"


def run_command(args: Namespace, dataset: Dataset, command: str, console: Console) -> int:
    """Run the study the options ask for, print the table, and give the exit code of the gates."""
    asked = [gate for path in ([args.gates] if args.gates else []) for gate in gates.read_gates(path)]
    asked += [gates.parse_gate(text) for text in args.gate]
    root = Path("runs") / args.run
    options = options_from(args, command, tuple(asked))
    facts, solution = run_study(root, dataset, options, console)
    terminal.print_report(facts, Console())
    console.print(f"written: {root / HTML}, {root / MARKDOWN}, {root / RESULTS}", highlight=False)
    if solution is not None:
        require_feasible(solution)
        console.print(within_budget(solution, root), highlight=False, markup=False)
    return gates.exit_code(facts.gates, strict=args.strict)


def within_budget(solution: Solution, root: Path) -> str:
    """What the search found, and how to get it: the verdict above judges all models, this one keeps the budget."""
    best = solution.best
    latency = "" if best.p95_s is None else f", p95 {best.p95_s * 1e6:.0f} µs"
    artifact = root / "compress" / "budget" / "artifact"
    return (
        f"within the budget: budget, {best.size_bytes:,} bytes, F1 on validation {best.f1_weighted:.3f} "
        f"({best.f1_drop:+.3f} below the CNN){latency}; python -m exports.run {artifact} --out bundle"
    )


def options_from(args: Namespace, command: str, asked: tuple[gates.Gate, ...]) -> StudyOptions:
    """The study that command-line options describe."""
    changes = read_changes(args.config) if args.config else {}
    variants = [changed(variant, changes) for variant in variants_from(args)]
    everything = is_whole(args)
    teacher = {args.teacher} if args.teacher else set()
    wanted = set(BASELINES) if everything else {*_ALWAYS, *teacher, *catalogue.needed_baselines(variants)}
    baselines = tuple(name for name in BASELINES if name in wanted)
    return StudyOptions(
        name=args.run,
        command=command,
        baselines=baselines,
        variants=tuple(variants),
        plan=PLANS[args.plan or ("study" if everything else "quick")],
        seed=args.seed,
        threads=args.threads,
        device=args.device,
        delta=args.delta,
        priority=args.priority,
        gates=asked,
        unlabelled=read_unlabelled(args.unlabelled) if args.unlabelled else (),
        changes=baseline_changes(changes),
        budget=budget_from(args),
        trials=args.trials,
        teacher=args.teacher or "",
        # A budget's fall of F1 is counted from the CNN, so its models are compared with it too.
        reference=_reference(args.reference, baselines) or (REFERENCE if budget_from(args) else ""),
        folds=args.folds,
        price_per_hour=args.price_per_hour,
    )


def _reference(asked: str, baselines: Sequence[str]) -> str:
    if asked != "auto" and asked not in baselines:
        raise DataError(f"--reference {asked}: not among this run's baselines; allowed: auto, {', '.join(baselines)}")
    return "" if asked == "auto" else asked


def budget_from(args: Namespace) -> Budget | None:
    """The limits that were given; None for none."""
    seconds = None if args.max_p95_us is None else args.max_p95_us * 1e-6
    budget = Budget(args.max_bytes, args.max_f1_drop, seconds)
    return None if budget == Budget() else budget


def read_changes(path: Path) -> dict[str, dict[str, Any]]:
    """Settings by baseline or method from a JSON file; raises DataError naming what isn't known."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"--config {path}: not a readable JSON file ({error})") from None
    if not isinstance(content, dict) or not all(isinstance(fields, dict) for fields in content.values()):
        raise DataError(f'--config {path}: expected an object of objects, such as {{"cnn": {{"epochs": 20}}}}')
    if unknown := sorted(set(content) - set(BASELINES) - set(METHODS)):
        known = ", ".join([*BASELINES, *METHODS])
        raise DataError(f"--config {path}: unknown {', '.join(unknown)}; allowed: {known}")
    return content


def baseline_changes(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The part of `--config` that concerns baselines."""
    return {name: fields for name, fields in changes.items() if name in BASELINES}


def changed(variant: Variant, changes: Mapping[str, Mapping[str, Any]]) -> Variant:
    """The variant with the settings that `--config` replaces for its method."""
    fields = changes.get(variant.method, {})
    known = [field.name for field in dataclasses.fields(variant.config)]
    if unknown := sorted(set(fields) - set(known)):
        raise DataError(f"--config: {variant.method} has no {', '.join(unknown)}; allowed: {', '.join(known)}")
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return replace(variant, config=replace(variant.config, **lists))


def is_whole(args: Namespace) -> bool:
    """Whether the whole study is asked for: by name, or by asking for nothing in particular."""
    return args.method == "all" or (args.method is None and not args.recipe and budget_from(args) is None)


def variants_from(args: Namespace) -> list[Variant]:
    """The variants of one method, of one recipe, or of the whole study."""
    if args.method is None and budget_from(args) is not None:
        return []
    if args.recipe:
        changes = {"quantize": {"bits": args.bits}} if args.bits else {}
        if args.sparsity is not None:
            changes["prune"] = {"sparsity": args.sparsity}
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
    of_linear = catalogue.linear() if args.sparsity is None else catalogue.linear(sparsity=args.sparsity)
    return [*catalogue.pruned(config=_prune_config(args)), of_linear[1]]


def _prune_config(args: Namespace) -> PruneConfig | None:
    """None for the usual set: half of the filters, and 80 % of the weights."""
    if args.sparsity is None and not args.auto and args.criterion == "taylor":
        return None
    config = PruneConfig(criterion=args.criterion, auto=args.auto)
    return config if args.sparsity is None else replace(config, sparsity=args.sparsity)


def _everything(args: Namespace) -> list[Variant]:
    teacher = args.teacher or _TEACHER_OF_ALL
    variants = [*catalogue.folded(), *catalogue.quantized(), *catalogue.pruned(), *catalogue.linear()]
    variants += _students(args, teacher)
    for name, steps in RECIPES.items():
        variants += catalogue.recipe(name, steps, variants, teacher)
    return variants


def _students(args: Namespace, teacher: str) -> list[Variant]:
    """The usual student with its three seeds, and the further presets asked for with one."""
    variants: list[Variant] = []
    for preset in args.student or [_STUDENT]:
        usual = preset == _STUDENT
        name, seeds = ("student", catalogue.SEEDS) if usual else (f"student-{preset}", catalogue.SEEDS[:1])
        variants += catalogue.distilled(PRESETS[preset], teacher, name=name, seeds=seeds)
    return variants


def read_unlabelled(path: Path) -> tuple[str, ...]:
    """Texts of a file, one a line; raises DataError when it can't be read or holds none."""
    try:
        texts = tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"--unlabelled {path}: can't be read as UTF-8 text, one a line ({error})") from None
    if not texts:
        raise DataError(f"--unlabelled {path}: holds no text; one text a line is expected")
    return texts
