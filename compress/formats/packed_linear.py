"""A linear model over n-grams stored small: its vocabulary deflated, its weights as few-bit integers.

NumPy only: it is read wherever a model is served. As floats a model of 27,000 n-grams and 35 classes takes 4 MB, nearly
all of it weights; most of them are so small beside the largest of their class that four bits hold them, and coded
they take less than one bit each.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.storage.weights import write_weights
from baselines.text.ngrams import NgramTfidf
from compress.formats.packed import Int8, pack, unpack
from compress.formats.tensors import read_tensors

PACKED_LINEAR_FILE = "linear-int.safetensors"
# A vocabulary that promises more is damaged or hostile.
MAX_VOCABULARY_BYTES = 64 << 20
_TENSORS = {"weights", "vocabulary", "idf", "idf_values", "scale", "intercept"}


@dataclass(frozen=True)
class PackedLinear:
    """What is stored; a weight is `scale[c] · levels[c, n]`.

    Attributes:
        vectorizer: text to row.
        levels: int8 (C, n_features) in -127..127.
        scale: float32 (C,).
        intercept: float32 (C,).
    """

    vectorizer: NgramTfidf
    levels: Int8
    scale: NDArray[np.float32]
    intercept: NDArray[np.float32]

    def weights(self) -> NDArray[np.float32]:
        """float32 (C, n_features): what runs."""
        return self.levels * self.scale[:, None]


def write_packed_linear(model: PackedLinear, path: Path) -> None:
    """Write one file; the same model gives the same bytes."""
    vocabulary = json.dumps(model.vectorizer.to_json(), ensure_ascii=False, separators=(",", ":")).encode()
    # Few texts hold most n-grams, so few values of idf occur: exact, and a byte or less each.
    values, index = np.unique(model.vectorizer.idf(), return_inverse=True)
    tensors: dict[str, NDArray[Any]] = {
        "weights": _bytes(pack(model.levels)),
        "vocabulary": _bytes(zlib.compress(vocabulary, 9)),
        "idf": _bytes(zlib.compress(index.astype(_index_type(len(values))).tobytes(), 9)),
        "idf_values": values.astype(np.float32),
        "scale": model.scale.astype(np.float32),
        "intercept": model.intercept.astype(np.float32),
    }
    write_weights(path, tensors)


def read_packed_linear(path: Path) -> PackedLinear:
    """Read what `write_packed_linear` wrote; raises ArtifactError naming the file."""
    arrays, _ = read_tensors(path)
    try:
        if set(arrays) != _TENSORS:
            raise ArtifactError(f"expected {', '.join(sorted(_TENSORS))}, got {', '.join(sorted(arrays))}")
        return _assemble(arrays)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path}: not a packed linear model ({type(error).__name__}: {error})") from None
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {error}") from None


def _assemble(arrays: dict[str, NDArray[Any]]) -> PackedLinear:
    values, scale, intercept = (arrays[name] for name in ("idf_values", "scale", "intercept"))
    for name, array in (("idf_values", values), ("scale", scale), ("intercept", intercept)):
        if array.dtype != np.float32 or array.ndim != 1 or not np.isfinite(array).all():
            raise ArtifactError(f"{name}: finite float32 values in one row are needed")
    content = json.loads(_inflate(arrays["vocabulary"], MAX_VOCABULARY_BYTES).decode("utf-8"))
    kind = _index_type(len(values))
    index = np.frombuffer(_inflate(arrays["idf"], MAX_VOCABULARY_BYTES), kind)
    if not isinstance(content, dict) or not len(values) or (index >= len(values)).any():
        raise ArtifactError("vocabulary or idf: damaged")
    vectorizer = NgramTfidf.from_json(content, values[index])
    if scale.shape != intercept.shape or not len(scale):
        raise ArtifactError(
            f"scale and intercept: expected one value a class each, got {scale.shape} and {intercept.shape}"
        )
    levels = unpack(arrays["weights"].astype(np.uint8).tobytes(), (len(scale), vectorizer.n_features))
    return PackedLinear(vectorizer, levels, scale, intercept)


def _index_type(count: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if count <= 1 << 8 else np.uint16 if count <= 1 << 16 else np.uint32


def _bytes(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def _inflate(data: NDArray[Any], limit: int) -> bytes:
    decoder = zlib.decompressobj()
    try:
        raw = decoder.decompress(data.astype(np.uint8).tobytes(), limit)
    except zlib.error as error:
        raise ArtifactError(f"deflated bytes are damaged ({error})") from None
    if not decoder.eof or decoder.unused_data:
        raise ArtifactError(f"deflated bytes are damaged, or more than {limit} when inflated")
    return raw
