"""The whole study: data, baselines, compression, exports, measurements, report, in this order, each step kept on disk.

Killed anywhere, the same command continues: a finished step is recognised by the hash of what it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from baselines.classifier import ignore_progress
from baselines.cores import usable_core_count
from baselines.data.card import data_card, render
from baselines.dataset import Dataset
from baselines.doctor.step import doctor_step, expected_s
from baselines.models.chance import ChanceClassifier
from baselines.scores.intervals import N_RESAMPLES_VERDICT
from baselines.scores.resampling import resample_scores
from baselines.storage.artifact import write_json_whole
from baselines.storage.run_folder import RunFolder
from baselines.storage.stored_run import working
from bench.cost.energy import find_counter
from bench.engine.on_processes import make_ahead, processes_at_once
from bench.making.ahead import export_jobs, fold_jobs, jobs_of, score_jobs
from bench.making.budget_search import search_budget, steps_of
from bench.making.doctor_job import doctor_job
from bench.making.expected import model_steps
from bench.making.folds import of_folds, run_folds
from bench.making.side_by_side import side_by_side
from bench.making.spreading import Spreading, spreading
from bench.making.variants import REFERENCE, recipe
from bench.making.workshop import Workshop
from bench.measure.measurements import Measurements
from bench.measure.rounds import measure
from bench.planning.steps import make_in_time, skipped_step, trim
from bench.quality.scoring import candidates_of
from bench.report.charts.library import begin_packing
from bench.report.sections.facts import Facts
from bench.report.write_report import HTML, MARKDOWN, write_report
from bench.results.run import RESULTS, Run
from bench.study import assemble as assembly
from bench.study.answers import answer_validation, count_energy, score
from bench.study.deploy import add_recommendation
from bench.study.evidence import Evidence
from bench.study.options import DOCTOR, FOLDS_FOLDER, StudyOptions
from bench.study.reference import (
    budget_gates,
    differences_on_validation,
    differences_to_cnn,
    promotion,
    reference_of,
)
from bench.study.state import Study, begin, model_names
from bench.study.task_facts import cleaning_warning
from bench.verdict.claims import resampled_claims
from bench.verdict.conclude import conclude
from compress.search.budget import Budget, Solution

_BUNDLES_AT_ONCE = 2
SAMPLES_FILE = "latencies.safetensors"


def run_study(root: Path, dataset: Dataset, options: StudyOptions, console: Console) -> tuple[Facts, Solution | None]:
    """Make everything that is missing, measure, and write the report; alone in the run folder, waiting for others.

    Args:
        root: the run folder.
        dataset: loaded and split.
        options: what to make.
        console: for progress; the table is printed by the caller.

    Returns:
        What the report was made from, and what the search within a budget found.

    Raises:
        UserError: the run folder belongs to other data or another version, or an input can't be used.
    """
    with working(root, dataset_sha256=dataset.sha256, store=options.store) as run:
        return _studied(run, dataset, options, console)


def _studied(
    run: RunFolder, dataset: Dataset, options: StudyOptions, console: Console
) -> tuple[Facts, Solution | None]:
    card = data_card(dataset)
    console.print(render(card))
    workshop = Workshop(
        run,
        dataset,
        options.seed,
        options.threads,
        options.device,
        lambda step: ignore_progress,
        options.unlabelled,
        options.changes,
        counter=find_counter(options.device),
        adopted=options.parent,
    )
    study = begin(options, workshop, console, processes_at_once(options.threads), expected_s(dataset))
    watch = study.watch
    with watch.showing():
        make_and_answer(study)
        examine_data(study)
        measured = time_candidates(study)
        count_energy(study)
        if options.folds:
            repeat_on_folds(study)
        with watch.step("report"):
            begin_packing()
            content = conclude(assemble(study, measured, card), study.options.gates, options.priority)
            content = add_recommendation(study, content)
            write_json_whole(run.root / RESULTS, content)
            facts = write_report(run.root)  # reads and checks what stands there
            run.publish((RESULTS, HTML, MARKDOWN))
    return facts, study.solution


def make_and_answer(study: Study) -> None:
    """Everything that isn't timed, where an engine is asked for by its workers; they are gone when timing begins."""
    options = study.options
    controls = {variant.name: variant.control for variant in options.variants if variant.control}
    with spreading(study.workshop, controls, options.engine, options.store, study.watch) as others:
        make_ahead_of(study, others)
        make_models(study)
        make_bundles(study)
        answer_validation(study)
        score(study, lambda names: others.make(score_jobs(names)))
        study.spread = others.facts


def make_ahead_of(study: Study, others: Spreading) -> None:
    """Make steps ahead, several at once; not on a GPU, nor where energy is counted: both would be shared."""
    options, watch = study.options, study.watch
    if options.device != "cpu" or study.workshop.counter is not None:
        if others.is_on:
            watch.warn("trainings on a GPU, or whose energy is counted, aren't spread: this machine makes them")
        return
    baselines = [name for name in options.baselines if name not in options.left_out]
    variants = [variant for variant in options.variants if variant.name not in options.left_out]
    expected = dict(watch.expected)
    jobs = jobs_of(study.workshop, baselines, variants, expected)
    exports = export_jobs(jobs, [*baselines, *(variant.name for variant in variants)])
    if study.deadline is None:
        jobs.append(doctor_job(study.workshop, DOCTOR, [job.name for job in jobs[:1]], expected[DOCTOR]))
    else:  # looking at the data is for what time is left
        jobs = [replace(job, make=study.deadline.guarded(job.name, job.make)) for job in jobs]
    if options.folds and options.budget is None:  # what a search is going to find has no folds yet
        jobs += fold_jobs(
            study.workshop, FOLDS_FOLDER, options.folds, baselines, of_folds(variants), options.folds_store
        )
    if others.is_on:
        return others.make([*jobs, *exports])
    processes = processes_at_once(options.threads)
    with watch.side_by_side({job.name: job.after for job in jobs}, processes):
        make_ahead(jobs, processes, watch)


def make_models(study: Study) -> None:
    """Baselines, then variants, in order."""
    workshop, watch, deadline = study.workshop, study.watch, study.deadline
    for name in study.options.baselines:
        make_in_time(deadline, workshop, watch, name, partial(workshop.baseline, name))
    if warning := cleaning_warning(study.workshop.run, study.workshop.dataset):
        study.watch.warn(warning)
    if study.options.budget is not None:
        search(study, study.options.budget)
    for variant in study.options.variants:
        make_in_time(deadline, workshop, watch, variant.name, partial(workshop.variant, variant))
    parents = study.workshop.parents
    made = (replace(variant, parent=parents.get(variant.name, variant.parent)) for variant in study.options.variants)
    study.options = replace(study.options, variants=tuple(made))


def search(study: Study, budget: Budget) -> None:
    """Look for a model within the budget; add its recipe to what is made, and its limits to what is checked on test."""
    options, workshop = study.options, study.workshop
    with study.watch.step("search"):
        study.solution = search_budget(
            workshop, budget, trials=options.trials, teacher=options.teacher, reference=reference_of(study)
        )
    best = study.solution.best
    found = recipe("budget", steps_of(study.solution), options.variants, options.teacher, best.family)
    for name, seconds in model_steps((), found, len(workshop.dataset.split.train)):
        study.watch.add(name, seconds)
    gates = (*options.gates, *budget_gates(budget, study.solution))
    study.options = replace(options, variants=(*options.variants, *found), gates=gates)


def make_bundles(study: Study) -> None:
    """Every model in every form it can be shipped in, two models at once: tables of pairs take 100 MB and more."""
    trim(study.deadline, study.workshop, study.watch, model_names(study.options))
    if study.deadline is not None:
        study.options = replace(study.options, plan=study.deadline.measuring)
    with study.watch.step("exports"):
        names = [name for name in model_names(study.options) if name not in study.workshop.skipped]
        # Loaded before, one after the other: what is loaded once must not be loaded twice at the same time.
        runtimes = {name: study.workshop.classifier(name).library for name in names}
        threads = max(1, usable_core_count() // _BUNDLES_AT_ONCE)
        advance = study.watch.inside()
        found = side_by_side(
            lambda name: study.workshop.bundles(name, threads), names, most=_BUNDLES_AT_ONCE, progress=advance
        )
        for name, bundles in zip(names, found, strict=True):
            study.candidates[name] = candidates_of(name, study.workshop.artifact_of(name), bundles, runtimes[name])


def examine_data(study: Study) -> None:
    """What is wrong with the data; after the scores, since texts of the test part are looked at."""
    seconds = dict(study.watch.expected).get(DOCTOR, 0.0)
    if reason := skipped_step(study.deadline, study.watch, DOCTOR, seconds, study.candidates):
        study.doctor = {"skipped": reason}
        return
    with study.watch.step(DOCTOR):
        study.doctor = doctor_step(study.workshop.run, study.workshop.dataset)


def time_candidates(study: Study) -> Measurements:
    """Latency of every candidate whose model has a row."""
    rows = [name for name in model_names(study.options, rows_only=True) if name in study.candidates]
    candidates = [candidate for name in rows for candidate in study.candidates[name]]
    expected = {c.name: study.scored[name].of_candidates[c.name] for name in rows for c in study.candidates[name]}
    folder = study.workshop.run.root / "bench" / "latency"
    with study.watch.step("latency"):
        measured = measure(
            candidates,
            study.workshop.dataset.part("test").texts,
            study.options.plan,
            expected=expected,
            anchor=REFERENCE if REFERENCE in study.candidates else reference_of(study),
            folder=folder,
            progress=study.watch.inside("measuring"),
        )
        measured.save_samples(folder / SAMPLES_FILE)
    return measured


def repeat_on_folds(study: Study) -> None:
    """Every model once more on each fold; the variants are those of the study, a budget's among them."""
    options, workshop = study.options, study.workshop
    study.folds = run_folds(
        workshop.run.root / FOLDS_FOLDER,
        workshop.dataset,
        [name for name in options.baselines if name not in workshop.skipped],
        [variant for variant in of_folds(options.variants) if variant.name not in workshop.skipped],
        k=options.folds,
        seed=options.seed,
        threads=options.threads,
        device=options.device,
        watch=study.watch,
        unlabelled=options.unlabelled,
        changes=options.changes,
        store=options.folds_store,
    )


def assemble(study: Study, measured: Measurements | None, card: Mapping[str, object]) -> dict[str, object]:
    """results.json, without verdict, front and gates."""
    dataset, seed = study.workshop.dataset, study.options.seed
    test = dataset.part("test")
    resampled = resample_scores(
        test.labels,
        {name: scored.decisions for name, scored in study.scored.items()},
        np.random.default_rng([seed, 5]),
        probabilities={name: scored.probabilities for name, scored in study.scored.items()},
        task=test.task,
        metric=test.judged_by,
        n_resamples=N_RESAMPLES_VERDICT,
    )
    counts = dataset.part("train").labels.sum(axis=0, dtype=np.int64)
    differences = differences_to_cnn(study, resampled)
    reference = reference_of(study)
    over_folds = study.folds.against(reference, study.options.delta) if study.folds else None
    evidence = Evidence(
        test,
        counts,
        study.scored,
        resampled,
        measured,
        study.options.delta,
        reference,
        seed,
        guessers=[name for name in study.scored if study.workshop.classifier(name).kind == ChanceClassifier.kind],
        promoted=promotion(study, reference, differences),
        folds=over_folds,
        on_validation=differences_on_validation(study, reference),
    )
    content = assembly.results_of(study, evidence, card)
    others = {name: resampled.difference(name, reference) for name in study.scored if name != reference}
    rng = np.random.default_rng([seed, 9])
    content["together"]["resampled"] = resampled_claims(Run(content), others, study.options.priority, rng)
    return content
