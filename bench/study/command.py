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
from baselines.models.registry import BASELINES
from bench.making import variants as catalogue
from bench.making.variants import LINEAR, REFERENCE, Teacher, Variant
from bench.measure.plan import PLANS
from bench.report import terminal
from bench.report.write_report import HTML, MARKDOWN
from bench.results.file import RESULTS
from bench.study.flow import StudyOptions, run_study
from bench.study.wishes import budget_from, is_whole, variants_from
from bench.verdict import gates
from compress.registry import METHODS
from compress.search.budget import Solution, require_feasible
from compress.teachers import check_over_folds, read_teacher

# A second opinion costs a second: every report can say whether a plain linear model would do.
_ALWAYS = (LINEAR, REFERENCE)


def run_command(args: Namespace, dataset: Dataset, command: str, console: Console) -> int:
    """Run the study the options ask for, print the table, and give the exit code of the gates."""
    asked = [gate for path in ([args.gates] if args.gates else []) for gate in gates.read_gates(path)]
    asked += [gates.parse_gate(text) for text in args.gate]
    root = Path("runs") / args.run
    args.teacher = teacher_from(args, dataset)
    for warning in warnings_of(args.teacher):
        console.print(f"warning: --teacher: {warning}", style="yellow", markup=False, highlight=False)
    options = options_from(args, command, tuple(asked))
    facts, solution = run_study(root, dataset, options, console)
    terminal.print_report(facts, Console())
    console.print(f"written: {root / HTML}, {root / MARKDOWN}, {root / RESULTS}", highlight=False)
    if solution is not None:
        require_feasible(solution)
        console.print(within_budget(solution, root), highlight=False, markup=False)
    return gates.exit_code(facts.gates, strict=args.strict)


def teacher_from(args: Namespace, dataset: Dataset) -> Teacher:
    """What `--teacher` names, "" for nothing; an artifact is loaded and checked, before anything is trained.

    Raises:
        UserError: neither a baseline nor an artifact, or one that can't teach students of this data set.
    """
    if args.teacher is None or args.teacher in BASELINES:
        return args.teacher or ""
    teacher = read_teacher(args.teacher, dataset)
    if args.folds:
        check_over_folds(teacher)
    return teacher


def warnings_of(teacher: Teacher) -> tuple[str, ...]:
    """What a user should know of a saved teacher before its students are made."""
    if isinstance(teacher, str):
        return ()
    if teacher.method and teacher.classifier.can_fit:
        again = f"for the labelled texts {teacher.classifier.kind!r} is fitted anew, without the {teacher.method} step"
        return (f"{again} that made {teacher}", *teacher.notes)
    return teacher.notes


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
    teacher = {args.teacher} & set(BASELINES)
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


def read_unlabelled(path: Path) -> tuple[str, ...]:
    """Texts of a file, one a line; raises DataError when it can't be read or holds none."""
    try:
        texts = tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"--unlabelled {path}: can't be read as UTF-8 text, one a line ({error})") from None
    if not texts:
        raise DataError(f"--unlabelled {path}: holds no text; one text a line is expected")
    return texts
