"""A column that says which part a text belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from baselines.dataset import PARTS, PartName
from baselines.errors import DataError
from baselines.splits.grouped import written
from baselines.splits.items import Rows

# In any case; the first of each is what is written in messages.
PART_WORDS: Mapping[PartName, tuple[str, ...]] = {
    "train": ("train", "training", "trn"),
    "validation": ("validation", "valid", "val", "dev", "development"),
    "test": ("test", "testing", "tst", "eval", "evaluation", "holdout", "held-out"),
}
_PART_OF: Mapping[str, PartName] = {word: part for part, words in PART_WORDS.items() for word in words}


def part_named(value: Any) -> PartName | None:
    """The part that a cell names, None where it names none."""
    return _PART_OF.get(written(value).lower())


def parts_of(values: Sequence[Any], where: Callable[[int], str]) -> dict[PartName, Rows]:
    """Rows of each part that the column names, ascending; training is always among them.

    Numbers and true or false aren't taken for parts: nobody knows which of them means training.

    Args:
        values: of the column.
        where: place of a value, for messages.

    Raises:
        DataError: blanks, with their count; other words, listed; no training text.
    """
    blanks = [row for row, value in enumerate(values) if not written(value)]
    if blanks:
        raise DataError(
            f"{where(blanks[0])}: no part; {len(blanks)} of {len(values)} values of the split's column are blank; "
            "write train, validation or test there, or take these rows out"
        )
    named = [part_named(value) for value in values]
    if None in named:
        unknown = Counter(str(value).strip() for value, part in zip(values, named, strict=True) if part is None)
        shown = ", ".join(f"{word!r:.40} ({n})" for word, n in unknown.most_common(5))
        allowed = "; ".join(f"{part}: {', '.join(words)}" for part, words in PART_WORDS.items())
        raise DataError(
            f"{where(named.index(None))}: expected the name of a part, got {shown}"
            f"{', …' if len(unknown) > 5 else ''}; allowed in any case are {allowed}"
        )
    found = {part: np.flatnonzero([own == part for own in named]) for part in PARTS}
    if not len(found["train"]):
        raise DataError(
            f"{where(0)}: no value of the split's column says train, so there is nothing to learn from; got "
            f"{', '.join(f'{part} ({len(rows)})' for part, rows in found.items() if len(rows))}"
        )
    return {part: rows for part, rows in found.items() if len(rows)}
