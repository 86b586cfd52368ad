"""Sums of rows of n-grams in C: vocabularies and buckets as const data, levels in half bytes where they fit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from baselines.text.cleaning import CLEANINGS, Cleaning
from baselines.text.hashing import Hashing
from baselines.text.ngrams import NgramBlock
from compress.formats.integer_rows import IntRows
from exports.targets.c.arrays import Data, Piece, defined, part, smallest
from exports.targets.c.terms import Terms, most_found, most_of_one, terms_of
from exports.targets.source import Source, Target

_READS = {"word": "TP_WORD", "char_wb": "TP_CHAR_WB", "char": "TP_CHAR", "char_bare": "TP_CHAR_BARE"}
_FINDS = {"murmur3": "TP_MURMUR3", "fnv1a": "TP_FNV1A", "fnv1a_words": "TP_FNV1A_WORDS"}
_NORMS = {"none": 0, "l1": 1, "l2": 2}
# Levels are added eight at a time by the narrowest of vectors.
_LANES = 8
# A count for each value of a byte.
_SORTING = 1024


def told_apart_by_rows(rows: IntRows) -> tuple[frozenset[int] | None, bool]:
    """Code points that rows tell apart, None where all are; and whether kinds of characters are asked for."""
    blocks = rows.vectorizer.blocks
    kinds = any(_of_words(block) and _reading(rows, block).name in ("words", "raw") for block in blocks)
    if any(block.hashing is not None for block in blocks):
        return None, kinds
    return frozenset(ord(char) for block in blocks for char in set().union(*block.vocabulary)), kinds


def rows(source: Source, target: Target) -> Piece:
    """The piece of a file that reads n-grams and sums their rows."""
    assert source.rows is not None
    model, data = source.rows, Data(source.bundle.folder)
    blocks = model.vectorizer.blocks
    found = [terms_of(block, target.small) for block in blocks]
    defines = _defines(model, target)
    defines["TP_SUBLINEAR"] = _add_logarithms(model, target, data)
    data.add("tp_scale", model.scale)
    data.add("tp_intercept", model.intercept)
    order = np.concatenate([offset + each.order for offset, each in zip(model.offsets, found, strict=True)])
    data.add("tp_idf", smallest(model.idf[order]))
    _add_levels(model.levels[order], target.small, data, defines)
    lines = [_block(model, place, each, data) for place, each in enumerate(found)]
    data.add("tp_readings", np.array([CLEANINGS.index(_reading(model, block).name) for block in blocks], np.uint8))
    wide = any(block.hashing is not None or len(block) > 65535 for block in blocks)
    slot = "uint16_t" if all(each.slots.dtype == np.uint16 for each in found) else "uint32_t"
    types = f"typedef {'uint32_t' if wide else 'uint16_t'} tp_key;\ntypedef {slot} tp_slot;\n"
    table = data.source + "static const tp_block tp_blocks[] = {\n" + "\n".join(lines) + "\n};"
    code = part("rows.c", BLOCKS=table, UNIT=repr(2.0**-model.bits), READINGS=_readings(model))
    return Piece({}, types + defined(defines) + code, data.n_bytes, _stack_bytes(defines, target, wide))


def _stack_bytes(defines: Mapping[str, int], target: Target, wide: bool) -> int:
    """Code points, bytes, the list of n-grams with what it is sorted through, and sums."""
    keys = (4 if wide else 2) * defines["TP_FOUND"]
    sums = 24 * (defines["TP_SUMS"] + 1) + 64
    return 4 * _points(target) + defines["TP_TEXT"] + sums + (keys if target.small else 2 * keys + _SORTING)


def _points(target: Target) -> int:
    return 2 * target.longest + 2


def _of_words(block: NgramBlock) -> bool:
    return block.settings.analyzer in ("word", "subword")


def _reading(model: IntRows, block: NgramBlock) -> Cleaning:
    reading = block.reading or model.vectorizer.cleaning
    assert isinstance(reading, Cleaning)
    return reading


def _defines(model: IntRows, target: Target) -> dict[str, int]:
    blocks = model.vectorizer.blocks
    points = _points(target)
    pieces = told_apart_by_rows(model)[1]
    return {
        "TP_SMALL": int(target.small),
        "TP_BLOCKS": len(blocks),
        "TP_WITHOUT": model.without,
        "TP_HAS_TERMS": int(any(block.hashing is None for block in blocks)),
        "TP_HAS_HASHES": int(any(block.hashing is not None for block in blocks)),
        "TP_READS_WORDS": int(any(map(_of_words, blocks))),
        "TP_READS_CHARACTERS": int(any(block.settings.analyzer != "word" for block in blocks)),
        "TP_READS_CLEAN": int(not all(map(_of_words, blocks))),
        "TP_PIECES": int(pieces),
        "TP_SQUARES": int(any(block.settings.norm == "l2" for block in blocks)),
        # Bytes of a text with blanks around it, or of words, each with a blank behind it.
        "TP_TEXT": (5 if pieces else 4) * points + 2,
        "TP_FOUND": max(most_found(block.settings, _reading(model, block), points) for block in blocks),
    }


def _add_logarithms(model: IntRows, target: Target, data: Data) -> int:
    """`T` of sublinear blocks as far as a text can reach; its length, 0 where no block needs it."""
    longest = 0
    for place, block in enumerate(model.vectorizer.blocks):
        if block.settings.sublinear and not block.settings.binary:
            most = most_of_one(block, _reading(model, block), _points(target))
            table = model.tf_table(place)[: most + 1]
            longest = max(longest, len(table))
    if longest:
        table = next(
            model.tf_table(place)
            for place, block in enumerate(model.vectorizer.blocks)
            if block.settings.sublinear and not block.settings.binary
        )
        data.add("tp_logarithms", table[:longest].astype(np.uint16))
    return longest


def _add_levels(levels: NDArray[np.int8], small: bool, data: Data, defines: dict[str, int]) -> None:
    n_rows, n_logits = levels.shape
    nibbles = int(np.abs(levels.astype(np.int16)).max(initial=0)) <= 7
    each = -(-n_logits // 2) if nibbles else n_logits
    each = each if small else -(-each // _LANES) * _LANES
    data.check(n_rows * each)
    padded = np.zeros((n_rows, each * (2 if nibbles else 1)), np.int8)
    padded[:, :n_logits] = levels
    defines |= {"TP_NIBBLES": int(nibbles), "TP_HALF": each, "TP_SUMS": padded.shape[1]}
    if nibbles:
        # Two halves of the classes share bytes, each level 8 too large.
        shifted = (padded + 8).astype(np.uint8)
        data.add("tp_levels", shifted[:, :each] | shifted[:, each:] << 4, aligned=True)
    else:
        data.add("tp_levels", padded, aligned=True)


def _block(model: IntRows, place: int, found: Terms, data: Data) -> str:
    """What the fields of `tp_block` hold, in their order."""
    block = model.vectorizer.blocks[place]
    own, hashing = block.settings, block.hashing or Hashing("fnv1a", 1)
    reads = [_READS.get(own.analyzer, "TP_SUBWORD"), own.low, own.high, own.shortest_word]
    finds = [
        "TP_VOCABULARY" if block.hashing is None else _FINDS[hashing.name],
        int(hashing.signed),
        int(block.hashing is not None and hashing.counted),
    ]
    counts = [int(own.binary), int(own.sublinear), int(own.joined), _NORMS[own.norm], f"{hashing.buckets}u"]
    rows = [model.offsets[place], len(block), found.longest, *_index(block, place, found, data)]
    fields = [*reads, *finds, *counts, *rows, f"{max(len(found.slots) - 1, 0)}u"]
    return "    {" + ", ".join(map(str, fields)) + "},"


def _index(block: NgramBlock, place: int, found: Terms, data: Data) -> list[str]:
    """Names of the arrays that rows are found by; 0 for those that this block doesn't need."""
    if block.hashing is not None:
        data.add(f"tp_bucket_{place}", found.buckets)
        return ["0", "0", "0", f"tp_bucket_{place}", "0"]
    data.add(f"tp_first_{place}", found.first)
    data.add(f"tp_start_{place}", found.start)
    data.add(f"tp_terms_{place}", np.frombuffer(found.content, np.uint8))
    slots = "0"
    if len(found.slots):
        slots = f"tp_slots_{place}"
        data.add(slots, found.slots, kind="tp_slot")
    return [f"tp_first_{place}", f"tp_start_{place}", f"tp_terms_{place}", "0", slots]


def _readings(model: IntRows) -> str:
    names = dict.fromkeys(_reading(model, block).name for block in model.vectorizer.blocks)
    first, *rest = names
    lines = [f"    case {CLEANINGS.index(name)}: return tp_clean_{name}(text, size, points);" for name in rest]
    return "\n".join([*lines, f"    default: return tp_clean_{first}(text, size, points);"])
