"""A study's options: what wishes, data and settings come to, before anything is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.models.ensemble import EnsembleConfig
from baselines.models.registry import BASELINES
from baselines.watching.expected import size_factor
from bench.cost.bill import Prices
from bench.cost.energy import find_counter
from bench.making.adopted import ADOPTED, Parent, read_parent
from bench.making.expected import fold_steps, model_steps
from bench.making.folds import of_folds
from bench.making.settings import baseline_changes, changed, read_changes, read_unlabelled
from bench.making.variants import LINEAR, REFERENCE, Teacher, Variant, needed_baselines
from bench.measure.plan import PLANS, Plan
from bench.numbers.ratios import SPEED_MARGIN
from bench.study.wished_variants import of_parent, variants_of, without_twins
from bench.study.wishes import Wishes
from bench.verdict.gate_words import Gate, check_metric
from bench.verdict.judge import Priority
from compress.search.budget import Budget
from compress.teachers import check_over_folds, read_teacher

# A second opinion costs a second: every report can say whether a plain linear model would do.
_ALWAYS = (LINEAR, REFERENCE)
ENSEMBLE = "ensemble"
# What one rung may take in the whole study unless it is asked for.
MOST_SECONDS = 300
# Seconds of training on one core: a class, and a text and class. Extrapolated from 500 to 2,000 texts of 77 classes on
# a busy machine, so good to a factor of two.
_SECONDS: Mapping[str, tuple[float, float]] = {"tfidf-boosting": (0.35, 4e-4), "tfidf-forest": (0.0, 1e-4)}

# Names of steps that no model has.
VALIDATION, DOCTOR = "validation", "data"


@dataclass(frozen=True)
class StudyOptions:
    """What a study is asked for.

    Attributes:
        name: of the run.
        command: as typed, for the report.
        baselines, variants: what is made; the reference is always among the baselines.
        slow: of the baselines those that aren't trained after all, with the reason.
        plan: how much is measured.
        delta: the margin of non-inferiority, in units of the metric.
        speed_margin: how far from 1 a ratio of latencies must be to matter, as a share.
        unlabelled: further texts for students.
        changes: fields of the baselines' configs to replace.
        budget: limits to search a model for; None searches nothing.
        trials: of that search.
        teacher: of its students: a baseline's name, "" for the CNN, or a saved artifact.
        parent: a model from elsewhere, which is the reference unless another one is asked for; None for none.
        folds: K > 1 makes every model again on K folds, whose differences decide in place of the one split's.
        price_per_hour: of the machine, in any currency; None computes no money.
        carbon_per_kwh: grams of CO2 equivalent of its electricity; None computes no carbon.
        reference: the model that others have to be as good as; "" lets `reference_among` decide.
    """

    name: str
    command: str
    baselines: tuple[str, ...]
    variants: tuple[Variant, ...]
    plan: Plan
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    delta: float = 0.01
    speed_margin: float = SPEED_MARGIN
    priority: Priority = "smallest"
    gates: tuple[Gate, ...] = ()
    unlabelled: tuple[str, ...] = ()
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    budget: Budget | None = None
    trials: int = 30
    teacher: Teacher = ""
    reference: str = ""
    parent: Parent | None = None
    folds: int = 0
    price_per_hour: float | None = None
    carbon_per_kwh: float | None = None
    slow: Mapping[str, str] = field(default_factory=dict)

    @property
    def prices(self) -> Prices:
        """What the user said of the machine's hours and electricity."""
        return Prices(self.price_per_hour, self.carbon_per_kwh)


def options_of(wishes: Wishes, dataset: Dataset, command: str, *, folds_alone: bool = False) -> StudyOptions:
    """The study that is wished for; a saved teacher is loaded and checked here, before anything is trained.

    Args:
        wishes: whatever door they came in.
        dataset: what is trained on; a saved teacher has to know its classes.
        command: as typed, for the report.
        folds_alone: without a study around them folds leave out the baselines that nothing is made of, unless they are
            named: each would be trained in every fold.

    Raises:
        UserError: a wish without effect, an unknown name, a teacher that can't teach here.
    """
    if unknown := sorted(set(wishes.baseline) - set(BASELINES)):
        raise DataError(f"--baseline: unknown {', '.join(unknown)}; known: {', '.join(BASELINES)}")
    changes = read_changes(wishes.config)
    teacher = _teacher(wishes, dataset)
    planned = [changed(variant, changes) for variant in variants_of(wishes, teacher)]
    variants = without_twins(planned, dataset.part("train"))
    parent = None if wishes.parent is None else read_parent(wishes.parent, dataset, trust=wishes.trust)
    named = [teacher] if isinstance(teacher, str) and teacher else []
    needed = {*_ALWAYS, *named, *needed_baselines(variants)}
    everything = wishes.is_whole and not folds_alone
    slow = slow_rungs(dataset, {*wishes.baseline, *needed}) if everything else {}
    if everything and not set(wishes.baseline) <= set(slow_rungs(dataset, needed)):
        raise DataError("--baseline has no effect in the whole study, which has them all; leave it out")
    wanted = set(BASELINES) if everything else {*needed, *wishes.baseline}
    baselines = tuple(name for name in BASELINES if name in wanted)
    if parent is not None:
        baselines = (*baselines, ADOPTED)
        variants += [changed(variant, changes) for variant in of_parent(wishes)]
    _check_gates(wishes, dataset, {*baselines, *(variant.name for variant in variants if variant.has_row)})
    return StudyOptions(
        name=wishes.run,
        command=command,
        baselines=baselines,
        variants=tuple(variants),
        plan=PLANS[wishes.plan or ("study" if wishes.is_whole else "quick")],
        seed=wishes.seed,
        threads=wishes.threads,
        device=wishes.device,
        delta=wishes.delta,
        speed_margin=wishes.speed_margin,
        priority=wishes.priority,
        gates=wishes.gates,
        unlabelled=read_unlabelled(wishes.unlabelled) if wishes.unlabelled else (),
        changes=baseline_changes(changes),
        budget=wishes.budget,
        trials=wishes.trials,
        teacher=teacher,
        reference=_reference(wishes.reference, baselines) or (ADOPTED if parent is not None else ""),
        parent=parent,
        folds=wishes.folds,
        price_per_hour=wishes.price_per_hour,
        carbon_per_kwh=wishes.carbon_per_kwh,
        slow=slow,
    )


def slow_rungs(dataset: Dataset, asked: AbstractSet[str]) -> dict[str, str]:
    """Baselines that the whole study leaves out on data of this size unless they are asked for, with the reason."""
    n, n_classes = len(dataset.split.train), len(dataset.classes)
    found = {}
    for name, (a_class, a_text) in _SECONDS.items():
        expected = n_classes * (a_class + n * a_text)
        if name not in asked and expected > MOST_SECONDS:
            found[name] = (
                f"about {expected / 60:.0f} minutes on {n:,} training texts of {n_classes} classes, more than the "
                f"{MOST_SECONDS // 60} that a rung may take unasked; --baseline {name} trains it"
            )
    members = sorted(set(EnsembleConfig().members) & set(found))
    if members and ENSEMBLE not in asked:
        found[ENSEMBLE] = (
            f"its member {members[0]} isn't trained: {found[members[0]]}; --baseline {ENSEMBLE} trains both"
        )
    return found


def _check_gates(wishes: Wishes, dataset: Dataset, planned: set[str]) -> None:
    """A gate that can't be judged is refused before hours of training; what a search finds has no name yet."""
    for gate in wishes.gates:
        check_metric(gate, dataset.task, dataset.classes)
        for name in (gate.model, gate.reference):
            if name is not None and name not in planned and wishes.budget is None:
                raise DataError(
                    f"gate {gate.text!r}: no model {name!r} in this study; there are: {', '.join(sorted(planned))}"
                )


def _reference(asked: str, baselines: Sequence[str]) -> str:
    if asked != "auto" and asked not in baselines:
        raise DataError(f"--reference {asked}: not among this run's baselines; allowed: auto, {', '.join(baselines)}")
    return "" if asked == "auto" else asked


def _teacher(wishes: Wishes, dataset: Dataset) -> Teacher:
    if wishes.teacher is None or wishes.teacher in BASELINES:
        return wishes.teacher or ""
    teacher = read_teacher(wishes.teacher, dataset)
    if wishes.folds:
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


def expected_seconds(options: StudyOptions, n_texts: int, doctor_s: float) -> list[tuple[str, float]]:
    """Steps with the seconds they are expected to take, with so many training texts."""
    made = [name for name in options.baselines if name not in options.slow]
    models = model_steps(made, options.variants, n_texts)
    on_folds = model_steps(made, of_folds(options.variants), n_texts)
    n = len(options.baselines) + sum(v.has_row for v in options.variants)
    search = [("search", 8.0 * options.trials * size_factor(n_texts))] if options.budget is not None else []
    after = [("exports", 2.5 * n), (VALIDATION, 0.4 * n), ("scores", 0.5 * n), (DOCTOR, doctor_s), ("latency", 3.8 * n)]
    energy = (
        [("energy", options.plan.energy_window_s * n)] if options.plan.energy_window_s and find_counter("cpu") else []
    )
    return [*models, *search, *after, *energy, *fold_steps(on_folds, options.folds), ("report", 20.0 + 2 * n)]
