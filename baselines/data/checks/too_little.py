"""Data that are too few or too alike to learn from or to judge by: refused, or said with what can't be told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from baselines.data.data_options import DataOptions
from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.labels.records import Records
from baselines.text.unicode import fold

# Fewer texts in the test part, or texts of the rarer side there: a share has more than ±14, ±31 points.
FEW_TEXTS, FEW_POSITIVES = 50, 10
# Half the width of a 95 % interval of a share near one half, times the root of the number of texts.
_HALF_WIDTH = 0.98
_SHOWN = 3


def without_missing_texts(groups: Sequence[Records], options: DataOptions) -> tuple[list[Records], list[str]]:
    """The records that have a text, or all where those without are kept, and a note that counts the others.

    Raises:
        DataError: there are such records, and `missing_texts` says stop.
    """
    found, notes = [], []
    for own in groups:
        missing = [i for i, text in enumerate(own.texts) if not text.strip()]
        if missing and options.missing_texts == "keep":
            notes.append(
                f"{len(missing)} of {len(own)} records of {own.source} have no text ({_rows(own, missing)}), and are "
                "kept as empty texts"
            )
            missing = []
        if missing and options.missing_texts == "stop":
            raise DataError(
                f"{own.source}: {len(missing)} of {len(own)} records have no text ({_rows(own, missing)}); add the "
                "texts, or use --missing-texts drop"
            )
        if missing:
            without = set(missing)
            notes.append(
                f"{len(missing)} of {len(own)} records of {own.source} have no text ({_rows(own, missing)}), and are "
                "left out"
            )
            own = own.take([i for i in range(len(own)) if i not in without])
        found.append(own)
    return found, notes


def _rows(own: Records, places: Sequence[int]) -> str:
    shown = ", ".join(str(own.rows[i]) for i in places[:_SHOWN])
    return f"row{'s' if len(places) > 1 else ''} {shown}{', …' if len(places) > _SHOWN else ''}"


def refuse_equal(texts: Iterable[str], source: str) -> None:
    """Raise DataError where all texts are the same but for case and blanks."""
    texts = list(texts)
    key = _key(texts[0]) if texts else ""
    if len(texts) < 2 or any(text != texts[0] and _key(text) != key for text in texts):
        return
    raise DataError(
        f"{source}: all {len(texts)} texts are the same ({texts[0].strip()!r:.60}), so nothing can be learned from "
        "them; check --text-column"
    )


def _key(text: str) -> str:
    return " ".join(fold(text).split())


def too_little_notes(dataset: Dataset) -> list[str]:
    """What a small test part, or few texts of the rarer side, can't tell; nothing where there is enough."""
    test = dataset.part("test")
    if not len(test):
        return []
    notes = []
    if len(test) < FEW_TEXTS:
        notes.append(
            f"the test part has only {len(test)} texts of {len(dataset.everything)}: a share there is known to about "
            f"±{_points(len(test))} points, and smaller differences can't be told; add texts, or judge by --folds"
        )
    if dataset.task == "binary":
        sides = test.named_labels.sum(axis=0)
        n, name = min((int(n), name) for n, name in zip(sides, test.space.names, strict=True))
        everywhere = int(dataset.everything.named_labels[:, test.space.names.index(name)].sum())
        share = everywhere / len(dataset.everything)
        if 0 < n < FEW_POSITIVES:
            notes.append(
                f"the test part has only {n} texts of {name} ({share:.1%} of all texts): how many of them are found is "
                f"known to about ±{_points(n)} points; add such texts, or judge by --folds"
            )
    return notes


def _points(n: int) -> int:
    return min(50, math.ceil(100 * _HALF_WIDTH / math.sqrt(n)))
