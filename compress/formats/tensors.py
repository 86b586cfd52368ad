"""Reads safetensors files with NumPy alone, strictly: what is served must not need more, and must not trust its input.

Layout (safetensors format 0.x): 8 bytes little-endian size of the header, the header as JSON `{name: {dtype, shape,
data_offsets}, "__metadata__": {str: str}}`, then the bytes of the tensors without gaps. Tests compare with the package.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import MAX_FILE_BYTES, is_count, named, parse_json, read_plain_file, shown
from baselines.errors import ArtifactError

MAX_HEADER_BYTES = 1 << 20
MAX_TENSORS = 4096
MAX_AXES = 8
MAX_NAME_CHARACTERS = 200
# No weight is near this, and no sum of fewer than 2^31 products of it with a value of at most 127 leaves float32.
MAX_MAGNITUDE = 1e26
DTYPES = {
    "U8": "<u1",
    "I8": "<i1",
    "U16": "<u2",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}
_ENTRY = {"dtype", "shape", "data_offsets"}


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays by name, and the metadata.

    Raises:
        ArtifactError: as `tensors_of`, or the file can't be read.
    """
    return tensors_of(read_plain_file(path), path)


def tensors_of(data: bytes, place: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays by name, and the metadata, of a file's bytes. The arrays share memory with them and can't be written to.

    Args:
        data: the whole file.
        place: named in errors.

    Raises:
        ArtifactError: damaged, with gaps, overlaps or bytes left over, of a dtype not listed here, or a value that is
            not finite.
    """
    try:
        if len(data) > MAX_FILE_BYTES:
            raise ValueError(f"at most {MAX_FILE_BYTES} bytes are allowed, got {len(data)}")
        return _parse(data)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{place}: not a safetensors file ({error}); make it again") from None


def _parse(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    header_size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or header_size > min(MAX_HEADER_BYTES, len(data) - 8):
        raise ValueError("the header is larger than the file or the limit")
    header = parse_json(data[8 : 8 + header_size])
    if not isinstance(header, dict):
        raise ValueError("the header must be an object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("metadata must be strings")
    if len(header) > MAX_TENSORS:
        raise ValueError(f"at most {MAX_TENSORS} tensors are allowed, got {len(header)}")
    body = memoryview(data)[8 + header_size :]
    found = sorted((_entry(name, content, len(body)) for name, content in header.items()), key=lambda e: e[1:3])
    arrays, expected = {}, 0
    for name, start, stop, dtype, shape in found:
        if start != expected:
            raise ValueError(f"{named(name)}: expected its bytes at {expected}, got {start}")
        arrays[name] = _array(name, body[start:stop], dtype, shape)
        expected = stop
    if expected != len(body):
        raise ValueError(f"{len(body) - expected} bytes belong to no tensor")
    return arrays, metadata


def _entry(name: str, content: Any, n_bytes: int) -> tuple[str, int, int, np.dtype[Any], tuple[int, ...]]:
    """Name, first and last byte, dtype and shape of one tensor, checked one by one."""
    if len(name) > MAX_NAME_CHARACTERS:
        raise ValueError(f"{named(name)}: names of at most {MAX_NAME_CHARACTERS} characters are allowed")
    if not isinstance(content, dict) or set(content) != _ENTRY:
        raise ValueError(f"{named(name)}: dtype, shape and data_offsets are needed, and nothing else")
    kind, shape, offsets = content["dtype"], content["shape"], content["data_offsets"]
    if not isinstance(kind, str) or kind not in DTYPES:
        raise ValueError(f"{named(name)}: a dtype of {', '.join(DTYPES)} is allowed, got {shown(kind)}")
    if not isinstance(shape, list) or len(shape) > MAX_AXES or not all(is_count(n, 0, MAX_FILE_BYTES) for n in shape):
        raise ValueError(
            f"{named(name)}: a shape of at most {MAX_AXES} sizes is allowed, each within the limit of a file"
        )
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(is_count(n, 0, n_bytes) for n in offsets):
        raise ValueError(f"{named(name)}: two offsets within the file are needed")
    (start, stop), dtype = offsets, np.dtype(DTYPES[kind])
    if stop - start != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{named(name)}: offsets {start}..{stop} don't fit shape {shape} of {kind}")
    return name, start, stop, dtype, tuple(shape)


def _array(name: str, data: memoryview, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    array: NDArray[Any] = np.frombuffer(data, dtype).reshape(shape) if len(data) else np.zeros(shape, dtype)
    if dtype.kind == "f" and array.size and not _within(array, MAX_MAGNITUDE):
        raise ValueError(f"{named(name)}: every value must be finite and at most {MAX_MAGNITUDE:g}")
    return array


def _within(array: NDArray[Any], most: float) -> bool:
    # The extremes alone, without a copy of the array; NaN fails both comparisons.
    return -most <= float(array.min()) and float(array.max()) <= most
