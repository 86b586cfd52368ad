"""Character tables in C answer with the bits of NumPy, both layouts, whatever the cleaning, unit and shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from baselines.task import Task, Thresholds
from baselines.text.cleaning import Cleaning, CleaningName
from baselines.text.tokenizer import Tokenizer, Unit
from compress.formats.packed import Factors, StoredTables
from exports.targets.source import Target
from tests.cases.c_model_case import TARGET, TEXTS, assert_same, program_of, space_of, table_source
from tests.cases.table_case import floored, int_tables

SMALL = Target("model", TARGET.longest, small=True)
ALPHABET = " abcdefghijklmnopqrstuvwxyzé0123456789入+ж"


def alphabet_of(cleaning: CleaningName, unit: Unit) -> Tokenizer:
    """Of bytes those of a few characters, of several bytes each."""
    if unit == "characters":
        return Tokenizer(ALPHABET, Cleaning(cleaning))
    return Tokenizer("".join(sorted({chr(byte) for byte in ALPHABET.encode()})), Cleaning(cleaning), unit)


def factored(n_ids: int, limit: int, columns: int = 6, n_classes: int = 5) -> StoredTables:
    """Random factors; the largest products need 16 bits, or 32 where the limit is 127."""
    rng = np.random.default_rng(4)
    embedding = rng.integers(-limit, limit + 1, (n_ids, columns)).astype(np.int8)
    embedding[0] = 0
    filters = tuple(rng.integers(-limit, limit + 1, (f, columns, n)).astype(np.int8) for f, n in ((2, 9), (4, 3)))
    head = rng.integers(-7, 8, (n_classes, 12)).astype(np.int8)
    scale, bias = rng.normal(size=(2, n_classes)).astype(np.float32) / 1000
    return StoredTables.from_factors(Factors(embedding, filters), head, scale, bias)


# Cleaning, unit, task, floors, limit of the values, widths with their filters.
CASES: list[tuple[CleaningName, Unit, Task, bool, int, tuple[tuple[int, int], ...]]] = [
    ("course", "characters", "multilabel", False, 127, ((1, 5), (2, 32), (3, 40), (7, 33))),
    ("letters", "characters", "multiclass", True, 7, ((3, 31),)),
    ("words", "bytes", "binary", True, 127, ((1, 64), (8, 3))),
    ("raw", "bytes", "multilabel", False, 1, ((258, 1),)),
]


@pytest.mark.parametrize("target", [TARGET, SMALL], ids=["expanded", "small"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case[:3])))
def test_the_bits_of_numpy(
    case: tuple[CleaningName, Unit, Task, bool, int, tuple[tuple[int, int], ...]], target: Target, tmp_path: Path
) -> None:
    cleaning, unit, task, floors, limit, filters = case
    tokenizer, space = alphabet_of(cleaning, unit), space_of(task)
    tables = int_tables(1, filters, len(space.classes), limit, tokenizer.n_ids)
    stored = StoredTables(floored(tables) if floors else tables)
    source = table_source(stored, tokenizer, space, thresholds_of(task))
    assert_same(program_of(source, tmp_path, target), source, target=target)


def thresholds_of(task: Task) -> Thresholds:
    """One that everything reaches and one that nothing does among them; of one class a text, some abstain."""
    if task == "binary":
        return np.full(1, 0.4, np.float32)
    return np.array([0.5, 0.0, 0.3, 1.5 if task == "multilabel" else 0.0, 0.45], np.float32)


@pytest.mark.parametrize(("limit", "columns"), [(7, 6), (127, 6), (127, 1100)])
def test_factors_are_multiplied_and_rounded_as_python_does(limit: int, columns: int, tmp_path: Path) -> None:
    tokenizer = alphabet_of("words", "characters")
    source = table_source(factored(tokenizer.n_ids, limit, columns), tokenizer, space_of("multilabel"))
    assert_same(program_of(source, tmp_path, SMALL), source, target=SMALL)


def test_a_model_of_which_hardly_anything_is_there(tmp_path: Path) -> None:
    """No alphabet, one filter, one class; and a text may have a single byte."""
    tokenizer, space = Tokenizer("", Cleaning("raw")), space_of("binary")
    source = table_source(StoredTables(int_tables(2, ((1, 1),), 1, 3, 2)), tokenizer, space)
    for small in (False, True):
        target = Target("t", 1, small)
        assert_same(program_of(source, tmp_path / str(small), target), source, (*TEXTS, "a", "é"), target)
