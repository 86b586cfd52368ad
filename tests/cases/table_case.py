"""Small models made of seeded random numbers, for the tests of exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from baselines.storage.artifact import Lineage
from baselines.task import LabelSpace, Task
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.formats.packed import StoredTables
from compress.formats.tables import FloatTables, IntTables
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier

TOKENIZER = Tokenizer(" abcdefghijklmnopqrstuvwxyzé0123456789", Cleaning("course"))
CLASSES = ("attention", "computer-vision", "graphs", "nlp", "transformers")
SPACE = LabelSpace(CLASSES)
TEXTS = [
    "Building a Transformer from scratch",
    "Graph neural networks: a gentle introduction with PyTorch Geometric",
    "Segmentation of medical images",
    "café au lait and naïve Bayes",
    "",
]


def int_tables(
    seed: int = 0,
    filters: Sequence[tuple[int, int]] = ((1, 5), (2, 32), (3, 40), (7, 33)),
    n_classes: int = len(CLASSES),
    limit: int = 127,
    n_ids: int = TOKENIZER.n_ids,
) -> IntTables:
    """Random int8 tables with values in -limit..limit, and logits of a few units."""
    rng = np.random.default_rng(seed)
    tables = [rng.integers(-limit, limit + 1, (f, n_ids, n)).astype(np.int8) for f, n in filters]
    for table in tables:
        table[:, 0] = 0
    n_filters = sum(n for _, n in filters)
    head = rng.integers(-127, 128, (n_classes, n_filters)).astype(np.int8)
    scale = (rng.random(n_classes) / (40 * limit * n_filters)).astype(np.float32)
    result = IntTables(tuple(tables), head, scale, rng.normal(size=n_classes).astype(np.float32))
    result.check()
    return result


def floored(tables: IntTables, seed: int = 0) -> IntTables:
    """The same tables with floors, of which about half win in a text of some words."""
    usual = tables.pooled(TOKENIZER.encode(TEXTS[1]).clip(0, tables.n_ids - 1))
    spread = np.random.default_rng(seed).integers(-60, 61, len(usual))
    result = replace(tables, floors=(usual + spread).astype(np.int16))
    result.check()
    return result


def float_tables(seed: int = 0) -> FloatTables:
    """The same kind of tables in float32."""
    source = int_tables(seed)
    tables = tuple((table / 127).astype(np.float32) for table in source.tables)
    return FloatTables(tables, (source.head / 2000).astype(np.float32), source.bias)


def int_classifier(seed: int = 0, limit: int = 127) -> IntTableClassifier:
    """A classifier over `int_tables` with a threshold of its own for each class."""
    classifier = IntTableClassifier(StoredTables(int_tables(seed, limit=limit)), TOKENIZER, SPACE)
    classifier.thresholds_ = np.linspace(0.3, 0.7, len(CLASSES)).astype(np.float32)
    return classifier


SPACES: dict[Task, LabelSpace] = {
    "multilabel": SPACE,
    "multiclass": LabelSpace(CLASSES, "multiclass", shares=(0.1, 0.2, 0.4, 0.2, 0.1)),
    "binary": LabelSpace(("spam",), "binary", negative="ham", shares=(0.2,)),
}


def task_classifier(task: Task, tokenizer: Tokenizer = TOKENIZER) -> IntTableClassifier:
    """A table classifier of a task, over random tables, with thresholds as the task has them."""
    space = SPACES[task]
    tables = int_tables(n_classes=len(space.classes), n_ids=tokenizer.n_ids)
    classifier = IntTableClassifier(StoredTables(tables), tokenizer, space)
    if task != "multiclass":
        classifier.thresholds_ = np.linspace(0.3, 0.7, len(space.classes)).astype(np.float32)
    return classifier


def float_classifier(seed: int = 0) -> FloatTableClassifier:
    """A classifier over `float_tables`."""
    return FloatTableClassifier(float_tables(seed), TOKENIZER, SPACE)


def lineage(name: str = "student") -> Lineage:
    """A lineage with every field filled."""
    recipe = ({"method": "distill", "epochs": 3}, {"method": "quantize", "bits": 8})
    dataset = {"name": "invented", "sha256": "0" * 64, "licence": "CC0-1.0"}
    return Lineage(name, "compress", "quantize", "cnn", recipe, 7, dataset, {"touched": 100})
