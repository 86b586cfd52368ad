"""Symmetric rounding to few bits: w ≈ scale · q with integers q in -m..m, m = 2^(bits - 1) - 1, and no zero point.

Source: Nagel et al., "A White Paper on Neural Network Quantization" (2021), sections 2.2 and 2.4. The scale is the
largest magnitude over m, so nothing is clipped and |w - scale · q| <= scale / 2 everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import NotCompressible
from compress.formats.packed import Factors, Int8, StoredTables, to_int8
from compress.formats.tables import MAX_FLOOR, FloatTables, IntTables

MIN_BITS, MAX_BITS = 2, 8


def check_bits(bits: int) -> None:
    """Raise NotCompressible unless 2 <= bits <= 8."""
    if not MIN_BITS <= bits <= MAX_BITS:
        raise NotCompressible(f"bits: from {MIN_BITS} to {MAX_BITS} are supported, got {bits}")


def largest_level(bits: int) -> int:
    """m = 2^(bits - 1) - 1."""
    check_bits(bits)
    return int(2 ** (bits - 1) - 1)


def round_symmetric(values: NDArray[Any], bits: int, axes: tuple[int, ...]) -> tuple[Int8, NDArray[np.float64]]:
    """Round to `bits`, one scale for all values that differ along `axes` only.

    Returns:
        int8 levels, and the scales with `axes` kept as length 1 (1.0 where all values are zero).
    """
    exact = values.astype(np.float64)
    level = largest_level(bits)
    largest = np.abs(exact).max(axis=axes, keepdims=True)
    scale = np.where(largest > 0, largest, level) / level
    return np.clip(np.rint(exact / scale), -level, level).astype(np.int8), scale


def round_tables(model: FloatTables, bits: int, head_bits: int) -> StoredTables:
    """Weight-only rounding: one scale a filter for the tables, one a class for the head, which takes the former in."""
    levels, scales = zip(*(round_symmetric(table, bits, (0, 1)) for table in model.tables), strict=True)
    per_filter = np.concatenate([scale.ravel() for scale in scales])  # (N,)
    floors, whole, bias = round_floors(model.floors, per_filter, model.head, model.bias)
    head, scale = round_head(whole, per_filter, head_bits)
    return StoredTables(IntTables(tuple(levels), head, scale, bias.astype(np.float32), floors))


def round_floors(
    floors: NDArray[Any] | None, per_filter: NDArray[np.float64], head: NDArray[Any], bias: NDArray[Any]
) -> tuple[NDArray[np.int16] | None, NDArray[Any], NDArray[Any]]:
    """Floors in each filter's own integer units, halves to even: off by half a unit at most, as a table's values are.

    A floor above every sum that fits makes its filter constant: its share goes into the bias, exactly, and its column
    of the head becomes zero. One below every sum never acts, and is raised to the lowest that can be stored.

    Args:
        floors: (N,), None where there are none.
        per_filter: what a unit of each filter stands for, (N,).
        head: (C, N).
        bias: (C,).

    Returns:
        floors int16 (N,) or None, head and bias.
    """
    if floors is None:
        return None, head, bias
    units = np.rint(floors.astype(np.float64) / per_filter)
    constant = units > MAX_FLOOR
    bias = bias + head[:, constant].astype(np.float64) @ floors[constant].astype(np.float64)
    return np.clip(np.where(constant, 0, units), -MAX_FLOOR, MAX_FLOOR).astype(np.int16), head * ~constant, bias


def round_head(head: NDArray[Any], per_filter: NDArray[np.float64], bits: int) -> tuple[Int8, NDArray[np.float32]]:
    """int8 (C, N) and float32 (C,): the head with each filter's unit folded in, rounded class by class."""
    levels, scale = round_symmetric(head.astype(np.float64) * per_filter, bits, (1,))
    return levels, scale.ravel().astype(np.float32)


def round_factors(
    embedding: NDArray[Any],
    filters: tuple[NDArray[Any], ...],
    head: NDArray[Any],
    bias: NDArray[Any],
    floors: NDArray[Any] | None = None,
    *,
    bits: int,
    embedding_bits: int,
    head_bits: int,
) -> StoredTables:
    """Round the factors instead of the tables; what runs is the tables that they expand to.

    Args:
        embedding: (V, d), row 0 zero.
        filters: per width f ascending, (f, d, N_f).
        head: (C, N), for responses in the units of `embedding @ filters`.
        bias: (C,), the filters' biases folded in.
        floors: (N,) in the same units as the responses, None where there are none.
        bits, embedding_bits, head_bits: 2 to 8 each.
    """
    embedding, filters = balance(embedding, filters)
    whole, unit = round_symmetric(embedding, embedding_bits, (0, 1))
    levels, scales = zip(*(round_symmetric(f, bits, (0, 1)) for f in filters), strict=True)
    factors = Factors(whole, tuple(levels))
    per_filter = np.concatenate(
        [
            scale.ravel() * float(unit.item()) * to_int8(factors.products(level))[1] / 127.0
            for scale, level in zip(scales, levels, strict=True)
        ]
    )
    whole_floors, head, bias = round_floors(floors, per_filter, head, bias)
    rounded, scale = round_head(head, per_filter, head_bits)
    return StoredTables.from_factors(factors, rounded, scale, bias.astype(np.float32), whole_floors)


def balance(
    embedding: NDArray[Any], filters: tuple[NDArray[Any], ...]
) -> tuple[NDArray[np.float64], tuple[NDArray[np.float64], ...]]:
    """The same product with every column of the embedding at most 1: one scale then serves the whole embedding."""
    largest = np.abs(embedding.astype(np.float64)).max(axis=0)  # (d,)
    unit = np.where(largest > 0, largest, 1.0)
    return embedding / unit, tuple(f.astype(np.float64) * unit[None, :, None] for f in filters)


def factorise(
    tables: tuple[NDArray[Any], ...], rank: int
) -> tuple[NDArray[np.float64], tuple[NDArray[np.float64], ...]]:
    """Best rank-`rank` factors of all tables together, by singular values (Eckart and Young, 1936).

    Returns:
        embedding (V, r) with orthonormal columns, and filters (f, r, N_f) per width; r is `rank`, or the tables' own
        rank if that is smaller. Row 0 of the embedding is exactly zero, as in the tables.
    """
    flat = np.concatenate([table.transpose(1, 0, 2).reshape(table.shape[1], -1) for table in tables], axis=1)
    left, singular, right = np.linalg.svd(flat.astype(np.float64), full_matrices=False)
    keep = max(1, min(rank, int((singular > singular[0] * 1e-7).sum())))
    embedding = left[:, :keep]
    embedding[0] = 0.0
    mixed = singular[:keep, None] * right[:keep]  # (r, sum f N_f)
    filters, start = [], 0
    for width, _, count in (table.shape for table in tables):
        block = mixed[:, start : start + width * count].reshape(keep, width, count)
        filters.append(block.transpose(1, 0, 2))
        start += width * count
    return embedding, tuple(filters)
