"""A process that times small trainings, one after the other, until it is told to stop by being ended.

`python -m bench.planning.trial FOLDER` reads `trial.json` there: texts with their labels, and what to train. For each
training it writes a line of JSON to stdout. A process of its own can be ended at any moment, leaves no threads in the
one that asks, and gives its memory back.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from baselines.dataset import Part
from baselines.models.registry import BASELINES

REQUEST = "trial.json"
# A network's training is its epochs, and one of them tells how long it takes; most end after this share of them.
EPOCHS, USUAL_SHARE = 1, 0.6
_WARMING = 50


def main(argv: list[str]) -> int:
    """Time what the request asks for."""
    request = json.loads((Path(argv[0]) / REQUEST).read_text(encoding="utf-8"))
    whole = _part(request)
    for name, n_texts in request["trainings"]:
        found = timed(name, whole, n_texts, n_texts // 5, request["changes"].get(name, {}))
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
    return 0


def timed(name: str, whole: Part, n_texts: int, n_validation: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Seconds of a training on the first texts, and of answering the last ones.

    Args:
        name: of the baseline.
        whole: its last `n_validation` texts are for validation.
        n_texts: for training.
        n_validation: for validation.
        changes: fields of the baseline's config to replace.
    """
    rows = np.arange(len(whole))
    train, validation = whole.take(rows[:n_texts]), whole.take(rows[len(rows) - n_validation :])
    config = BASELINES[name].make(0, "cpu", 1, changes, whole.task).config
    epochs = getattr(config, "epochs", 0)
    own = {**changes, "epochs": min(EPOCHS, epochs)} if epochs else changes
    # The first training of a process loads libraries and their code.
    few = rows[:_WARMING]
    BASELINES[name].make(0, "cpu", 1, own, whole.task).fit(whole.take(few), whole.take(few))
    classifier = BASELINES[name].make(0, "cpu", 1, own, whole.task)
    begin, cpu = time.perf_counter(), time.process_time()
    classifier.fit(train, validation)
    fit_s, cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    begin = time.perf_counter()
    classifier.predict_proba(validation.texts)
    return {
        "name": name,
        "n_texts": n_texts,
        "fit_s": fit_s * (max(1.0, USUAL_SHARE * epochs) if epochs else 1.0),
        "cpu_share": cpu_s / max(fit_s, 1e-9),
        "answer_s": (time.perf_counter() - begin) / max(1, len(validation)),
    }


def request_of(part: Part, trainings: list[tuple[str, int]], changes: Any) -> dict[str, Any]:
    """What `main` reads."""
    return {
        "texts": list(part.texts),
        "labels": [np.flatnonzero(row).tolist() for row in part.labels],
        "classes": list(part.classes),
        "task": part.task,
        "negative": part.negative,
        "metric": part.metric,
        "trainings": trainings,
        "changes": {name: dict(fields) for name, fields in changes.items()},
    }


def _part(request: dict[str, Any]) -> Part:
    labels = np.zeros((len(request["texts"]), len(request["classes"])), np.bool_)
    for row, columns in enumerate(request["labels"]):
        labels[row, columns] = True
    return Part(
        tuple(request["texts"]),
        labels,
        tuple(request["classes"]),
        task=request["task"],
        negative=request["negative"],
        metric=request["metric"],
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
