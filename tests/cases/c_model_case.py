"""Models in memory, made into C, and what their programs answer next to what NumPy does."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from baselines.task import LabelSpace, Task, Thresholds, answered, decide, unknown_answer
from baselines.text.cleaning import CLEANINGS, Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.formats.integer_rows import IntRows
from compress.formats.packed import StoredTables
from exports.bundles.parity import AWKWARD
from exports.runtime.bundle_format import BundleContent
from exports.runtime.rows_predictor import RowsPredictor
from exports.runtime.table_predictor import TablePredictor
from exports.targets.c import write
from exports.targets.c.driver import driver_source
from exports.targets.c.text_part import TextPart, fits, text_part
from exports.targets.cutoffs import cutoffs_of
from exports.targets.source import Source, Target, cleanings_of
from tests.cases.c_case import STRICT, Program, compiled, framed

TARGET = Target("model", 1100)
TEXTS = (
    *AWKWARD,
    "C++ isn't C#, is it? naïve 入門 ab ab CC 1-1",
    "ab C1-+ é入ж aab\u0301 abab  入ab",
    "graph neural networks 123 for text",
    "カ\u3099ギ가나 \U00020000x😀",
    "a b c d e f g h i j k l m",
    "\ufdfa" * 300,
    "+" * 1100,
    "x" * 1101,
)
NAMES = ("attention", "computer-vision", 'a ?? "quoted" \\ name', "größe 入", "transformers")
# What is generated for all models of a test run; of these, some use no function of theirs.
QUICK = ("-O1", *STRICT, "-Wno-unused-function")


@cache
def _any_text() -> TextPart:
    return text_part(tuple(map(Cleaning, CLEANINGS)), None, kinds=True)


def space_of(task: Task, n_classes: int = 5, *, itself: bool = False) -> LabelSpace:
    """Class names that are awkward in C; of a binary task one."""
    names = (NAMES + tuple(f"class {i}" for i in range(5, n_classes)))[: 1 if task == "binary" else n_classes]
    shares = {"multilabel": (), "binary": (0.7,), "multiclass": tuple(np.full(n_classes, 1 / n_classes).tolist())}[task]
    return LabelSpace(names, task, shares=shares, answers_unknown=itself)


def _bundle(space: LabelSpace, thresholds: Thresholds | None) -> BundleContent:
    return BundleContent(Path("bundle"), "table", {}, space, space.thresholds() if thresholds is None else thresholds)


def _source(
    bundle: BundleContent, predictor: TablePredictor | RowsPredictor, stored: StoredTables | None, rows: IntRows | None
) -> Source:
    space = bundle.space
    by_task = rows is None or rows.link.name == "task"
    cutoffs = cutoffs_of(bundle.thresholds) if by_task and space.task != "multiclass" else None
    unknown = decide(unknown_answer(space, bundle.thresholds)[None], bundle.thresholds, space.task)[0]
    return Source(bundle, predictor, stored, rows, cutoffs, None if space.answers_unknown else unknown)


def table_source(
    stored: StoredTables, tokenizer: Tokenizer, space: LabelSpace, thresholds: Thresholds | None = None
) -> Source:
    """As `open_source` gives it, without a folder."""
    predictor = object.__new__(TablePredictor)
    predictor.tokenizer, predictor.tables = tokenizer, stored.tables
    return _source(_bundle(space, thresholds), predictor, stored, None)


def rows_source(rows: IntRows, space: LabelSpace, thresholds: Thresholds | None = None) -> Source:
    """As `open_source` gives it, without a folder."""
    predictor = object.__new__(RowsPredictor)
    predictor.rows = rows
    return _source(_bundle(space, thresholds), predictor, None, rows)


def files_of(source: Source, target: Target = TARGET, *, exact_tables: bool = False) -> dict[str, str]:
    """Name -> content of a model's file, its header and the driver.

    Args:
        exact_tables: the Unicode tables of this very model, which take seconds; else those of all texts.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not exact_tables:
            patch.setattr(write, "text_part", lambda *_, **__: _any_text())
        code, header, _ = write.generated(source, target)
    return {f"{target.name}.c": code, f"{target.name}.h": header, "driver.c": driver_source(target.name)}


def program_of(
    source: Source, folder: Path, target: Target = TARGET, *, by: str = "gcc", flags: Sequence[str] = QUICK
) -> Program:
    """The driver with a model."""
    folder.mkdir(exist_ok=True)
    return compiled(files_of(source, target), folder, by=by, flags=flags)


def assert_same(program: Program, source: Source, texts: Sequence[str] = TEXTS, target: Target = TARGET) -> None:
    """Every answer has the bits of NumPy's, or the code that the text deserves."""
    content, at = program(framed(texts)), 0
    logits, known = source.logits(texts)
    space, thresholds = source.space, source.thresholds
    probabilities = answered(source.link(logits, space.task), known, space, thresholds)
    decided = decide(probabilities, thresholds, space.task)
    for i, text in enumerate(texts):
        (status,) = struct.unpack_from("<i", content, at)
        at += 4
        assert status == status_of(text, source, target), ascii(text)[:200]
        if status:
            continue
        row = b"".join(
            (logits[i].astype("<f4").tobytes(), probabilities[i].astype("<f4").tobytes(), decided[i].tobytes())
        ) + bytes([int(known[i])])
        assert content[at : at + len(row)] == row, ascii(text)[:200]
        at += len(row)
    assert at == len(content)


def status_of(text: str, source: Source, target: Target) -> int:
    """0, -1 for what isn't UTF-8, -2 for what is too long; size is looked at first."""
    if len(text.encode("utf-8", "surrogatepass")) > target.longest:
        return -2
    if any(0xD800 <= ord(char) < 0xE000 for char in text):
        return -1
    return 0 if all(fits(text, cleaning, target.longest) for cleaning in cleanings_of(source)) else -2
