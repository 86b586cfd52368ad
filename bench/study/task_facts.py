"""What results.json says of the task: what is asked, what it is judged by, and how texts are cleaned for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from baselines.scores.judging import METRICS, metrics_of, title_of
from baselines.storage.artifact import read_json
from baselines.storage.run_folder import RunFolder
from bench.quality.majority import majority
from bench.study.evidence import Evidence, Json

if TYPE_CHECKING:
    from bench.study.state import Study

CLEANING_STEP = "baselines/cleaning"
_FACTS = "facts.json"


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
        "cleaning": cleaning_facts(study.workshop.run),
    }
    if everything.task == "binary":
        found |= {"positive": space.classes[0], "negative": space.names[0]}
    return found


def cleaning_facts(run: RunFolder) -> dict[str, Any] | None:
    """How the cleaning was chosen; None where nothing was chosen in this run."""
    path = run.place(CLEANING_STEP) / _FACTS
    if not path.is_file():
        return None
    facts = read_json(path)
    return {name: facts[name] for name in ("chosen", "why", "scores", "collisions") if name in facts}
