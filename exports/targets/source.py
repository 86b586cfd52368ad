"""A bundle in one of both integer forms, as every generator of code takes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import Known, LabelSpace, Link, Thresholds, decide, unknown_answer
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.formats.integer_rows import IntRows
from compress.formats.packed import StoredTables, tables_of
from exports.runtime.bundle_format import TABLES_FILE, BundleContent
from exports.runtime.load_bundle import load
from exports.runtime.rows_predictor import RowsPredictor
from exports.runtime.table_predictor import TablePredictor
from exports.targets.cutoffs import cutoffs_of

Model = TablePredictor | RowsPredictor
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,40}")
# Both pip and npm read it so.
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")


@dataclass(frozen=True)
class Target:
    """What the user asked for.

    Attributes:
        name: of the model in code: small letters, digits and _, a letter first.
        longest: bytes of UTF-8 that the longest text may have, where a target must know it; 1 to 65,535.
        small: whether the fewest bytes matter more than time, where a target can choose.
        version: of the package, where a target is one: three whole numbers with dots between them.
    """

    name: str = "tagger"
    longest: int = 1024
    small: bool = False
    version: str = "0.1.0"

    def __post_init__(self) -> None:
        if not _IDENTIFIER.fullmatch(self.name):
            raise ArtifactError(
                f"name: small letters, digits and _ are allowed, a letter first, at most 41 of them, got {self.name!r}"
            )
        if not 1 <= self.longest <= 65535:
            raise ArtifactError(f"longest: 1 to 65535 bytes are allowed, got {self.longest}")
        if not _VERSION.fullmatch(self.version):
            raise ArtifactError(
                f"version: three whole numbers with dots between them are allowed, as 1.4.0, got {self.version!r}"
            )


@dataclass(frozen=True)
class Source:
    """A model in whole numbers, whatever made it.

    Attributes:
        bundle: the checked bundle.
        predictor: what answers in NumPy: the reference of every target.
        stored: the character tables with what they are stored as; None of a sum of rows.
        rows: the sum of rows; None of character tables.
        cutoffs: float32 (n_classes,): a logit that reaches it is decided (`exports.targets.cutoffs`); multilabel and
            binary with the link of their task only, else None.
        unknown: what a text gets in which nothing is known, columns that are decided; bool (n_classes,). None where
            the model answers such a text itself.
    """

    bundle: BundleContent
    predictor: Model
    stored: StoredTables | None
    rows: IntRows | None
    cutoffs: NDArray[np.float32] | None
    unknown: NDArray[np.bool_] | None

    @property
    def space(self) -> LabelSpace:
        return self.bundle.space

    @property
    def thresholds(self) -> Thresholds:
        return self.bundle.thresholds

    @property
    def link(self) -> Link:
        return Link() if self.rows is None else self.rows.link

    @property
    def tokenizer(self) -> Tokenizer:
        """Of character tables."""
        if not isinstance(self.predictor, TablePredictor):
            raise ArtifactError(f"{self.bundle.folder}: a sum of rows reads n-grams, not an alphabet")
        return self.predictor.tokenizer

    @property
    def n_logits(self) -> int:
        return len(self.rows.scale) if self.rows is not None else len(self.predictor.tables.bias)  # type: ignore[union-attr]

    def logits(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], Known]:
        """The reference: float32 (n_texts, n_logits), and whether anything is known in each text, by NumPy alone."""
        if self.rows is not None:
            return self.rows.answer(texts)
        encoded = self.tokenizer.encode_batch(texts)
        tables = self.predictor.tables  # type: ignore[union-attr]
        logits = np.array([tables.logits(ids) for ids in encoded], np.float32).reshape(len(texts), -1)
        return logits, self.tokenizer.known_batch(encoded)


def open_source(folder: Path) -> Source:
    """Read a bundle in one of both integer forms.

    Raises:
        ArtifactError: a bundle of another form, or one that is damaged.
    """
    predictor: Any = load(folder, engine="numpy")
    bundle = predictor.bundle
    if not isinstance(predictor, Model):
        raise ArtifactError(
            f"{folder}: a bundle of form {bundle.form} ({bundle.manifest['kind']}) isn't in whole numbers, so it has "
            "no C or JavaScript; the table form has, and linear-int: quantize the model first"
        )
    stored = rows = None
    if isinstance(predictor, TablePredictor):
        stored = tables_of(bundle.data(TABLES_FILE), folder / TABLES_FILE)
    else:
        rows = predictor.rows
    space, thresholds = bundle.space, bundle.thresholds
    by_task = rows is None or rows.link == Link()
    cutoffs = cutoffs_of(thresholds) if by_task and space.task != "multiclass" else None
    unknown = decide(unknown_answer(space, thresholds)[None], thresholds, space.task)[0]
    return Source(bundle, predictor, stored, rows, cutoffs, None if space.answers_unknown else unknown)


def cleanings_of(source: Source) -> tuple[Cleaning, ...]:
    """The cleanings that a model reads its texts by, each once.

    Raises:
        ArtifactError: one that needs Porter's stems, or the reading of another library.
    """
    if source.rows is None:
        found: list[Any] = [source.tokenizer.cleaning]
    else:
        found = [block.reading or source.rows.vectorizer.cleaning for block in source.rows.vectorizer.blocks]
    for reading in found:
        if not isinstance(reading, Cleaning):
            raise ArtifactError(
                f"{source.bundle.folder}: its texts are read as {type(reading).__name__} does it, which only Python "
                "and the kernel do; our four cleanings can be generated"
            )
        if reading.stem:
            raise ArtifactError(
                f"{source.bundle.folder}: its words are stemmed (Porter), which only Python does; train without stems"
            )
    return tuple(dict.fromkeys(found))
