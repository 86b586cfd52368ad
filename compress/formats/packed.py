"""Small integers stored small: the disk form of table models. No torch: it is read wherever a model is served.

Values in -m..m are digits of base 2m + 1; as many as fit share a byte (two 4-bit values, five ternary ones), and the
bytes are Huffman-coded by deflate. Weights are bell-shaped: 4-bit values take about 3.5 bits, 3-bit values about 2.4.
"""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import read_plain_file, shown
from baselines.errors import ArtifactError
from baselines.storage.weights import write_weights
from baselines.text.tokenizer import PAD_ID
from compress.formats.tables import IntTables, check_sizes
from compress.formats.tensors import tensors_of

Int8 = NDArray[np.int8]

TABLES_FILE = "tables.safetensors"
# No table model is larger, all its parts together; a file that promises more is damaged or hostile.
MAX_VALUES = 1 << 26
# Embeddings have one to a few hundred columns; the product of two factors takes as many steps a value.
MAX_COLUMNS = 4096
# Huffman codes, the only ones that are written, need a bit a byte at least. What inflates further was made by somebody
# else; so a file never holds more than 8 · 5 values a byte.
MAX_INFLATION = 8
MAX_LAYOUT_CHARACTERS = 1 << 14
_ENTRY = re.compile(
    r"(head|embedding|floors|(?:table|filters)\.([1-9][0-9]{0,2})):([1-9][0-9]{0,9}):([1-9][0-9x]{0,40})"
)


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
        return tuple(self._expanded(filters) for filters in self.filters)

    def _expanded(self, filters: Int8) -> Int8:
        # Offset by offset, so that what lies between takes a few bytes a value of one offset, not of the whole table.
        largest = np.max([np.abs(self.products(each)).max(axis=0) for each in filters], axis=0)  # (N_f,)
        return np.stack([_in_127ths(self.products(each), np.maximum(largest, 1)) for each in filters])

    def products(self, filters: Int8) -> NDArray[np.int64]:
        """The exact integer tables of one width (f, V, N_f), or of one offset in it (V, N_f)."""
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
    return _in_127ths(table, largest), largest


def _in_127ths(table: NDArray[np.int64], largest: NDArray[np.int64]) -> Int8:
    magnitude = (2 * np.abs(table) * 127 + largest) // (2 * largest)
    rounded: Int8 = (np.sign(table) * magnitude).astype(np.int8)
    return rounded


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
        cls,
        factors: Factors,
        head: Int8,
        scale: NDArray[np.float32],
        bias: NDArray[np.float32],
        floors: NDArray[np.int16] | None = None,
    ) -> StoredTables:
        return cls(IntTables(factors.expand(), head, scale, bias, floors), factors)

    def parts(self) -> dict[str, Int8]:
        """The stored integer arrays by name; the width is the first axis of a table, the digit that of floors."""
        if self.factors is None:
            parts = {f"table.{len(table)}": table for table in self.tables.tables}
        else:
            parts = {f"filters.{len(filters)}": filters for filters in self.factors.filters}
            parts["embedding"] = self.factors.embedding
        if self.tables.floors is not None:
            parts["floors"] = floor_digits(self.tables.floors)
        return {**parts, "head": self.tables.head}


def floor_digits(floors: NDArray[np.int16]) -> Int8:
    """int8 (1, N) where every floor fits, else (2, N): the lower digits of base 255, then the higher ones."""
    high = np.sign(floors) * ((np.abs(floors.astype(np.int64)) + 127) // 255)
    low = floors - 255 * high
    return np.stack([low, high] if high.any() else [low]).astype(np.int8)


def floors_of(digits: Int8) -> NDArray[np.int16]:
    """The inverse of `floor_digits`."""
    return np.asarray(digits[0] + 255 * digits[1:].astype(np.int16).sum(axis=0), np.int16)


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
    """int8 values of `shape`; raises ArtifactError when the bytes hold anything else, before memory is taken."""
    size = math.prod(shape)
    if not data or not 1 <= data[0] <= 127 or size > MAX_VALUES or min(shape, default=1) < 1:
        raise ArtifactError(f"packed values: damaged, or of an impossible shape {shape}")
    base, count = _digits(data[0])
    n_bytes = -(-size // count)
    if n_bytes > MAX_INFLATION * len(data):
        raise ArtifactError(
            f"packed values: {len(data)} bytes may hold at most {MAX_INFLATION * len(data) * count} values, got a "
            f"shape of {size}"
        )
    decoder = zlib.decompressobj(-15)
    try:
        raw = decoder.decompress(data[1:], n_bytes + 1)
    except zlib.error as error:
        raise ArtifactError(f"packed values: damaged ({error})") from None
    if len(raw) != n_bytes or not decoder.eof or decoder.unused_data:
        raise ArtifactError(f"packed values: expected {n_bytes} bytes of digits, got {len(raw)}, or others after them")
    shared = np.frombuffer(raw, np.uint8)
    if int(shared.max()) >= base**count:
        raise ArtifactError(f"packed values: a byte holds at most {base**count - 1}, got {shared.max()}")
    # One row a byte: its digits. Looked up, a value takes one byte at a time and not sixteen.
    digits = np.arange(base**count)[:, None] // base ** np.arange(count) % base - data[0]
    return digits.astype(np.int8)[shared].ravel()[:size].reshape(shape)


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
    return tables_of(read_plain_file(path), path)


def tables_of(content: bytes, place: Path) -> StoredTables:
    """What `write_tables` wrote, from the file's bytes; raises ArtifactError that names `place`."""
    arrays, metadata = tensors_of(content, place)
    try:
        if set(arrays) != {"packed", "scale", "bias"} or set(metadata) != {"layout"}:
            raise ArtifactError(
                "not a table model: packed, scale and bias are needed, and a layout in the metadata, got "
                f"{shown(', '.join(sorted({*arrays, *metadata})))}; make it again"
            )
        data, scale, bias = (arrays[name] for name in ("packed", "scale", "bias"))
        if data.dtype != np.uint8 or scale.dtype != np.float32 or bias.dtype != np.float32:
            raise ArtifactError("packed must be uint8, scale and bias float32; make it again")
        parts = _split(data.tobytes(), metadata["layout"])
        stored = _assemble(parts, scale, bias)
        stored.tables.check()
    except ArtifactError as error:
        raise ArtifactError(f"{place}: {error}") from None
    return stored


def _shape(values: Int8) -> str:
    return "x".join(str(size) for size in values.shape)


def _split(data: bytes, layout: str) -> dict[str, Int8]:
    """The parts by name; names, shapes and sizes of all of them are checked before the first is unpacked."""
    entries = _entries(layout)
    if sum(length for length, _ in entries.values()) != len(data):
        raise ArtifactError(f"layout: its parts must take the {len(data)} bytes that are there; make it again")
    _check_shapes({name: shape for name, (_, shape) in entries.items()})
    parts, start = {}, 0
    for name, (length, shape) in entries.items():
        parts[name] = unpack(data[start : start + length], shape)
        start += length
    return parts


def _entries(layout: str) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Bytes and shape of each part by its name."""
    if len(layout) > MAX_LAYOUT_CHARACTERS:
        raise ArtifactError(f"layout: at most {MAX_LAYOUT_CHARACTERS} characters are allowed, got {len(layout)}")
    entries: dict[str, tuple[int, tuple[int, ...]]] = {}
    for entry in layout.split(";"):
        match = _ENTRY.fullmatch(entry)
        shape = tuple(int(size) for size in match[4].split("x") if size) if match else ()
        axes = 2 if match and match[2] is None else 3
        if match is None or match[1] in entries or len(shape) != axes or (axes == 3 and shape[0] != int(match[2])):
            raise ArtifactError(
                "layout: parts head:BYTES:CxN, embedding:BYTES:VxD, table.W:BYTES:WxVxN, filters.W:BYTES:WxDxN and "
                f"floors:BYTES:1xN or 2xN are allowed, each once, got {shown(entry)}; make it again"
            )
        entries[match[1]] = int(match[3]), shape
    return entries


def _check_shapes(shapes: dict[str, tuple[int, ...]]) -> None:
    """Raise ArtifactError unless the parts make one model, of a size that can be run; nothing is unpacked yet."""
    names = {name.partition(".")[0] for name in shapes} - {"floors"}
    if names not in ({"head", "table"}, {"head", "embedding", "filters"}):
        raise ArtifactError(
            f"layout: head with tables, or head with embedding and filters, are needed, got {', '.join(sorted(names))}"
            "; make it again"
        )
    if sum(map(math.prod, shapes.values())) > MAX_VALUES:
        raise ArtifactError(f"layout: at most {MAX_VALUES} values are allowed in all parts together")
    n_ids, columns = shapes.get("embedding", (0, 1))
    tables = [shape for name, shape in shapes.items() if "." in name]
    if "embedding" in shapes:
        if columns > MAX_COLUMNS or any(shape[1] != columns for shape in tables):
            raise ArtifactError(
                f"factors: embedding (V, d) and filters (f, d, N) with d up to {MAX_COLUMNS} are needed"
            )
        tables = [(width, n_ids, count) for width, _, count in tables]
    check_sizes(tables, shapes["head"])
    n_filters = shapes["head"][1]
    if "floors" in shapes and shapes["floors"] not in ((1, n_filters), (2, n_filters)):
        raise ArtifactError(f"layout: floors: 1 or 2 rows of {n_filters} digits are allowed, got {shapes['floors']}")


def _assemble(parts: dict[str, Int8], scale: NDArray[np.float32], bias: NDArray[np.float32]) -> StoredTables:
    head = parts["head"]
    if scale.shape != head.shape[:1] or bias.shape != head.shape[:1]:
        raise ArtifactError(f"scale and bias: expected ({len(head)},), got {scale.shape} and {bias.shape}")
    floors = floors_of(parts["floors"]) if "floors" in parts else None
    if "embedding" not in parts:
        return StoredTables(IntTables(_by_width(parts, "table."), head, scale, bias, floors))
    embedding, filters = parts["embedding"], _by_width(parts, "filters.")
    if embedding[PAD_ID].any():
        raise ArtifactError("factors: the padding row of the embedding must be zero")
    return StoredTables.from_factors(Factors(embedding, filters), head, scale, bias, floors)


def _by_width(parts: dict[str, Int8], prefix: str) -> tuple[Int8, ...]:
    names = sorted((name for name in parts if name.startswith(prefix)), key=lambda name: int(name[len(prefix) :]))
    return tuple(parts[name] for name in names)
