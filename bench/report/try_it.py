"""The recommended model as data for the page, where plain JavaScript runs it: same cleaning, same whole numbers.

Both integer forms run there: the table form (`try_it.js`) and sums of rows (`try_it_rows.js`).
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

import numpy as np
from numpy.typing import NDArray

from baselines.task import LabelSpace, Thresholds, unknown_answer
from baselines.text.cleaning import STOP_WORDS, Cleaning
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock
from baselines.text.readings import Reading
from baselines.text.tokenizer import Tokenizer
from baselines.text.unicode import EACH_ALONE, REPLACEMENT, UNSEEN, kind_of
from compress.formats.integer_rows import IntRows, tf_table
from compress.formats.tables import IntTables
from exports.runtime.load_bundle import load
from exports.runtime.rows_predictor import RowsPredictor
from exports.runtime.table_predictor import TablePredictor

# A page of 5 MB must also hold the charts' library; base64 adds a third.
MAX_BYTES = 2_500_000
# Of characters, in the page's numbers: part of a word, blank, symbol, dropped, unknown.
KINDS = ("l", " ", "s", "", REPLACEMENT)
# Letters that word n-grams tell apart: marks, and characters that are words of their own.
APART = ("m", "c")


def payload_of(bundle: Path) -> tuple[dict[str, Any] | None, str]:
    """What the page needs to run the bundle, or None and the reason why it can't be run there."""
    predictor = load(bundle, engine="numpy")
    if isinstance(predictor, RowsPredictor):
        return _payload_of_rows(predictor)
    if not isinstance(predictor, TablePredictor):
        return None, f"the form {predictor.bundle.form!r} doesn't run in the page; the table form does, and linear-int"
    if predictor.tokenizer.cleaning.stem:
        return None, "its texts are stemmed, which the page doesn't do"
    n_bytes = sum(table.nbytes for table in predictor.tables.tables) + predictor.tables.head.nbytes
    if n_bytes > MAX_BYTES:
        return None, f"its tables take {n_bytes:,} bytes, more than the {MAX_BYTES:,} a page may hold"
    return payload(predictor.tables, predictor.tokenizer, predictor.space, predictor.thresholds), ""


def payload(tables: IntTables, tokenizer: Tokenizer, space: LabelSpace, thresholds: Thresholds) -> dict[str, Any]:
    """JSON content; arrays as base64 of their little-endian bytes in C order."""
    return {
        "alphabet": tokenizer.alphabet,
        "unit": tokenizer.unit,
        "cleaning": tokenizer.cleaning.name,
        "stop_words": sorted(STOP_WORDS) if tokenizer.cleaning.name == "course" else [],
        **_shared(space, thresholds),
        "tables": [
            {"width": t.shape[0], "n_ids": t.shape[1], "filters": t.shape[2], "values": _base64(t)}
            for t in tables.tables
        ],
        "head": _base64(tables.head),
        "scale": _base64(tables.scale.astype("<f4")),
        "bias": _base64(tables.bias.astype("<f4")),
        **({} if tables.floors is None else {"floors": _base64(tables.floors.astype("<i2"))}),
    }


def _payload_of_rows(predictor: RowsPredictor) -> tuple[dict[str, Any] | None, str]:
    rows = predictor.rows
    readings = [block.reading or rows.vectorizer.cleaning for block in rows.vectorizer.blocks]
    if any(type(reading) is not Cleaning for reading in readings):
        return None, "its texts are read in a way that the page doesn't know"
    if any(isinstance(reading, Cleaning) and reading.stem for reading in readings):
        return None, "its texts are stemmed, which the page doesn't do"
    n_bytes = rows.levels.size // 2 if _is_small(rows) else rows.levels.size
    n_bytes += sum(len(name.encode()) + 7 for name in rows.vectorizer.names)
    if n_bytes > MAX_BYTES:
        return None, f"its rows take {n_bytes:,} bytes, more than the {MAX_BYTES:,} a page may hold"
    return payload_of_rows(rows, predictor.space, predictor.thresholds), ""


def payload_of_rows(rows: IntRows, space: LabelSpace, thresholds: Thresholds) -> dict[str, Any]:
    """JSON content of a sum of rows whose cleanings are ours, none with stems; arrays as `payload` has them."""
    nibbles = _is_small(rows)
    packed: NDArray[Any] = rows.levels.ravel()
    if nibbles:
        even = np.append(packed, np.int8(0)) if len(packed) % 2 else packed
        biased = (even + 8).astype(np.uint8)
        packed = biased[0::2] | biased[1::2] << 4
    return {
        **_shared(space, thresholds, apart=True),
        "stop_words": sorted(STOP_WORDS),
        "rows": {
            "n_logits": len(rows.scale),
            "bits": rows.bits,
            "without": rows.without,
            "nibbles": nibbles,
            "levels": _base64(packed),
            "idf": _base64(rows.idf.astype("<i4")),
            "scale": _base64(rows.scale.astype("<f4")),
            "intercept": _base64(rows.intercept.astype("<f4")),
            "logarithms": _base64(tf_table(NgramSettings("word", sublinear=True)).astype("<i4")),
            "link": rows.link.to_json(),
            "blocks": [_block_of(block, rows.vectorizer.cleaning) for block in rows.vectorizer.blocks],
        },
    }


def _block_of(block: NgramBlock, cleaning: Reading) -> dict[str, Any]:
    reading = block.reading or cleaning
    return {
        **vars(block.settings),
        "cleaning": reading.to_json()["cleaning"],
        "terms": list(block.vocabulary),
        "hashing": None if block.hashing is None else block.hashing.to_json(),
        "buckets": [] if block.buckets is None else block.buckets.tolist(),
    }


def _is_small(rows: IntRows) -> bool:
    return bool((np.abs(rows.levels) <= 7).all())


def _shared(space: LabelSpace, thresholds: Thresholds, *, apart: bool = False) -> dict[str, Any]:
    """What both forms need."""
    return {
        "unicode": unicode_tables(apart),
        "task": space.task,
        "classes": list(space.classes),
        "names": list(space.names),
        "thresholds": _base64(thresholds.astype("<f4")),
        "unknown_answer": _base64(unknown_answer(space, thresholds).astype("<f4")),
    }


@cache
def unicode_tables(apart: bool = False) -> dict[str, Any]:
    """What Python knows of Unicode and a cleaning asks for, compact enough for a page; JSON content.

    Python and a browser may know different versions of Unicode; with Python's own tables both clean alike. Only the
    normal forms are the browser's: of characters that Python knows, they never change.

    Args:
        apart: marks and characters that stand alone get numbers of their own, behind those of `KINDS`.

    Returns:
        `kinds`: (length, kind) of each run of code points, flat, kinds numbered as in `KINDS`. `folds`: runs of
        capitals as (code points since the last one, how many, step, shift to the small letter), flat. `longer`: the
        characters that casefold to several.
    """
    end = sys.maxunicode + 1
    # A kind hangs on category and range alone, so that only a few thousand characters need be asked for theirs.
    categories = np.array([category(chr(point)) for point in range(end)])
    edges = {edge for first, last in (*UNSEEN, *EACH_ALONE) for edge in (first, last + 1)}
    asked = np.union1d(np.flatnonzero(categories[1:] != categories[:-1]) + 1, sorted({0, *edges} - {end}))
    kinds = np.array([_kind(chr(point), apart) for point in asked], np.int8)
    changes = np.flatnonzero(np.diff(kinds, prepend=-1))
    starts, kinds = asked[changes], kinds[changes]
    lengths = np.diff(starts, append=end)
    # A text is in NFKC when its capitals are folded, so that most of them can't occur any more.
    chars = [c for c in map(chr, range(sys.maxunicode + 1)) if c != c.casefold() and c == normalize("NFKC", c)]
    runs = _runs([(ord(c), ord(c.casefold()) - ord(c)) for c in chars if len(c.casefold()) == 1])
    return {
        "kinds": np.stack([lengths, kinds], axis=1).ravel().tolist(),
        "folds": [number for run in runs for number in run],
        "longer": {c: c.casefold() for c in chars if len(c.casefold()) > 1},
    }


def _kind(char: str, apart: bool) -> int:
    if apart:
        return (*KINDS, *APART).index(kind_of(char))
    return KINDS.index({"m": "l", "c": "l"}.get(kind := kind_of(char), kind))


def _runs(shifts: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Neighbours with one shift, each or every second code point, as (gap, count, step, shift)."""
    runs: list[list[int]] = []
    last = step = 0
    for point, shift in shifts:
        run = runs[-1] if runs else [0, 0, 0, 0]
        if run[3] == shift and run[1] and point - last in ((1, 2) if run[1] == 1 else (step,)):
            step = run[2] = point - last
            run[1] += 1
        else:
            runs.append([point - last, 1, 1, shift])
        last = point
    return runs


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
