"""Classifiers in table form: the exact float tables that `fold` makes, and the integers that `quantize` makes.

safetensors is imported where a file is read or written: tables in memory need NumPy alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import shown
from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part
from baselines.errors import ArtifactError, NotCompressible
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import CheckedFields
from baselines.storage.ranges import Filters, Named
from baselines.storage.weights import read_arrays, write_weights
from baselines.task import Known, LabelSpace, Probabilities, link
from baselines.text.tokenizer import PAD_ID, Tokenizer
from compress.formats.packed import TABLES_FILE, StoredTables, read_tables, write_tables
from compress.formats.tables import FloatTables, IntTables

ALPHABET_FILE = "alphabet.json"
_TABLE = re.compile(r"table\.[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class TableConfig(CheckedFields):
    """What a table model looks like; it follows from its arrays.

    Attributes:
        filters: (width, number of filters), widths ascending.
        stored: `tables`, or `factors` where low-rank factors lie on disk.
    """

    filters: Filters
    stored: Annotated[str, Named(("tables", "factors"))] = "tables"


class _TableClassifier(Classifier):
    """Text -> ids -> largest responses -> probabilities, one text at a time."""

    can_fit = False
    tokenizer: Tokenizer

    @property
    def model(self) -> FloatTables | IntTables:
        raise NotImplementedError("a table classifier says which tables it runs")

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> NoReturn:
        """Tables aren't trained: raises NotCompressible that says where they come from."""
        raise NotCompressible(f"{self.kind}: made from a trained character CNN by fold or quantize, not fitted itself")

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        encoded = self.tokenizer.encode_batch(texts)
        logits = np.empty((len(texts), len(self.classes_)), np.float32)
        for row, ids in zip(logits, encoded, strict=True):
            row[:] = self.model.logits(ids)
        return link(logits, self.task_), self.tokenizer.known_batch(encoded)

    def _adopt(self, tokenizer: Tokenizer, space: LabelSpace, stored: str) -> None:
        filters = tuple((int(t.shape[0]), int(t.shape[2])) for t in self.model.tables)
        n_ids, n_classes = self.model.tables[0].shape[1], self.model.bias.shape[0]
        if n_ids != tokenizer.n_ids or n_classes != len(space.classes):
            raise ArtifactError(
                f"tables: made for {n_ids} ids and {n_classes} classes, but the alphabet has {tokenizer.n_ids} ids and "
                f"there are {len(space.classes)} classes"
            )
        self.config = TableConfig(filters, stored)
        self.tokenizer = tokenizer
        self.accept(space)

    def _save_alphabet(self, folder: Path) -> None:
        write_json(folder / ALPHABET_FILE, self.tokenizer.to_json(), compact=True)


class FloatTableClassifier(_TableClassifier):
    """The exact table form, float32; made by `fold`."""

    kind = "tables-float"
    forms = ("onnx",)

    def __init__(self, tables: FloatTables, tokenizer: Tokenizer, space: LabelSpace) -> None:
        self.tables = tables
        self._adopt(tokenizer, space, "tables")

    @property
    def model(self) -> FloatTables:
        return self.tables

    def save_state(self, folder: Path) -> None:
        arrays = {f"table.{len(table)}": table for table in self.tables.tables}
        arrays |= {"head": self.tables.head, "bias": self.tables.bias}
        if self.tables.floors is not None:
            arrays["floors"] = self.tables.floors
        write_weights(folder / TABLES_FILE, arrays)
        self._save_alphabet(folder)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        path = folder / TABLES_FILE
        arrays = read_arrays(path)
        floors = arrays.pop("floors", None)
        if not {"head", "bias"} < set(arrays) or not all(map(_TABLE.fullmatch, set(arrays) - {"head", "bias"})):
            raise ArtifactError(
                f"{path}: not a table model: head, bias and table.WIDTH are needed, and floors are allowed, got "
                f"{shown(str(sorted(arrays)))}"
            )
        head, bias = arrays.pop("head"), arrays.pop("bias")
        by_width = sorted(
            ((int(name.removeprefix("table.")), array) for name, array in arrays.items()), key=lambda pair: pair[0]
        )
        if any(array.ndim != 3 or array.shape[0] != width or 0 in array.shape for width, array in by_width):
            raise ArtifactError(f"{path}: table.WIDTH must be (WIDTH, ids, filters)")
        tables = FloatTables(tuple(array for _, array in by_width), head, bias, floors)
        _check_float(path, tables)
        return cls(tables, Tokenizer.from_json(read_json(folder / ALPHABET_FILE)), space)


class IntTableClassifier(_TableClassifier):
    """Weight-only integers, bit for bit the same in every implementation; made by `quantize`."""

    kind = "tables-int8"
    forms = ("table", "onnx")

    def __init__(self, stored: StoredTables, tokenizer: Tokenizer, space: LabelSpace) -> None:
        stored.tables.check()
        self.stored = stored
        self._adopt(tokenizer, space, "tables" if stored.factors is None else "factors")

    @property
    def tables(self) -> IntTables:
        """What is executed, however it is stored."""
        return self.stored.tables

    @property
    def model(self) -> IntTables:
        return self.stored.tables

    def save_state(self, folder: Path) -> None:
        write_tables(self.stored, folder / TABLES_FILE)
        self._save_alphabet(folder)

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        stored = read_tables(folder / TABLES_FILE)
        return cls(stored, Tokenizer.from_json(read_json(folder / ALPHABET_FILE)), space)


def _check_float(path: Path, tables: FloatTables) -> None:
    arrays: list[NDArray[np.float32]] = [*tables.tables, tables.head, tables.bias]
    arrays += [] if tables.floors is None else [tables.floors]
    n_ids = {table.shape[1] for table in tables.tables if table.ndim == 3}
    fits = (
        len(n_ids) == 1
        and all(table.ndim == 3 for table in tables.tables)
        and not any(table[:, PAD_ID].any() for table in tables.tables)
        and tables.head.shape == (*tables.bias.shape, sum(table.shape[2] for table in tables.tables))
        and (tables.floors is None or tables.floors.shape == tables.head.shape[1:])
    )
    if not fits or any(array.dtype != np.float32 or not np.isfinite(array).all() for array in arrays):
        raise ArtifactError(
            f"{path}: shapes don't fit together, a row of the padding isn't zero, or a value is not a finite float32"
        )
