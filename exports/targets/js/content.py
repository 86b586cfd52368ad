"""A model as JSON content that the JavaScript runtime opens: names and numbers, the many small ones coded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import BY_TASK, LabelSpace, Link, Thresholds, unknown_answer
from baselines.text.cleaning import STOP_WORDS, Cleaning
from baselines.text.ngrams import NgramBlock
from baselines.text.tokenizer import Tokenizer
from compress.formats.integer_rows import IntRows
from compress.formats.packed import StoredTables
from exports.targets.js.coding import Code
from exports.targets.js.unicode_runs import unicode_text
from exports.targets.source import Source, cleanings_of

# Counts of the coder: a table model has few contexts, n-grams have many.
_TABLE_BITS, _MOST_BITS = 14, 20
# Contexts of the coder, as the runtime numbers them.
_FLOORS, _HEAD, _ZERO, _LEVEL, _SHARED, _BUCKET = 62, 63, 512, 513, 514, 600
_MOST_SHARED = 255
# Cleanings that keep nothing but letters and digits.
_LETTERS = ("course", "letters")


def content_of(source: Source) -> dict[str, Any]:
    """What the runtime opens.

    Raises:
        ArtifactError: a reading that has no JavaScript, stems among them.
    """
    cleanings = cleanings_of(source)
    if source.rows is None:
        assert source.stored is not None
        return table_content(source.stored, source.tokenizer, source.space, source.thresholds)
    return row_content(source.rows, source.space, source.thresholds, cleanings)


def table_content(
    stored: StoredTables, tokenizer: Tokenizer, space: LabelSpace, thresholds: Thresholds
) -> dict[str, Any]:
    """Content of character tables; factors stay factors, which the runtime expands."""
    parts, n_filters = stored.parts(), stored.tables.n_filters
    tables = stored.tables.tables
    names = ["filters" if stored.factors else "table", "embedding", "floors", "head"]
    order = ["embedding", *(f"{names[0]}.{len(table)}" for table in tables), "floors", "head"]
    code, most = Code(_TABLE_BITS), []
    for context, name in enumerate(order):
        values = parts.get(name, np.zeros(0, np.int8))
        most.append(max(int(np.abs(values.astype(np.int16)).max(initial=1)), 1))
        code.levels(values, most[-1], {"floors": _FLOORS, "head": _HEAD}.get(name, context))
    floors = parts["floors"].size // n_filters if "floors" in parts else 0
    return {
        **_shared((tokenizer.cleaning,), space, thresholds, apart=False),
        **_links(BY_TASK, space),
        "alphabet": tokenizer.alphabet,
        "bytes": tokenizer.unit == "bytes",
        "cleaning": tokenizer.cleaning.name,
        "ids": tokenizer.n_ids,
        "columns": 0 if stored.factors is None else int(stored.factors.embedding.shape[1]),
        "widths": [[len(table), int(table.shape[2])] for table in tables],
        "floors": floors,
        "most": most,
        "scale": _floats(stored.tables.scale),
        "bias": _floats(stored.tables.bias),
        "code": code.text(),
    }


def row_content(
    rows: IntRows, space: LabelSpace, thresholds: Thresholds, cleanings: Sequence[Cleaning]
) -> dict[str, Any]:
    """Content of a sum of rows whose cleanings are ours, none with stems."""
    blocks = rows.vectorizer.blocks
    characters = _by_frequency(term for block in blocks for term in block.vocabulary)
    idfs = np.unique(rows.idf)
    n_letters = sum(map(len, rows.vectorizer.names))
    code, orders = Code(min(max((4 * n_letters).bit_length(), _TABLE_BITS), _MOST_BITS)), []
    for place, (block, offset) in enumerate(zip(blocks, rows.offsets, strict=True)):
        terms = sorted(block.vocabulary)
        column = {term: i for i, term in enumerate(block.vocabulary)}
        order = [column[term] for term in terms] if block.hashing is None else range(len(block))
        if block.hashing is None:
            _write_terms(code, terms, characters)
        elif block.buckets is not None:
            for gap in np.diff(block.buckets, prepend=-1).tolist():
                code.number(gap - 1, _BUCKET)
        orders += [offset + i for i in order]
        lengths = [len(term) for term in terms] or [0] * len(block)
        ranks = np.searchsorted(idfs, rows.idf[orders[-len(block) :] if len(block) else []])
        for rank, length in zip(ranks.tolist(), lengths, strict=True):
            code.symbol(rank, (len(idfs) - 1).bit_length(), place, place + 16 * length)
    levels = rows.levels[orders]
    most = max(int(np.abs(levels.astype(np.int16)).max(initial=1)), 1)
    _write_levels(code, levels, most)
    apart = any(block.settings.analyzer in ("word", "subword") for block in blocks)
    return {
        **_shared(cleanings, space, thresholds, apart=apart),
        **_links(rows.link, space),
        "characters": "".join(characters),
        "unit": 2.0**-rows.bits,
        "without": rows.without,
        "blocks": [_block(block, rows) for block in blocks],
        "idfs": idfs.tolist(),
        "sizeBits": code.size_bits,
        "most": most,
        "scale": _floats(rows.scale),
        "intercept": _floats(rows.intercept),
        "code": code.text(),
    }


def _write_terms(code: Code, terms: Sequence[str], characters: Sequence[str]) -> None:
    """Sorted terms; each character by the three before it, 0 ends a term."""
    number = {char: i for i, char in enumerate(characters, 1)}
    width, before = len(characters).bit_length(), ""
    for term in terms:
        same = (i for i, (a, b) in enumerate(zip(before, term, strict=False)) if a != b)
        shared = min(next(same, min(len(before), len(term))), _MOST_SHARED)
        code.symbol(shared, 8, _SHARED, 300_000 + len(before))
        ids = [number[char] for char in term]
        for i in range(shared, len(ids) + 1):
            a, b, c = (ids[i - n] if i >= n else 0 for n in (1, 2, 3))
            two, three = (a * 4099 + b) * 8 + 5, ((a * 4099 + b) * 4099 + c) * 8 + 6
            code.symbol(ids[i] if i < len(ids) else 0, width, 400_000 + a, two, three)
        before = term


def _write_levels(code: Code, levels: NDArray[np.int8], most: int) -> None:
    """Whether a level is 0, and if not, which: row by row."""
    width = (2 * most - 1).bit_length()
    for row in levels.tolist():
        before = 0
        for column, level in enumerate(row):
            code.symbol(int(level != 0), 1, _ZERO, 1024 + column, 8192 + min(before, 15))
            if level:
                code.symbol(level + most - (level > 0), width, _LEVEL, 131072 + column)
                before += 1


def _block(block: NgramBlock, rows: IntRows) -> dict[str, Any]:
    own, reading = block.settings, block.reading or rows.vectorizer.cleaning
    return {
        "analyzer": own.analyzer,
        "low": own.low,
        "high": own.high,
        "sublinear": own.sublinear,
        "shortest_word": own.shortest_word,
        "binary": own.binary,
        "norm": own.norm,
        "joined": own.joined,
        "cleaning": reading.to_json()["cleaning"],
        "rows": len(block),
        **({} if block.hashing is None else {"hashing": block.hashing.to_json()}),
    }


def _shared(cleanings: Sequence[Cleaning], space: LabelSpace, thresholds: Thresholds, *, apart: bool) -> dict[str, Any]:
    names = {cleaning.name for cleaning in cleanings}
    symbols = bool(names - set(_LETTERS))
    return {
        "task": space.task,
        "classes": list(space.classes),
        "names": list(space.names),
        "thresholds": _floats(thresholds),
        "unknown": None if space.answers_unknown else _floats(unknown_answer(space, thresholds)),
        "stopWords": " ".join(sorted(STOP_WORDS)) if "course" in names else "",
        "unicode": unicode_text(symbols, symbols and apart, names != {"raw"}),
    }


def _links(link: Link, space: LabelSpace) -> dict[str, Any]:
    """How logits become probabilities: the name of the runtime's piece, and the paths of a tree."""
    name = link.name
    if name == "task":
        return {"link": "multiclass" if space.task == "multiclass" else "logistic"}
    return {"link": name, **({"paths": link.to_json()["paths"]} if name == "tree" else {})}


def _by_frequency(terms: Any) -> list[str]:
    """Characters, those that many terms hold first."""
    counts: dict[str, int] = {}
    for term in terms:
        for char in term:
            counts[char] = counts.get(char, 0) + 1
    return sorted(counts, key=lambda char: (-counts[char], char))


def _floats(values: NDArray[np.float32]) -> list[float]:
    """As few digits as name each float32; checked, because JavaScript reads them as float64 first."""
    short = [float(str(value)) for value in values.astype(np.float32)]
    return [each if np.float32(each) == value else float(value) for each, value in zip(short, values, strict=True)]
