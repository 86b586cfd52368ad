"""One baseline trained into a run folder: its artifact, what its training cost, and its thresholds.

`baselines/<name>/` holds `artifact/`, `facts.json` and `validation.safetensors` (the probabilities of validation, from
which thresholds, calibration and distillation start).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Dataset, Part
from baselines.errors import UserError
from baselines.fitting.cleaning_choice import cleaning_of, with_cleaning
from baselines.fitting.together import shared_fit
from baselines.models.ensemble import EnsembleClassifier
from baselines.models.registry import BASELINES, KINDS, Baseline
from baselines.notes import collected_notes
from baselines.scores.thresholds import ThresholdChoices, ThresholdKind, fit_thresholds, no_thresholds
from baselines.storage.artifact import Lineage, lineage_from, load, read_json, save, write_json
from baselines.storage.run_folder import RunFolder
from baselines.storage.weights import read_weights, write_weights
from baselines.task import Probabilities

ARTIFACT = "artifact"
FACTS = "facts.json"
_VALIDATION = "validation.safetensors"
# What a classifier leaves with; see SHRINKAGE for the measurement.
CHOSEN: ThresholdKind = "per_class"


@dataclass(frozen=True)
class Setting:
    """What a training depends on besides the data and the baseline's own config.

    Attributes:
        seed: of the training.
        device: `cpu` or `cuda`.
        threads: of the training.
        changes: fields of the baseline's config to replace, what `--config` and tuning give.
    """

    seed: int = 0
    device: str = "cpu"
    threads: int = 1
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def train_baseline(
    run: RunFolder,
    dataset: Dataset,
    name: str,
    *,
    seed: int = 0,
    threads: int = 1,
    device: str = "cpu",
    progress: Progress = ignore_progress,
    changes: Mapping[str, Any] | None = None,
) -> Path:
    """Train a baseline of the registry, or find it trained already; returns its step folder.

    Raises:
        UserError: an unknown name or field of the config; MissingExtra for an optional dependency.
    """
    setting = Setting(seed, device, threads, _changes(run, dataset, name, changes))
    classifier = BASELINES[name].make(seed, device, threads, setting.changes, dataset.task)
    step = f"baselines/{name}"
    inputs = _inputs(run, dataset, name, classifier, setting)
    if not run.is_done(step, inputs):
        # Before the step opens: an ensemble's members are steps of their own.
        members = _members(run, dataset, classifier, setting, progress)
        if members:
            inputs["members"] = {member: run.identity(f"baselines/{member}") for member in members}
        with run.write(step, inputs) as folder:
            _train(folder, dataset, name, classifier, members, setting, progress)
    return run.place(step)


def _inputs(run: RunFolder, dataset: Dataset, name: str, classifier: Classifier, setting: Setting) -> dict[str, Any]:
    """What a step is recognised by; of an ensemble also the members, those of now or those it was made from."""
    seed, metric = setting.seed, dataset.everything.metric
    config = dataclasses.asdict(classifier.config)
    inputs: dict[str, Any] = {"config": config, "seed": seed, "dataset_sha256": dataset.sha256}
    if metric:
        inputs["metric"] = metric
    if isinstance(classifier, EnsembleClassifier):
        stored = run.inputs_of(f"baselines/{name}").get("members")
        members: dict[str, Any] = dict(stored) if isinstance(stored, dict) else {}
        for member in classifier.config.members:
            changes = _changes(run, dataset, member, classifier.config.changes.get(member))
            own = dataclasses.replace(setting, changes=changes)
            made = BASELINES[member].make(seed, own.device, own.threads, changes, dataset.task)
            if run.is_done(f"baselines/{member}", _inputs(run, dataset, member, made, own)):
                members[member] = run.identity(f"baselines/{member}")
        inputs["members"] = members
    return inputs


def unfitted(
    run: RunFolder,
    dataset: Dataset,
    name: str,
    *,
    seed: int = 0,
    threads: int = 1,
    device: str = "cpu",
    changes: Mapping[str, Any] | None = None,
) -> Classifier:
    """The classifier that `train_baseline` would fit: of the data's task, with the cleaning chosen for the run."""
    return BASELINES[name].make(seed, device, threads, _changes(run, dataset, name, changes), dataset.task)


def _changes(run: RunFolder, dataset: Dataset, name: str, changes: Mapping[str, Any] | None) -> dict[str, Any]:
    baseline_named(name)
    return with_cleaning(dataset, name, changes or {}, lambda: cleaning_of(run, dataset))


def baseline_named(name: str) -> Baseline:
    """The registry's entry; raises UserError listing the names there are."""
    if name not in BASELINES:
        raise UserError(f"baseline {name!r} unknown; known: {', '.join(BASELINES)}")
    return BASELINES[name]


def read_classifier(step: Path) -> Classifier:
    """The classifier of a step folder."""
    return load(step / ARTIFACT, KINDS)


def read_facts(step: Path) -> dict[str, Any]:
    """What `facts.json` of a step folder says."""
    return dict(read_json(step / FACTS))


def read_validation(step: Path) -> Probabilities:
    """The classifier's probabilities of validation; float32 (n_texts, n_classes)."""
    return read_weights(step / _VALIDATION, ("probabilities",))["probabilities"]


def write_validation(folder: Path, probabilities: Probabilities) -> None:
    """Keep the probabilities of validation in a step folder; the inverse of `read_validation`."""
    write_weights(folder / _VALIDATION, {"probabilities": probabilities})


def _members(
    run: RunFolder, dataset: Dataset, classifier: Classifier, setting: Setting, progress: Progress
) -> dict[str, Path]:
    if not isinstance(classifier, EnsembleClassifier):
        return {}
    return {
        member: train_baseline(
            run,
            dataset,
            member,
            seed=setting.seed,
            threads=setting.threads,
            device=setting.device,
            progress=progress,
            changes=classifier.config.changes.get(member),
        )
        for member in classifier.config.members
    }


def _train(
    folder: Path,
    dataset: Dataset,
    name: str,
    classifier: Classifier,
    members: Mapping[str, Path],
    setting: Setting,
    progress: Progress,
) -> None:
    validation = dataset.part("validation")
    wall, cpu = time.perf_counter(), time.process_time()
    with collected_notes() as notes:
        if isinstance(classifier, EnsembleClassifier):
            classifier.combine({member: read_classifier(step) for member, step in members.items()}, validation)
        else:
            train = dataset.part("train")
            with shared_fit(classifier, train):
                classifier.fit(train, validation, progress=progress)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    probabilities, choices = choose_thresholds(name, classifier, validation)
    write_validation(folder, probabilities)
    save(classifier, folder / ARTIFACT, training_lineage(name, classifier, dataset, setting.seed))
    facts = facts_of(name, classifier, choices, setting, validation)
    spent = [read_facts(step) for step in members.values()]
    facts["seconds"] = wall + sum(each["seconds"] for each in spent)
    facts["cpu_seconds"] = cpu + sum(each["cpu_seconds"] for each in spent)
    write_json(folder / FACTS, {**facts, "notes": notes})


def choose_thresholds(name: str, classifier: Classifier, validation: Part) -> tuple[Probabilities, ThresholdChoices]:
    """Give a fitted baseline the thresholds it leaves with, chosen on validation.

    Returns:
        its probabilities for the validation texts, and every choice that there was.
    """
    probabilities = classifier.predict_proba(validation.texts)
    fit = fit_thresholds if BASELINES[name].fits_thresholds else no_thresholds
    choices = fit(validation.labels, probabilities, validation.task, validation.metric)
    classifier.thresholds_ = choices.of(CHOSEN)
    return probabilities, choices


def training_lineage(name: str, classifier: Classifier, dataset: Dataset, seed: int) -> Lineage:
    """Where a baseline that was trained on a data set came from."""
    step = {"method": "train", "baseline": name, **dataclasses.asdict(classifier.config)}
    return lineage_from(name, dataset, [step], seed)


def facts_of(
    name: str, classifier: Classifier, choices: ThresholdChoices, setting: Setting, validation: Part
) -> dict[str, Any]:
    """What `facts.json` says of a trained baseline, but for what its training cost."""
    baseline = BASELINES[name]
    return {
        "name": name,
        "title": baseline.title,
        "seed": setting.seed,
        "device": setting.device,
        "threads": setting.threads,
        "interpretability": baseline.reasons,
        "names_reasons": baseline.names_reasons,
        "packages": list(classifier.packages),
        "task": validation.task,
        "metric": validation.judged_by,
        "cleaning": getattr(classifier.config, "cleaning", ""),
        "trials": [dataclasses.asdict(trial) for trial in classifier.trials_],
        "thresholds": {
            "chosen": CHOSEN,
            "half": choices.half,
            "global": choices.global_,
            "per_class": [float(t) for t in choices.per_class],
        },
        "validation": choices.reached,
    }
