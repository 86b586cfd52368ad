"""Small trainings on texts of the data at hand, timed: what is known of a study before it begins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines.dataset import Dataset
from baselines.storage.artifact import read_json, write_json
from baselines.storage.run_folder import RunFolder
from bench.making.expected import ANSWER_S
from bench.planning.trial import REQUEST, request_of

STEP = "bench/timings"
_FILE = "timings.json"
# Texts of the small trainings and of the larger ones; a fifth as many more are answered.
SMALL, LARGE = 1_000, 4_000
# What is worth knowing first comes first: what isn't reached in time is known by what is usual.
TRAININGS: tuple[tuple[str, int], ...] = (
    ("linear", SMALL),
    ("cnn", SMALL),
    ("linear", LARGE),
    ("tfidf-logistic", LARGE),
    ("tfidf-knn", SMALL),
    ("tfidf-forest", SMALL),
    ("tfidf-boosting", SMALL),
    ("rnn", SMALL),
    ("tfidf-knn", LARGE),
    ("tfidf-forest", LARGE),
    ("cnn", LARGE),
    ("tfidf-boosting", LARGE),
)


@dataclass(frozen=True)
class Timing:
    """One small training.

    Attributes:
        name: of the baseline.
        n_texts: it was fitted to.
        fit_s: wall seconds, for all its epochs.
        cpu_share: CPU seconds a wall second; well below 1 the machine was busy with other work.
        answer_s: wall seconds of answering one text.
    """

    name: str
    n_texts: int
    fit_s: float
    cpu_share: float
    answer_s: float


def timings_of(
    run: RunFolder, dataset: Dataset, names: Sequence[str], changes: Mapping[str, Mapping[str, Any]], most_s: float
) -> tuple[Timing, ...]:
    """The small trainings of a run, timed once: the same command plans by the same figures when it continues.

    Args:
        run: keeps them as a step.
        dataset: its training part is drawn from.
        names: baselines that might be trained.
        changes: fields of their configs to replace.
        most_s: seconds that all of them may take.
    """
    asked = [(name, n) for name, n in TRAININGS if name in names]
    inputs = {"dataset_sha256": dataset.sha256, "trainings": asked, "changes": changes}
    if not run.is_done(STEP, inputs):
        found = measured(dataset, asked, changes, most_s)
        with run.write(STEP, inputs) as folder:
            write_json(folder / _FILE, {"timings": [asdict(timing) for timing in found]})
    return tuple(Timing(**one) for one in read_json(run.place(STEP) / _FILE)["timings"])


def measured(
    dataset: Dataset, asked: Sequence[tuple[str, int]], changes: Mapping[str, Mapping[str, Any]], most_s: float
) -> list[Timing]:
    """As many of the trainings as end within so many seconds; of the first at least that it took as long."""
    rows = np.sort(np.random.default_rng(11).permutation(dataset.split.train)[: LARGE + LARGE // 5])
    shuffled = np.random.default_rng(12).permutation(rows)
    found: list[Timing] = []
    with tempfile.TemporaryDirectory() as folder:
        request = request_of(dataset.everything.take(shuffled), list(asked), changes)
        (Path(folder) / REQUEST).write_text(json.dumps(request), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.planning.trial", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        reader = threading.Thread(target=_read, args=(process, found), daemon=True)
        reader.start()
        try:
            reader.join(most_s)
        finally:
            process.kill()
            process.wait()
            reader.join()
            assert process.stdout is not None
            process.stdout.close()
    if not found and asked:  # it took at least as long
        found.append(Timing(*asked[0], most_s, 0.0, ANSWER_S))
    return found


def _read(process: subprocess.Popen[str], found: list[Timing]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        try:
            found.append(Timing(**json.loads(line)))
        except (ValueError, TypeError):
            return


def now() -> float:
    """Seconds of the clock that plans count by; the same in all processes of the machine."""
    return time.monotonic()
