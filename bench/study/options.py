"""A study's options: what wishes, data and settings come to, before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from baselines.cluster.engines import LOCAL, Engine, engine_of
from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.models.registry import BASELINES
from bench.cost.bill import Prices
from bench.cost.energy import find_counter
from bench.making.adopted import ADOPTED, Parent, read_parent
from bench.making.expected import fold_steps
from bench.making.folds import of_folds
from bench.making.settings import baseline_changes, changed, read_changes, read_unlabelled
from bench.making.variants import LINEAR, REFERENCE, Teacher, Variant, needed_baselines
from bench.making.workshop import Workshop
from bench.measure.plan import PLANS, Plan
from bench.numbers.ratios import SPEED_MARGIN
from bench.planning.choice import choose
from bench.planning.costs import Costs
from bench.planning.deadline import trials_within
from bench.planning.limits import ensemble_members, may_be_slow, slow_rungs
from bench.planning.plan import Wanted
from bench.planning.prepare import Prepared, prepare
from bench.planning.timings import now
from bench.study.wished_variants import of_parent, variants_of, without_twins
from bench.study.wishes import Wishes
from bench.verdict.gate_words import Gate, check_metric
from bench.verdict.judge import Priority
from compress.search.budget import Budget
from compress.teachers import check_over_folds, read_teacher

# A second opinion costs a second: every report can say whether a plain linear model would do.
_ALWAYS = (LINEAR, REFERENCE)
# `baselines.train --folds` keeps its own beside it, in `folds`.
FOLDS_FOLDER = "study-folds"
# Names of steps that no model has.
VALIDATION, DOCTOR = "validation", "data"
# Steps that take as long as the plan says.
PLANNED = ("latency", "energy")


@dataclass(frozen=True)
class StudyOptions:
    """What a study is asked for.

    Attributes:
        name: of the run.
        command: as typed, for the report.
        baselines, variants: what has a row, and variants that are made for others; parents before children.
        left_out: of them those that aren't made after all, with the reason.
        asked: names that somebody asked for, or that something asked for needs: none is left out for its time unless
            the whole has to end in time.
        named: of those the ones that the user named, which come first where time is short.
        members: baselines that the ensemble averages.
        notes: sentences on what is made although nobody named it.
        time_s: in which the whole command has to end; None for no limit.
        begun_at: when it began, by `bench.planning.timings.now`; None: when the study does.
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
        engine: where steps are made.
        store: address at which they are kept too, "" for none.
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
    left_out: Mapping[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    members: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    time_s: float | None = None
    begun_at: float | None = None
    engine: Engine = LOCAL
    store: str = ""

    @property
    def folds_store(self) -> str:
        """Address of the folds' steps in a store; "" without one."""
        return f"{self.store}/{FOLDS_FOLDER}" if self.store else ""

    @property
    def prices(self) -> Prices:
        """What the user said of the machine's hours and electricity."""
        return Prices(self.price_per_hour, self.carbon_per_kwh)


def options_of(
    wishes: Wishes, dataset: Dataset, command: str, *, folds_alone: bool = False, begun_at: float | None = None
) -> StudyOptions:
    """The study that is wished for; a saved teacher is loaded and checked here, before anything is trained.

    Args:
        wishes: whatever door they came in.
        dataset: what is trained on; a saved teacher has to know its classes.
        command: as typed, for the report.
        folds_alone: without a study around them folds leave out the baselines that nothing is made of, unless they are
            named: each would be trained in every fold.
        begun_at: when the command began, from which a time counts.

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
    asked = frozenset({*wishes.baseline, *wishes.only, *needed})
    if everything and not set(wishes.baseline) <= set(may_be_slow(dataset, needed)):
        raise DataError("--baseline has no effect in the whole study, which has them all; leave it out")
    wanted = set(BASELINES) if everything else {*needed, *wishes.baseline}
    baselines = tuple(name for name in BASELINES if name in wanted)
    if parent is not None:
        baselines = (*baselines, ADOPTED)
        variants += [changed(variant, changes) for variant in of_parent(wishes)]
    members = ensemble_members(dataset, changes)
    slow = slow_rungs(dataset, asked, members) if everything else {}
    choice = choose(baselines, variants, only=wishes.only, skip=wishes.skip, left_out=slow, members=members)
    variants = list(choice.variants)
    _check_left_out(wishes, choice.left_out)
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
        left_out=choice.left_out,
        asked=asked,
        named=frozenset({*wishes.baseline, *wishes.only}),
        members=members,
        notes=choice.notes,
        time_s=wishes.time,
        begun_at=begun_at,
        engine=engine_of(wishes.engine),
        store=wishes.store or "",
    )


def _check_left_out(wishes: Wishes, left_out: Mapping[str, str]) -> None:
    """Raise DataError where what is left out is what another wish rests on."""
    needs = {"--reference": wishes.reference, "--teacher": wishes.teacher or ""}
    for option, name in needs.items():
        if name in left_out:
            raise DataError(f"{option} {name}: it is left out, since {left_out[name]}; leave out one of the two wishes")
    for gate in wishes.gates:
        for named in (gate.model, gate.reference):
            if named is not None and named in left_out:
                raise DataError(f"gate {gate.text!r}: {named} is left out, since {left_out[named]}")
    if wishes.budget is not None and (missing := [name for name in _ALWAYS if name in left_out]):
        raise DataError(
            f"a search within a budget makes smaller models of {' and '.join(_ALWAYS)}; {missing[0]} is left out, "
            f"since {left_out[missing[0]]}"
        )


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


def prepared(
    options: StudyOptions, workshop: Workshop, processes: int, doctor_s: float, say: Callable[[str], None]
) -> tuple[StudyOptions, Prepared]:
    """The options after small trainings were timed: what takes too long for the data, or for the time, is left out.

    Args:
        options: as wished.
        workshop: of the run.
        processes: trainings at once.
        doctor_s: expected of looking at the data.
        say: shows a line.
    """
    task = workshop.dataset.task
    named = options.asked if options.time_s is None else options.named
    wanted = Wanted(
        options.baselines, options.variants, options.left_out, named, options.members, task, processes=processes
    )
    begun_at = now() if options.begun_at is None else options.begun_at
    found = prepare(
        workshop, wanted, options.plan, given_s=options.time_s, begun_at=begun_at, doctor_s=doctor_s, say=say
    )
    changed = replace(options, variants=found.variants, left_out=found.left_out, plan=found.measuring)
    if found.deadline is not None and options.budget is not None:
        changed = replace(changed, trials=trials_within(found.deadline, options.trials))
    return changed, found


def expected_seconds(options: StudyOptions, costs: Costs) -> list[tuple[str, float]]:
    """Steps with the seconds they are expected to take."""
    made = [name for name in options.baselines if name not in options.left_out]
    variants = [variant for variant in options.variants if variant.name not in options.left_out]
    models = list(costs.making(made, variants).items())
    on_folds = costs.making(made, of_folds(variants)).items()
    rows = [*made, *(v.name for v in variants if v.has_row)]
    search = [("search", options.trials * costs.trial_s)] if options.budget is not None else []
    after = costs.after(rows, options.plan)
    energy = options.plan.energy_window_s * len(rows) if find_counter("cpu") else 0.0
    steps = [(name, after[name]) for name in ("exports", VALIDATION, "scores")]
    steps += [(DOCTOR, costs.doctor_s), ("latency", after["latency"]), *([("energy", energy)] if energy else [])]
    return [*models, *search, *steps, *fold_steps(on_folds, options.folds), ("report", after["report"])]
