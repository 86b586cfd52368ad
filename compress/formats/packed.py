"""Small integers stored small: the disk form of table models. No torch: it is read wherever a model is served.

Values in -m..m are digits of base 2m + 1; as many as fit share a byte (two 4-bit values, five ternary ones), and the
bytes are Huffman-coded by deflate. Weights are bell-shaped: 4-bit values take about 3.5 bits, 3-bit values about 2.4.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.storage.weights import write_weights
from baselines.text.tokenizer import PAD_ID
from compress.formats.tables import IntTables
from compress.formats.tensors import read_tensors

Int8 = NDArray[np.int8]

TABLES_FILE = "tables.safetensors"
# No table model is larger; a file that promises more is damaged or hostile.
MAX_VALUES = 1 << 26


@dataclass(frozen=True)
class Factors:
    """Tables as the product of two small integer factors, `T_f[k] = embedding @ filters_f[k]`.

    Attributes:
        embedding: int8 (V, d); row 0 (padding) is zero.
        filters: per width f ascending, int8 (f, d, N_f).
    """

    embedding: Int8
    filters: tuple[Int8, ...]

    def expand(self) -> tuple[Int8, ...]:
        """int8 (f, V, N_f) per width: each filter's largest value becomes 127, all in integers."""
        return tuple(to_int8(self.products(filters))[0] for filters in self.filters)

    def products(self, filters: Int8) -> NDArray[np.int64]:
        """The exact integer tables of one width; (f, V, N_f)."""
        # Integers in float64 are exact up to 2^53, and matrix products of floats are the fast ones.
        exact = self.embedding.astype(np.float64) @ filters.astype(np.float64)
        return exact.astype(np.int64)

    @property
    def n_values(self) -> int:
        return int(self.embedding.size + sum(filters.size for filters in self.filters))


def to_int8(table: NDArray[np.int64]) -> tuple[Int8, NDArray[np.int64]]:
    """Round integer tables (f, V, N) to -127..127 a filter, halves away from zero.

    Returns:
        the int8 tables, and per filter the largest magnitude m (at least 1): a value stands for `m / 127` units.
    """
    largest = np.maximum(np.abs(table).max(axis=(0, 1)), 1)
    magnitude = (2 * np.abs(table) * 127 + largest) // (2 * largest)
    return (np.sign(table) * magnitude).astype(np.int8), largest


@dataclass(frozen=True)
class StoredTables:
    """A table model as it lies on disk.

    Attributes:
        tables: what is executed.
        factors: what is stored instead of `tables.tables`, None where the tables themselves are stored.
    """

    tables: IntTables
    factors: Factors | None = None

    @classmethod
    def from_factors(
        cls, factors: Factors, head: Int8, scale: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> StoredTables:
        return cls(IntTables(factors.expand(), head, scale, bias), factors)

    def parts(self) -> dict[str, Int8]:
        """The stored integer arrays by name; the width is the first axis of a table."""
        if self.factors is None:
            parts = {f"table.{len(table)}": table for table in self.tables.tables}
        else:
            parts = {f"filters.{len(filters)}": filters for filters in self.factors.filters}
            parts["embedding"] = self.factors.embedding
        return {**parts, "head": self.tables.head}


def pack(values: Int8) -> bytes:
    """One byte with the largest magnitude m, then the deflated digits. `unpack` is the inverse."""
    limit = int(np.abs(values.astype(np.int16)).max(initial=1))
    base, count = _digits(limit)
    flat = values.ravel().astype(np.int64) + limit
    flat = np.pad(flat, (0, -len(flat) % count), constant_values=limit)
    shared = flat.reshape(-1, count) @ base ** np.arange(count)
    # Huffman codes only: there are no repeated strings to find, and searching for them costs bytes.
    coder = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    return bytes([limit]) + coder.compress(shared.astype(np.uint8).tobytes()) + coder.flush()


def unpack(data: bytes, shape: tuple[int, ...]) -> Int8:
    """int8 values of `shape`; raises ArtifactError when the bytes hold anything else."""
    size = math.prod(shape)
    if not data or not 1 <= data[0] <= 127 or size > MAX_VALUES or min(shape, default=1) < 1:
        raise ArtifactError(f"packed values: damaged, or of an impossible shape {shape}")
    base, count = _digits(data[0])
    n_bytes = -(-size // count)
    decoder = zlib.decompressobj(-15)
    try:
        raw = decoder.decompress(data[1:], n_bytes + 1)
    except zlib.error as error:
        raise ArtifactError(f"packed values: damaged ({error})") from None
    shared = np.frombuffer(raw, np.uint8).astype(np.int64)
    if len(shared) != n_bytes or (shared >= base**count).any():
        raise ArtifactError(f"packed values: expected {n_bytes} bytes of digits, got {len(shared)}")
    digits = shared[:, None] // base ** np.arange(count) % base
    return (digits.ravel()[:size] - data[0]).astype(np.int8).reshape(shape)


def _digits(limit: int) -> tuple[int, int]:
    """Base of the digits, and how many of them share a byte."""
    base = 2 * limit + 1
    count = 1
    while base ** (count + 1) <= 256:
        count += 1
    return base, count


def write_tables(stored: StoredTables, path: Path) -> None:
    """Write one file; the same model gives the same bytes."""
    stored.tables.check()
    # All packed arrays in one tensor: each tensor of its own costs some 70 bytes of header.
    packed = {name: pack(values) for name, values in sorted(stored.parts().items())}
    layout = ";".join(f"{name}:{len(packed[name])}:{_shape(stored.parts()[name])}" for name in packed)
    tensors: dict[str, NDArray[Any]] = {
        "packed": np.frombuffer(b"".join(packed.values()), np.uint8),
        "scale": stored.tables.scale.astype(np.float32),
        "bias": stored.tables.bias.astype(np.float32),
    }
    write_weights(path, tensors, {"layout": layout})


def read_tables(path: Path) -> StoredTables:
    """Read what `write_tables` wrote; raises ArtifactError naming the file."""
    try:
        arrays, metadata = read_tensors(path)
        layout = metadata["layout"]
        data, scale, bias = (arrays[name] for name in ("packed", "scale", "bias"))
        parts = _split(data.astype(np.uint8).tobytes(), layout)
        stored = _assemble(parts, scale.astype(np.float32), bias.astype(np.float32))
        stored.tables.check()
    except (KeyError, ValueError) as error:
        raise ArtifactError(f"{path}: not a table model ({type(error).__name__}: {error})") from None
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {error}") from None
    return stored


def _shape(values: Int8) -> str:
    return "x".join(str(size) for size in values.shape)


def _split(data: bytes, layout: str) -> dict[str, Int8]:
    parts, start = {}, 0
    for entry in layout.split(";"):
        name, length, shape = entry.split(":")
        parts[name] = unpack(data[start : start + int(length)], tuple(int(size) for size in shape.split("x")))
        start += int(length)
    return parts


def _assemble(parts: dict[str, Int8], scale: NDArray[np.float32], bias: NDArray[np.float32]) -> StoredTables:
    head = parts["head"]
    tables = _by_width(parts, "table.")
    if "embedding" not in parts:
        return StoredTables(IntTables(tables, head, scale, bias))
    embedding, filters = parts["embedding"], _by_width(parts, "filters.")
    if embedding.ndim != 2 or any(f.ndim != 3 or f.shape[1] != embedding.shape[1] for f in filters):
        raise ArtifactError("factors: embedding must be (V, d) and filters (f, d, N)")
    if embedding[PAD_ID].any():
        raise ArtifactError("factors: the padding row of the embedding must be zero")
    return StoredTables.from_factors(Factors(embedding, filters), head, scale, bias)


def _by_width(parts: dict[str, Int8], prefix: str) -> tuple[Int8, ...]:
    names = sorted((name for name in parts if name.startswith(prefix)), key=lambda name: int(name[len(prefix) :]))
    return tuple(parts[name] for name in names)
