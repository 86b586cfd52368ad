"""Searching a baseline's config on validation, with a journal that outlives an interruption.

Trials are proposed by a tree-structured Parzen estimator (Bergstra et al. 2011, in Optuna), the default config first,
so the best found is never worse on validation than the default. The sampler is seeded anew by each trial's number: a
search that was interrupted continues exactly as if it had not been.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baselines.classifier import Progress, ignore_progress
from baselines.dataset import Dataset
from baselines.errors import MissingExtra, UserError
from baselines.fitting.fit import baseline_named, unfitted
from baselines.models.registry import Baseline
from baselines.models.search_spaces import Dimension, OneOf, Real, Space, Whole
from baselines.notes import collected_notes
from baselines.scores.judging import utility
from baselines.scores.thresholds import fit_thresholds
from baselines.storage.artifact import write_json_whole
from baselines.storage.run_folder import RunFolder, code_version, fingerprint
from baselines.storage.trial_journal import mend_journal

if TYPE_CHECKING:
    import optuna

TUNE_COMMAND = "pip install 'tagpress[tune]'"
JOURNAL = "trials.journal"
BEST = "best.json"


@dataclasses.dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes:
        best: JSON file of config fields, as `--config` takes it.
        changes: its content.
        score: the data's metric on validation with a global threshold fitted there; optimistic, being the best of many.
        trials: done in all.
    """

    best: Path
    changes: Mapping[str, Any]
    score: float
    trials: int


def tune(
    run: RunFolder,
    dataset: Dataset,
    name: str,
    trials: int,
    *,
    seed: int = 0,
    threads: int = 1,
    device: str = "cpu",
    progress: Progress = ignore_progress,
) -> Tuned:
    """Search until `trials` are done, those of earlier calls included. Reads train and validation only.

    Raises:
        MissingExtra: Optuna isn't installed; UserError: an unknown baseline, or one without anything to tune.
    """
    baseline = baseline_named(name)
    if not baseline.space:
        raise UserError(f"--tune: {name} has nothing to tune")
    folder = run.place(f"baselines/tune-{name}")
    folder.mkdir(parents=True, exist_ok=True)
    default = dataclasses.asdict(unfitted(run, dataset, name, seed=seed, threads=threads, device=device).config)
    metric = dataset.everything.judged_by
    key = {"config": default, "dataset_sha256": dataset.sha256, "metric": metric, "code": code_version("baselines")}
    study = _study(folder / JOURNAL, fingerprint(key))
    for number in range(len(_done(study)), trials):
        _one_trial(study, baseline, dataset, default, (seed, number), threads, device)
        progress(number + 1, trials)
    best = max(_done(study), key=lambda trial: (trial.value or 0.0, -trial.number))
    changes = _changes(best.params, baseline.space)
    write_json_whole(folder / BEST, changes)
    return Tuned(folder / BEST, changes, utility(metric, float(best.value or 0.0)), len(_done(study)))


def _one_trial(
    study: optuna.Study,
    baseline: Baseline,
    dataset: Dataset,
    default: Mapping[str, Any],
    seed_and_number: tuple[int, int],
    threads: int,
    device: str,
) -> None:
    import optuna

    seed, number = seed_and_number
    study.sampler = optuna.samplers.TPESampler(seed=(seed * 100_003 + number) % 2**32)
    if number == 0:
        study.enqueue_trial(_inside(default, baseline.space), skip_if_exists=True)
    trial = study.ask(_distributions(baseline.space))
    changes = {**_kept(default), **_changes(trial.params, baseline.space)}
    train, validation = dataset.part("train"), dataset.part("validation")
    with collected_notes():
        classifier = baseline.make(seed, device, threads, changes, dataset.task).fit(train, validation)
    probabilities = classifier.predict_proba(validation.texts)
    choices = fit_thresholds(validation.labels, probabilities, validation.task, validation.metric)
    study.tell(trial, utility(validation.judged_by, choices.reached["global"]))


def _kept(default: Mapping[str, Any]) -> dict[str, Any]:
    """What was decided before the search, for all trials that don't say otherwise."""
    return {"cleaning": default["cleaning"]} if "cleaning" in default else {}


def _study(path: Path, name: str) -> optuna.Study:
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError:
        raise MissingExtra(f"--tune needs Optuna: {TUNE_COMMAND}") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    mend_journal(path)
    storage = JournalStorage(JournalFileBackend(str(path)))
    return optuna.create_study(storage=storage, study_name=name, direction="maximize", load_if_exists=True)


def _done(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _distributions(space: Space) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    def one(dimension: Dimension) -> Any:
        match dimension:
            case Real(low, high, log):
                return FloatDistribution(low, high, log=log)
            case Whole(low, high):
                return IntDistribution(low, high)
            case OneOf(values):
                return CategoricalDistribution([json.dumps(value) for value in values])

    return {field: one(dimension) for field, dimension in space.items()}


def _inside(default: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """The default config's values as Optuna's parameters; values outside the space are left to the sampler."""
    values: dict[str, Any] = {}
    for field, dimension in space.items():
        match dimension:
            case OneOf(allowed):
                text = json.dumps(default[field])
                values |= {field: text} if text in map(json.dumps, allowed) else {}
            case _:
                values |= {field: default[field]} if dimension.low <= default[field] <= dimension.high else {}
    return values


def _changes(params: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Fields of a config from Optuna's parameters, whose categories travel as JSON."""
    return {field: json.loads(value) if isinstance(space[field], OneOf) else value for field, value in params.items()}
