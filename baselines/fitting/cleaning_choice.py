"""How the texts of a data set are cleaned: chosen by a quick linear model on validation, and said.

What a cleaning removes no model can learn, so the choice is made once and for all baselines of a run. `words` stays
unless validation says clearly that another is better: the difference must be well above its paired standard error, and
for `course`, which removes words that may be the answer, further still. Data whose published figures were made with the
course's cleaning start from that: on Made With ML it is better by 0.0075 weighted F1 on average over five splits, which
one split can't show.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Progress, ignore_progress
from baselines.data.collisions import collisions
from baselines.dataset import Dataset, Part
from baselines.errors import DataError
from baselines.models.ensemble import EnsembleConfig
from baselines.models.linear import LinearConfig, quick_answers
from baselines.models.registry import BASELINES
from baselines.notes import collected_notes
from baselines.scores.answers import Answers
from baselines.scores.choices import drawn
from baselines.scores.judging import METRICS, utility
from baselines.scores.thresholds import fit_thresholds
from baselines.storage.artifact import read_json, write_json
from baselines.storage.run_folder import RunFolder
from baselines.task import Probabilities, decide
from baselines.text.cleaning import CHOICES, Cleaning, CleaningName

STEP = "baselines/cleaning"
_FACTS = "facts.json"
# Of more training texts than this, half as many are drawn to choose with.
MOST_TEXTS = 20_000
RESAMPLES = 500
# Standard errors by which a cleaning must be better than the one that would be taken otherwise: were both as good, it
# would be taken in 1 % of data sets, and `course` in 0.1 %. With 5 % `raw` was taken for questions and phrases where a
# character network had no use for it, and a model that reads capitals depends on how people will type.
NEEDED: Mapping[CleaningName, float] = {"words": 2.326, "raw": 2.326, "course": 3.09}
# Of this process, by data set, metric and what comes first.
_REMEMBERED: dict[tuple[str, str, str], CleaningChoice] = {}


@dataclass(frozen=True)
class CleaningChoice:
    """What was chosen, and what it rests on.

    Attributes:
        chosen: the cleaning.
        why: one sentence.
        metric: name of the metric that the scores are of.
        scores: on validation, by cleaning.
        collisions: by cleaning, what it makes equal in training: `n`, `n_texts`, `examples`; without those of none.
        warning: one sentence, where the chosen one makes texts with different labels equal; else "".
        seconds: wall time of the choice.
    """

    chosen: CleaningName
    why: str
    metric: str
    scores: Mapping[str, float]
    collisions: Mapping[str, Any]
    warning: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """For facts and results."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> CleaningChoice:
        """The inverse of `to_json`."""
        return cls(**content)


def cleaning_of(run: RunFolder, dataset: Dataset, *, progress: Progress = ignore_progress) -> CleaningChoice:
    """The choice for a data set, kept as a step of the run."""
    if (made := made_choice(run, dataset)) is not None:
        return made
    with run.write(STEP, _inputs(dataset)) as folder:
        write_json(folder / _FACTS, remembered_choice(dataset, progress=progress).to_json())
    return CleaningChoice.from_json(read_json(run.place(STEP) / _FACTS))


def made_choice(run: RunFolder, dataset: Dataset) -> CleaningChoice | None:
    """The choice, if some baseline of the run has asked for it already."""
    if not run.is_done(STEP, _inputs(dataset)):
        return None
    return CleaningChoice.from_json(read_json(run.place(STEP) / _FACTS))


def _inputs(dataset: Dataset) -> dict[str, Any]:
    metric = dataset.everything.judged_by
    return {"choices": [_first(dataset), *CHOICES], "dataset_sha256": dataset.sha256, "metric": metric}


def _first(dataset: Dataset) -> CleaningName:
    """What is taken unless another is clearly better: the course's where published figures were made with it."""
    return "course" if dataset.course_cleaning else CHOICES[0]


def remembered_choice(dataset: Dataset, *, progress: Progress = ignore_progress) -> CleaningChoice:
    """The choice for a data set, made once in a process: seeds of one fold have folders of their own."""
    key = (dataset.sha256, dataset.everything.judged_by, _first(dataset))
    if key not in _REMEMBERED:
        _REMEMBERED[key] = choose_cleaning(
            dataset.part("train"), dataset.part("validation"), _first(dataset), progress=progress
        )
    return _REMEMBERED[key]


def with_cleaning(
    dataset: Dataset, name: str, changes: Mapping[str, Any], choice: Callable[[], CleaningChoice]
) -> dict[str, Any]:
    """The changes of a baseline's config, with the chosen cleaning where it reads texts and nothing else is asked for.

    On data whose published figures were made with the course's cleaning, the course's rungs keep it.

    Args:
        dataset: to train on.
        name: of the baseline; an ensemble's members get theirs too.
        changes: that were asked for.
        choice: is called where it is needed.
    """
    entry = BASELINES[name]
    config = entry.make(0, "cpu", 1, changes, dataset.task).config
    if isinstance(config, EnsembleConfig):
        asked = {member: config.changes.get(member, {}) for member in config.members}
        return {**changes, "changes": {m: with_cleaning(dataset, m, own, choice) for m, own in asked.items()}}
    own = getattr(config, "cleaning", None)
    if own is None or "cleaning" in changes or (own == "course" and dataset.course_cleaning):
        return dict(changes)
    chosen = choice().chosen
    return {**changes, "cleaning": "words" if chosen == "raw" and (entry.folds_case or _stems(config)) else chosen}


def _stems(config: Any) -> bool:
    return bool(getattr(config, "stem", False)) and not isinstance(config, LinearConfig)


def choose_cleaning(
    train: Part, validation: Part, first: CleaningName = "words", *, progress: Progress = ignore_progress
) -> CleaningChoice:
    """Fit the quick model once a cleaning and compare their answers; `first` where there is nothing to compare by."""
    started = time.perf_counter()
    answers: dict[CleaningName, Probabilities] = {}
    seen = drawn(train, MOST_TEXTS, 0)
    for done, name in enumerate(CHOICES, 1):
        with collected_notes(), suppress(DataError):  # a cleaning that leaves no words is none to choose
            answers[name] = quick_answers(seen, validation, _config(train, name))
        progress(done, len(CHOICES))
    judged = {name: _resampled(answer, validation) for name, answer in answers.items() if len(validation)}
    chosen, why = _decided(judged, validation.judged_by, first)
    found = {name: collisions(train, Cleaning(name)) for name in CHOICES}
    return CleaningChoice(
        chosen=chosen,
        why=why,
        metric=validation.judged_by,
        scores={name: float(scores[0]) for name, scores in judged.items()},
        collisions={name: each.to_json() for name, each in found.items() if each.n},
        warning=found[chosen].said(),
        seconds=time.perf_counter() - started,
    )


def _config(train: Part, cleaning: CleaningName) -> LinearConfig:
    config = BASELINES["linear"].make(0, "cpu", 1, {"cleaning": cleaning}, train.task).config
    assert isinstance(config, LinearConfig)
    return config


def _resampled(probabilities: Probabilities, validation: Part) -> NDArray[np.float64]:
    """The metric on validation, then on resamples of it that are the same for all cleanings; (1 + RESAMPLES,)."""
    n, task, metric = len(validation), validation.task, METRICS[validation.judged_by]
    thresholds = fit_thresholds(validation.labels, probabilities, task, validation.metric).per_class
    weights = np.ones((1 + RESAMPLES, n))
    weights[1:] = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), RESAMPLES)
    answers = Answers(validation.labels, decide(probabilities, thresholds, task), probabilities)
    return metric.judge(answers, weights)


def _decided(
    judged: Mapping[CleaningName, NDArray[np.float64]], metric: str, first: CleaningName
) -> tuple[CleaningName, str]:
    chosen, title = first, METRICS[metric].title
    why = f"no other cleaning is clearly better than {chosen} by {title} on validation"
    for name in (name for name in CHOICES if name != first and {name, chosen} <= set(judged)):
        gain = (judged[name] - judged[chosen]) * utility(metric, 1.0)
        error = float(gain[1:].std())
        if gain[0] > NEEDED[name] * error:
            why = (
                f"{name} is better than {chosen} by {gain[0]:.4f} in {title} on validation; the standard error of the "
                f"difference is {error:.4f}"
            )
            chosen = name
    return chosen, why
