"""Two linear bundles a task that answer otherwise, and labelled files to score them on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import numpy as np

from baselines.labels.records import Records
from baselines.models.linear import LinearClassifier
from baselines.task import Task
from bench.scoring.content import ScoreOptions
from bench.scoring.score import Score, score_bundles
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.import_case import ROOT
from tests.cases.table_case import lineage
from tests.cases.task_case import task_data

SCHEMA = json.loads((ROOT / "bench/scoring/score.schema.json").read_text(encoding="utf-8"))
FEW = ScoreOptions(resamples=200)
Rows = Sequence[tuple[str, Sequence[str]]]


@cache
def _trained(task: Task, texts: int) -> LinearClassifier:
    train = task_data(task).part("train")
    rows = np.random.default_rng(0).permutation(len(train))[:texts]
    return LinearClassifier().fit(train.take(np.sort(rows)))


def linear_bundle(task: Task, folder: Path, texts: int = 200) -> Path:
    """A linear bundle that learned from so many of the invented texts."""
    return write_bundle(_trained(task, texts), lineage(), folder, "linear")


def labelled_rows(task: Task, bundle: Path, n: int, seed: int = 0) -> list[tuple[str, list[str]]]:
    """Texts with labels that are the bundle's answers, a third of them replaced by others."""
    rng = np.random.default_rng(seed)
    everything = task_data(task).everything
    texts = [everything.texts[i] for i in rng.integers(len(everything), size=n)]
    predictor = runtime.load(bundle)
    names = predictor.space.names
    rows = []
    for text, said in zip(texts, predictor.predict(texts), strict=True):
        if rng.random() < 1 / 3:
            said = [name for name in names if rng.random() < 0.4] if task == "multilabel" else [str(rng.choice(names))]
        rows.append((text, said))
    return rows


def csv_of(rows: Sequence[tuple[str, Sequence[str]]], path: Path, separator: str = ";") -> Path:
    """A file with the columns `text` and `label`."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([("text", "label"), *((text, separator.join(names)) for text, names in rows)])
    path.write_text(file.getvalue(), encoding="utf-8")
    return path


def records(rows: Rows, stated: bool = True) -> Records:
    """The rows as they would be read; `stated` where an empty set of labels says that there is none."""
    return Records("test.csv", [t for t, _ in rows], [n for _, n in rows], range(2, len(rows) + 2), stated=stated)


def scored(bundles: Mapping[str, Path], names: Sequence[str], rows: Rows, options: ScoreOptions = FEW) -> Score:
    """A score that keeps the schema."""
    found = score_bundles([runtime.load(bundles[name]) for name in names], records(rows), options)
    jsonschema.validate(found.to_json(), SCHEMA)
    return found


def value(found: Score, metric: str) -> float:
    """A metric of the first bundle."""
    return float(found.content["models"][0]["quality"][metric]["value"])
