"""A study in seconds: small networks, and latencies of some milliseconds that nobody should believe."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.dataset import Dataset
from bench.measure import rounds
from bench.measure.plan import PLANS

SMALL_CNN: dict[str, Any] = {"epochs": 2, "embedding_dim": 8, "filters": [[2, 6], [4, 6]], "hidden_dim": 8}
SMALL = {
    "cnn": SMALL_CNN,
    "distill": {"epochs": 1, "embedding_dim": 6, "filters": 4, "widths": [3], "folds": 2, "mixtures": 0.0},
    "prune": {"epochs": 1, "gradual_epochs": 1, "mixtures": 0.0},
}
_PLAN = replace(
    PLANS["quick"],
    rounds=4,
    block_s=0.01,
    warmup_s=0.01,
    offline_rounds=2,
    offline_block_s=0.01,
    model_only_s=0.0,
    cold_starts=1,
    behaviour_texts=2,
)


@contextmanager
def quick_studies_in(folder: Path) -> Iterator[pytest.MonkeyPatch]:
    """Studies are made below `folder` and hardly measure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PLANS, "quick", _PLAN)
        # Second entries of every runtime are tried where measuring is; each costs two processes here.
        patch.setattr(rounds, "_twice", lambda candidates: candidates[:1])
        patch.chdir(folder)
        yield patch


def write_csv(dataset: Dataset, path: Path) -> Path:
    """All texts of a data set in a column `text`, their labels joined by `;` in a column `tags`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "tags"])
        for text, labelled in zip(dataset.everything.texts, dataset.everything.labels, strict=True):
            rows.writerow([text, ";".join(dataset.classes[c] for c in np.flatnonzero(labelled))])
    return path
