"""Table forms as an ONNX graph that stock onnxruntime runs fast: look up two neighbouring characters at once, add.

A window's response is a sum of table rows, one a character. For each pair of neighbouring places in the window, the
rows of all V² pairs of characters are added once, when a session loads the graph; after that a window costs one Gather
for two characters and no multiplication. On disk lie the tables alone, as int8 where they are int8; float32 holds the
sums of int8 rows exactly. docs/decisions.md has what it was measured against: the plain convolution, the one-hot
convolution, MatMulInteger over windows, a Gather for each character.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from baselines.task import Task
from compress.formats.tables import FloatTables, IntTables
from compress.kinds.onnx_graph import NEVER, GraphBuilder, add_beyond, add_halo, add_link, add_pooled

# Filters that one chain of Gather, Sum and ReduceMax handles: keeps what lies between them in the cache.
MAX_COLUMNS = 384
# Beyond this the tables of pairs take more memory than speed is worth (alphabets of more than some 100 characters).
MAX_PAIR_BYTES = 128 << 20

Table = NDArray[np.float32] | NDArray[np.int8]


def fits_pairs(tables: FloatTables | IntTables) -> bool:
    """Whether the tables of pairs stay below MAX_PAIR_BYTES in memory."""
    n_pairs, rows = _n_pairs(tables.tables), (tables.tables[0].shape[1] + 1) ** 2
    return bool(n_pairs * rows * tables.head.shape[1] * 4 <= MAX_PAIR_BYTES)


def pair_model(tables: FloatTables | IntTables, task: Task = "multilabel") -> onnx.ModelProto:
    """Inputs and output as in `compress.kinds.onnx_graph`."""
    builder = GraphBuilder()
    pairs = _add_pairs(builder, tables.tables)
    left = _reach(tables.tables)
    maxima = []
    for group in _column_groups(tables.tables):
        name = f"widths_{group[0].shape[0]}_{group[-1].shape[0]}"
        terms = _add_terms(builder, group, pairs, left, name)
        total = builder.node("Sum", terms, f"{name}.sum")  # (batch, length, filters)
        maxima.append(builder.node("ReduceMax", [total], f"{name}.maximum", axes=[1], keepdims=0))
    n_filters = tables.head.shape[1]
    add_head(builder, tables, add_pooled(builder, maxima, n_filters, tables.floors), task)
    return builder.model("character-cnn-pairs", int(tables.bias.shape[0]), n_filters)


def add_head(builder: GraphBuilder, tables: FloatTables | IntTables, pooled: str, task: Task) -> None:
    """From the largest responses (batch, filters) to the output `probabilities`."""
    weight = widened(builder, tables.head, "head.weight")
    if isinstance(tables, IntTables):
        # Folded when a session loads the graph, like the cast.
        scale = builder.constant("head.scale", tables.scale[:, None])
        weight = builder.node("Mul", [weight, scale], "head.scaled")
    bias = builder.constant("head.bias", tables.bias)
    logits = builder.node("Gemm", [pooled, weight, bias], "logits", transB=1)
    add_link(builder, logits, task)


def widened(builder: GraphBuilder, values: Table, name: str) -> str:
    """A constant as float32; int8 is stored as such and cast once, when a session loads the graph."""
    if values.dtype == np.float32:
        return builder.constant(name, values)
    return builder.node("Cast", [builder.constant(f"{name}.int8", values)], name, to=TensorProto.FLOAT)


def _n_pairs(tables: Sequence[Table]) -> int:
    return (max(len(table) for table in tables) + 1) // 2


def _reach(tables: Sequence[Table]) -> int:
    """Places left of its centre that the widest window reads."""
    return (max(len(table) for table in tables) - 1) // 2


def _add_pairs(builder: GraphBuilder, tables: Sequence[Table]) -> list[str]:
    """One int64 (batch, length) for each pair of places: `(V + 1) * first id + second id` of the window at a position.

    Id 0 stands for what lies beyond a text, id V for the single padding character that an empty text counts as.
    """
    n_ids, n_pairs, left = tables[0].shape[1], _n_pairs(tables), _reach(tables)
    inside = builder.node("Not", [add_beyond(builder)], "inside")
    is_padding = builder.node("Equal", ["ids", "zero"], "is_padding")
    empty = builder.node("And", [inside, is_padding], "empty")
    marked = builder.node("Where", [empty, builder.constant("n_ids", np.array(n_ids, np.int64)), "ids"], "marked")
    around = builder.constant("around", np.array([0, left, 0, 2 * n_pairs - 1 - left], np.int64))
    # What a neighbouring stretch has there stands in the place of padding; of more than a window sees, it is cut off.
    missing = builder.node("Sub", [around, add_halo(builder)], "missing")
    padded = builder.node("Pad", [marked, missing], "padded")
    first, second = _slice(builder, padded, 0, -1, "first"), _slice(builder, padded, 1, 0, "second")
    shifted = builder.node("Mul", [first, builder.constant("base", np.array(n_ids + 1, np.int64))], "shifted")
    code = builder.node("Add", [shifted, second], "code")  # (batch, length + 2 * n_pairs - 2)
    return [_slice(builder, code, 2 * p, 2 * p - 2 * n_pairs + 2, f"code_{p}") for p in range(n_pairs)]


def _slice(builder: GraphBuilder, source: str, start: int, end: int, name: str) -> str:
    """`source[:, start:end]`, an end of 0 meaning all that is there."""
    bounds = [start, end or np.iinfo(np.int64).max]
    names = [
        builder.constant(f"{name}.{what}", np.array([value], np.int64))
        for what, value in zip("ab", bounds, strict=True)
    ]
    return builder.node("Slice", [source, *names, "axis_1"], name)


def _column_groups(tables: Sequence[Table]) -> list[list[Table]]:
    groups: list[list[Table]] = [[]]
    for table in tables:
        if groups[-1] and sum(each.shape[2] for each in groups[-1]) + table.shape[2] > MAX_COLUMNS:
            groups.append([])
        groups[-1].append(table)
    return groups


def _add_terms(builder: GraphBuilder, group: Sequence[Table], pairs: Sequence[str], left: int, name: str) -> list[str]:
    """float32 (batch, length, filters) for each pair of places that a window of the group reads."""
    terms = []
    for p, codes in enumerate(pairs):
        places = (2 * p - left, 2 * p + 1 - left)
        if not any(0 <= place + _reach([table]) < table.shape[0] for table in group for place in places):
            continue
        table = _pair_table(builder, group, places, f"{name}.pair_{p}")
        terms.append(builder.node("Gather", [table, codes], f"{name}.pair_{p}"))
    return terms


def _pair_table(builder: GraphBuilder, group: Sequence[Table], places: tuple[int, int], name: str) -> str:
    """float32 ((V + 1)², filters): the rows of every pair of characters added; a session computes it once."""
    rows, columns = group[0].shape[1] + 1, sum(table.shape[2] for table in group)
    wide = []
    for place, shape in zip(places, ((rows, 1, columns), (1, rows, columns)), strict=True):
        half = _half(builder, group, place, f"{name}.place_{place}")
        sizes = builder.constant(f"{half}.shape", np.array(shape, np.int64))
        wide.append(builder.node("Reshape", [half, sizes], f"{half}.wide"))
    grid = builder.node("Add", wide, f"{name}.grid")
    return builder.node("Reshape", [grid, builder.constant(f"{name}.shape", np.array([-1, columns]))], f"{name}.table")


def _half(builder: GraphBuilder, group: Sequence[Table], place: int, name: str) -> str:
    """float32 (V + 1, filters): what a character adds when it stands `place` characters right of a window's centre."""
    rows = [table[place + _reach([table])] for table in group if 0 <= place + _reach([table]) < table.shape[0]]
    columns = sum(table.shape[2] for table in group)
    values = np.concatenate(rows or [group[0][0, :, :0]], axis=1)
    # Widths ascend, so the filters that reach this place are the last ones; row V is the padding of an empty text.
    zeros = builder.constant(f"{name}.zeros", np.array([0, columns - values.shape[1], 1, 0], np.int64))
    known = builder.node("Pad", [widened(builder, values, f"{name}.rows"), zeros], f"{name}.known")
    if place != 0:
        return known
    # A window centred beyond the text never wins. int8 can't hold NEVER, so it is put in after widening.
    beyond = np.zeros((len(values) + 1, 1), np.bool_)
    beyond[0] = True
    never = builder.constant(f"{name}.never", np.array(NEVER, np.float32))
    return builder.node("Where", [builder.constant(f"{name}.beyond", beyond), never, known], name)
