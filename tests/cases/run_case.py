"""A run folder with results.json and the table bundle that the page runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from baselines.storage.artifact import Lineage
from baselines.task import LabelSpace
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.formats.packed import StoredTables
from compress.formats.tables import IntTables
from compress.kinds.table_classifiers import IntTableClassifier
from exports.bundles.write_bundle import write_bundle
from tests.cases.hostile_case import CLASSES
from tests.cases.report_case import make_results


def make_tables(n_classes: int = len(CLASSES)) -> tuple[IntTables, Tokenizer]:
    """A small int8 table model with random weights, and the tokenizer that belongs to it."""
    rng = np.random.default_rng(5)
    tokenizer = Tokenizer(" abcdefghijklmnopqrstuvwxyz0123456789éσß深", Cleaning("course"))
    tables = []
    for width, filters in ((1, 6), (3, 8), (4, 8)):
        table = rng.integers(-127, 128, (width, tokenizer.n_ids, filters)).astype(np.int8)
        table[:, 0] = 0
        tables.append(table)
    head = rng.integers(-127, 128, (n_classes, 22)).astype(np.int8)
    scale = rng.uniform(5e-6, 2e-5, n_classes).astype(np.float32)
    bias = rng.normal(-0.5, 0.5, n_classes).astype(np.float32)
    return IntTables(tuple(tables), head, scale, bias), tokenizer


def write_run(folder: Path, results: dict[str, Any] | None = None) -> Path:
    """A run folder as the study leaves it: results.json, and the table bundle that the page runs."""
    results = make_results() if results is None else results
    folder.mkdir(parents=True, exist_ok=True)
    tables, tokenizer = make_tables()
    classifier = IntTableClassifier(StoredTables(tables), tokenizer, LabelSpace(CLASSES))
    classifier.thresholds_ = np.linspace(0.3, 0.6, len(CLASSES)).astype(np.float32)
    lineage = Lineage("student-int8", "compress", "quantize-tables", "student")
    write_bundle(classifier, lineage, folder / "exports" / "student-int8-table", "table")
    results["try_it"] = {"model": "student-int8", "bundle": "exports/student-int8-table"}
    # Escaped, as a lone surrogate has no UTF-8.
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return folder
