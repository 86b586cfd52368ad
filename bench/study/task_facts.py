"""What results.json says of the task: what is asked, what it is judged by, and how texts are cleaned for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baselines.dataset import Dataset
from baselines.fitting.cleaning_choice import made_choice
from baselines.scores.judging import METRICS, metrics_of, title_of
from baselines.storage.run_folder import RunFolder
from bench.quality.majority import majority
from bench.study.evidence import Evidence, Json

if TYPE_CHECKING:
    from bench.study.state import Study

_OF_CLEANING = ("chosen", "why", "scores", "collisions")


def task_facts(study: Study, evidence: Evidence) -> Json:
    """The fields of the top level that follow from the data's task and metric."""
    everything = study.workshop.dataset.everything
    space, metric = everything.space, everything.judged_by
    found: Json = {
        "task": everything.task,
        "metric": metric,
        "metric_title": title_of(metric, space),
        "metrics": [
            {"name": name, "title": title_of(name, space), "higher_is_better": METRICS[name].higher_is_better}
            for name in metrics_of(everything.task)
        ],
        "majority": majority(evidence.test, evidence.train_counts, len(study.workshop.dataset.split.train)),
        "cleaning": cleaning_facts(study.workshop.run, study.workshop.dataset),
    }
    if everything.task == "binary":
        found |= {"positive": space.classes[0], "negative": space.names[0]}
    return found


def cleaning_facts(run: RunFolder, dataset: Dataset) -> Json | None:
    """How the cleaning was chosen; None where nothing was chosen in this run."""
    choice = made_choice(run, dataset)
    if choice is None:
        return None
    return {name: value for name, value in choice.to_json().items() if name in _OF_CLEANING}


def cleaning_warning(run: RunFolder, dataset: Dataset) -> str:
    """What has to be known of the chosen cleaning before models are judged; the choice itself stands in the report."""
    choice = made_choice(run, dataset)
    return choice.warning if choice is not None else ""
