"""Reads safetensors files with NumPy alone, strictly: what is served must not need more, and must not trust its input.

Layout (safetensors format 0.x): 8 bytes little-endian size of the header, the header as JSON `{name: {dtype, shape,
data_offsets}, "__metadata__": {str: str}}`, then the bytes of the tensors without gaps. Tests compare with the package.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError

MAX_HEADER_BYTES = 1 << 20
MAX_FILE_BYTES = 1 << 30
DTYPES = {"U8": "<u1", "I8": "<i1", "U16": "<u2", "I16": "<i2", "I32": "<i4", "I64": "<i8", "F16": "<f2", "F32": "<f4"}


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays by name, and the metadata.

    Raises:
        ArtifactError: larger than 1 GB, damaged, with gaps, overlaps or bytes left over, or of a dtype not listed here.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ValueError(f"at most {MAX_FILE_BYTES} bytes are allowed, got {size}")
        return _parse(path.read_bytes())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArtifactError(f"{path}: not a safetensors file ({type(error).__name__}: {error})") from None


def _parse(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    header_size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or header_size > min(MAX_HEADER_BYTES, len(data) - 8):
        raise ValueError("the header is larger than the file or the limit")
    header = json.loads(data[8 : 8 + header_size].decode("utf-8"), object_pairs_hook=_unique)
    metadata = header.pop("__metadata__", {})
    if not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("metadata must be strings")
    body, arrays, expected = data[8 + header_size :], {}, 0
    for name, entry in sorted(header.items(), key=lambda item: tuple(item[1]["data_offsets"])):
        start, stop = entry["data_offsets"]
        shape, dtype = tuple(entry["shape"]), np.dtype(DTYPES[entry["dtype"]])
        if not all(type(n) is int and n >= 0 for n in (start, stop, *shape)):
            raise ValueError(f"{name}: offsets and shape must be integers of at least 0")
        if start != expected or stop > len(body) or stop - start != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{name}: offsets {start}..{stop} don't fit shape {shape} of {entry['dtype']}")
        arrays[name] = np.frombuffer(body[start:stop], dtype).reshape(shape)
        expected = stop
    if expected != len(body):
        raise ValueError(f"{len(body) - expected} bytes belong to no tensor")
    return arrays, metadata


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name occurs twice in the header")
    return dict(pairs)
