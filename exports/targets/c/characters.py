"""Character tables in C: expanded, in blocks whose rows are added quickly, or as they are stored, in fewest bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from baselines.text.tokenizer import Tokenizer
from compress.formats.packed import Factors, StoredTables
from compress.formats.tables import IntTables
from exports.targets.c.arrays import Data, Piece, defined, part, smallest
from exports.targets.c.coded import coded
from exports.targets.source import Source, Target

# Filters whose sums stay in registers together.
BLOCK = 32
# A slice of the tables in memory; one filter's may need more.
_SLICE_BYTES = 2560
_MOST_TOGETHER = 8
# 2 · 127 · magnitude + largest must fit 32 bits.
_NARROW = (1 << 32) // 256


def characters(source: Source, target: Target) -> Piece:
    """The piece of a file that reads characters, or bytes, and sums rows of tables."""
    assert source.stored is not None
    data = Data(source.bundle.folder)
    tables, tokenizer = source.stored.tables, source.tokenizer
    widest = tables.widths[-1]
    left = (widest - 1) // 2
    n_work = (left + 3) // 4 + _points(target) + (widest - left + 3) // 4
    defines = {
        "TP_LEFT": left,
        "TP_RIGHT": widest - 1 - left,
        "TP_WORK": n_work,
        "TP_BYTES": int(tokenizer.unit == "bytes"),
        "TP_SMALL": int(target.small),
        "TP_BLANK_ID": tokenizer.space_id,
        "TP_FLOORED": int(tables.floors is not None),
        "TP_FILTERS": tables.n_filters,
    }
    data.add("tp_scale", tables.scale)
    data.add("tp_bias", tables.bias)
    if target.small:
        defines["TP_ALPHABET"] = max(1, len(tokenizer.alphabet))
        # No cleaned text holds a zero.
        data.add("tp_alphabet", smallest(np.array([ord(char) for char in tokenizer.alphabet or "\0"])))
        kernel, stack = _stored(source.stored, data, defines)
    else:
        _add_ids(tokenizer, data, defines)
        kernel, stack = _expanded(tables, data, defines)
    end = part("classify_characters.c", CLEANING=tokenizer.cleaning.name)
    text = defined(defines) + data.source + part("ids.c") + kernel + end
    return Piece({}, text, data.n_bytes, stack + 4 * n_work + 4 * len(tables.bias))


def told_apart(tokenizer: Tokenizer) -> frozenset[int] | None:
    """Code points that ids tell apart; None where all are."""
    return None if tokenizer.unit == "bytes" else frozenset(map(ord, tokenizer.alphabet))


def _points(target: Target) -> int:
    return 2 * target.longest + 2


def _add_ids(tokenizer: Tokenizer, data: Data, defines: dict[str, int]) -> None:
    data.add("tp_id_of_byte", np.frombuffer(tokenizer.by_byte, np.uint8))
    if tokenizer.unit == "bytes":
        return
    others = sorted((ord(char), i + 2) for i, char in enumerate(tokenizer.alphabet) if ord(char) >= 128)
    defines["TP_OTHERS"] = len(others)
    # One more at the end, which no character is: what a search ends at.
    data.add("tp_others", np.array([*(point for point, _ in others), 0xFFFFFFFF], np.uint32))
    data.add("tp_other_ids", np.array([*(number for _, number in others), 1], np.uint8))


def _expanded(tables: IntTables, data: Data, defines: dict[str, int]) -> tuple[str, int]:
    """Blocks of filters, each as wide as the widest of them, its rows ordered by id, then by place in the window."""
    n_blocks = -(-tables.n_filters // BLOCK)
    defines |= {"TP_TOGETHER": BLOCK, "TP_FILTERS": n_blocks * BLOCK}
    width_of = np.repeat(tables.widths, [table.shape[2] for table in tables.tables])
    widths = [int(width_of[b * BLOCK : (b + 1) * BLOCK].max()) for b in range(n_blocks)]
    data.check(sum(widths) * tables.n_ids * BLOCK + 2 * len(tables.head) * n_blocks * BLOCK)
    left, lines = defines["TP_LEFT"], []
    for b, width in enumerate(widths):
        data.add(f"tp_table_{b}", _block(tables, b, width), aligned=True)
        lines.append(
            f"    tp_respond_{width}(tp_table_{b}, ids + {left - (width - 1) // 2}, length, best + {b * BLOCK});"
        )
    head = np.zeros((len(tables.head), n_blocks * BLOCK), np.int16)
    head[:, : tables.n_filters] = tables.head
    data.add("tp_head", head, aligned=True)
    if tables.floors is not None:
        data.add("tp_floors", np.pad(tables.floors, (0, n_blocks * BLOCK - tables.n_filters)), aligned=True)
    made = "\n".join(f"TP_RESPOND(tp_respond_{width}, {width})" for width in sorted(set(widths)))
    return part("tables.c", WIDTHS=made, CALLS="\n".join(lines)), 2 * n_blocks * BLOCK + 4 * BLOCK


def _block(tables: IntTables, number: int, width: int) -> NDArray[np.uint16]:
    """uint16 (n_ids, width, BLOCK / 2) of the filters of one block, two in a word; narrower ones in the middle."""
    block = np.zeros((tables.n_ids, width, BLOCK), np.int16)
    first = 0
    for table in tables.tables:
        own, n = len(table), table.shape[2]
        low, high = max(first, number * BLOCK), min(first + n, (number + 1) * BLOCK)
        if low < high:
            before = (width - 1) // 2 - (own - 1) // 2
            lanes = slice(low - number * BLOCK, high - number * BLOCK)
            block[:, before : before + own, lanes] = table[:, :, low - first : high - first].transpose(1, 0, 2)
        first += n
    shifted = (block + 128).astype(np.int64)
    return (shifted[:, :, : BLOCK // 2] + 256 * shifted[:, :, BLOCK // 2 :]).astype(np.uint16)


def _stored(stored: StoredTables, data: Data, defines: dict[str, int]) -> tuple[str, int]:
    tables, factors = stored.tables, stored.factors
    defines["TP_IDS"] = tables.n_ids
    value, wide, columns = "int8_t", "uint32_t", 0
    if factors is not None:
        most = _largest_product(factors)
        value = "int16_t" if most <= 32767 else "int32_t"
        wide = "uint32_t" if most < _NARROW else "uint64_t"
        columns = factors.embedding.shape[1]
        data.add("tp_embedding", factors.embedding)
    bytes_of_one = tables.widths[-1] * tables.n_ids * {"int8_t": 1, "int16_t": 2, "int32_t": 4}[value]
    together = int(np.clip(_SLICE_BYTES // bytes_of_one, 1, _MOST_TOGETHER))
    defines |= {"TP_COLUMNS": columns, "TP_TOGETHER": together}
    defines["TP_SLICE"] = tables.widths[-1] * tables.n_ids * together
    _add_stream("stored", _in_order(factors.filters if factors else tables.tables, together), data, defines)
    _add_stream("head", tables.head.T, data, defines)
    if tables.floors is not None:
        data.add("tp_floors", smallest(tables.floors))
    shapes = ", ".join(f"{{{len(table)}, {table.shape[2]}}}" for table in tables.tables)
    types = f"typedef {value} tp_value;\ntypedef {wide} tp_wide;\n"
    return types + part("factors.c", SHAPES=shapes), bytes_of_one * together + columns * together + 8 * together


def _in_order(parts: Sequence[NDArray[np.int8]], together: int) -> NDArray[np.int8]:
    """The numbers as slices need them: some filters, then place in the window, then row, then filter."""
    pieces = [part[:, :, at : at + together].ravel() for part in parts for at in range(0, part.shape[2], together)]
    return np.concatenate(pieces)


def _add_stream(name: str, values: NDArray[np.int8], data: Data, defines: dict[str, int]) -> None:
    stream = coded(values)
    data.add(f"tp_{name}", np.frombuffer(stream.content, np.uint8))
    data.add(f"tp_{name}_counts", stream.counts)
    data.add(f"tp_{name}_symbols", stream.symbols)
    defines |= {f"TP_{name.upper()}_BASE": stream.base, f"TP_{name.upper()}_DIGITS": stream.digits}


def _largest_product(factors: Factors) -> int:
    return max(int(np.abs(factors.products(each)).max(initial=0)) for filters in factors.filters for each in filters)
