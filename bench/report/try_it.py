"""The recommended table model as data for the page, where plain JavaScript runs it: same cleaning, ids and integers."""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.text.cleaning import STOP_WORDS
from baselines.text.tokenizer import Tokenizer
from compress.formats.tables import IntTables
from exports.runtime.load_bundle import load
from exports.runtime.table_predictor import TablePredictor

# A page of 5 MB must also hold the charts' library; base64 adds a third.
MAX_BYTES = 2_500_000


def payload_of(bundle: Path) -> tuple[dict[str, Any] | None, str]:
    """What the page needs to run the bundle, or None and the reason why it can't be run there."""
    predictor = load(bundle, engine="numpy")
    if not isinstance(predictor, TablePredictor):
        return None, f"the form {predictor.bundle.form!r} doesn't run in the page; the table form does"
    if predictor.tokenizer.cleaning.stem:
        return None, "its texts are stemmed, which the page doesn't do"
    if predictor.tokenizer.cleaning.name not in ("course", "letters") or predictor.tokenizer.unit != "characters":
        return None, "its texts are cleaned in a way that the page doesn't know"
    n_bytes = sum(table.nbytes for table in predictor.tables.tables) + predictor.tables.head.nbytes
    if n_bytes > MAX_BYTES:
        return None, f"its tables take {n_bytes:,} bytes, more than the {MAX_BYTES:,} a page may hold"
    return payload(predictor.tables, predictor.tokenizer, predictor.classes, predictor.thresholds), ""


def payload(
    tables: IntTables, tokenizer: Tokenizer, classes: Sequence[str], thresholds: NDArray[np.float32]
) -> dict[str, Any]:
    """JSON content; arrays as base64 of their little-endian bytes in C order."""
    return {
        "alphabet": tokenizer.alphabet,
        "stop_words": sorted(STOP_WORDS) if tokenizer.cleaning.name == "course" else [],
        "word_ranges": word_ranges(),
        "classes": list(classes),
        "thresholds": _base64(thresholds.astype("<f4")),
        "tables": [
            {"width": t.shape[0], "n_ids": t.shape[1], "filters": t.shape[2], "values": _base64(t)}
            for t in tables.tables
        ],
        "head": _base64(tables.head),
        "scale": _base64(tables.scale.astype("<f4")),
        "bias": _base64(tables.bias.astype("<f4")),
    }


@cache
def word_ranges() -> list[int]:
    """Where runs of letters and digits begin and end in Unicode, as differences of code points.

    Python and a browser may know different versions of Unicode; with Python's own ranges both split alike.
    """
    is_word = np.fromiter((chr(point).isalnum() for point in range(sys.maxunicode + 1)), np.int8, sys.maxunicode + 1)
    edges = np.flatnonzero(np.diff(is_word, prepend=0))
    return [int(step) for step in np.diff(edges, prepend=0)]


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
