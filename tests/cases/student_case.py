"""A random character CNN of the shapes of the embedded sample's smallest student, and its bundle.

`python -m tests.cases.student_case FOLDER` writes the bundle: what is said of sizes and of equal bits is tried on it
where no study has run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from baselines.task import LabelSpace
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.formats.packed import Factors, StoredTables
from compress.kinds.table_classifiers import IntTableClassifier
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import lineage

N_CLASSES, N_FILTERS = 36, 288


@cache
def student() -> tuple[StoredTables, Tokenizer]:
    """288 filters, 36 classes, English letters; bell-shaped numbers of 3 and 4 bits, as training makes them.

    Its bundle takes about 14 kB.
    """
    rng = np.random.default_rng(0)

    def bell(limit: int, spread: float, *shape: int) -> np.ndarray:
        return np.rint(rng.normal(0, spread, shape)).clip(-limit, limit).astype(np.int8)

    tokenizer = Tokenizer(" 0123456789abcdefghijklmnopqrstuvwxyz", Cleaning("course"))
    embedding = bell(63, 20, tokenizer.n_ids, 24)
    embedding[0] = 0
    filters = tuple(bell(3, 1, width, 24, 48) for width in range(3, 9))
    scale, bias = rng.normal(size=(2, N_CLASSES)).astype(np.float32) / 1000
    floors = rng.integers(-120, 120, N_FILTERS).astype(np.int16)
    factors, head = Factors(embedding, filters), bell(7, 2, N_CLASSES, N_FILTERS)
    return StoredTables.from_factors(factors, head, scale, bias, floors), tokenizer


def student_bundle(folder: Path) -> Path:
    """The student as a bundle of form `table`."""
    stored, tokenizer = student()
    space = LabelSpace(tuple(f"class {number}" for number in range(N_CLASSES)))
    return write_bundle(IntTableClassifier(stored, tokenizer, space), lineage("random-student"), folder, "table")


def main(argv: Sequence[str]) -> int:
    """Exit code 0."""
    print(student_bundle(Path(argv[0])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
