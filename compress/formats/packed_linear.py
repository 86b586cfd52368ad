"""A linear model over n-grams stored small: its vocabulary deflated, its weights as few-bit integers.

NumPy only: it is read wherever a model is served. As floats a model of 27,000 n-grams and 35 classes takes 4 MB, nearly
all of it weights; most of them are so small beside the largest of their class that four bits hold them, and coded
they take less than one bit each.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import parse_json, read_plain_file, shown
from baselines.errors import ArtifactError
from baselines.storage.weights import write_weights
from baselines.task import BY_TASK, Link
from baselines.text.ngram_settings import count_terms
from baselines.text.ngrams import NgramTfidf
from compress.formats.packed import Int8, pack, unpack
from compress.formats.tensors import tensors_of

PACKED_LINEAR_FILE = "linear-int.safetensors"
# A vocabulary that promises more is damaged or hostile. Sorted terms deflate to a third or a tenth.
MAX_VOCABULARY_BYTES = 64 << 20
MAX_VOCABULARY_INFLATION = 100
# n-grams times classes: what runs takes four bytes for each.
MAX_WEIGHTS = 1 << 25
# Of the file's metadata.
_LINK = "link"
_TENSORS = {"weights", "vocabulary", "idf", "idf_values", "scale", "intercept"}


@dataclass(frozen=True)
class PackedLinear:
    """What is stored; a weight is `scale[c] · levels[c, n]`.

    Attributes:
        vectorizer: text to row.
        levels: int8 (C, n_features) in -127..127.
        scale: float32 (C,).
        intercept: float32 (C,).
        link: how logits become probabilities, where the task alone doesn't say.
    """

    vectorizer: NgramTfidf
    levels: Int8
    scale: NDArray[np.float32]
    intercept: NDArray[np.float32]
    link: Link = BY_TASK

    def weights(self) -> NDArray[np.float32]:
        """float32 (C, n_features): what runs."""
        return self.levels * self.scale[:, None]

    def weights_by_feature(self) -> NDArray[np.float32]:
        """float32 (n_features, C), a feature's weights side by side in memory."""
        return np.ascontiguousarray(self.levels.T) * self.scale


def write_packed_linear(model: PackedLinear, path: Path) -> None:
    """Write one file; the same model gives the same bytes. Raises ArtifactError where nobody could read it."""
    _check_size(*model.levels.shape)
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
    link = None if model.link == BY_TASK else {_LINK: json.dumps(model.link.to_json(), separators=(",", ":"))}
    write_weights(path, tensors, link)


def read_packed_linear(path: Path) -> PackedLinear:
    """Read what `write_packed_linear` wrote; raises ArtifactError naming the file."""
    return packed_linear_of(read_plain_file(path), path)


def packed_linear_of(content: bytes, place: Path) -> PackedLinear:
    """What `write_packed_linear` wrote, from the file's bytes; raises ArtifactError that names `place`."""
    arrays, metadata = tensors_of(content, place)
    try:
        if set(arrays) != _TENSORS:
            raise ArtifactError(f"expected {', '.join(sorted(_TENSORS))}, got {shown(', '.join(sorted(arrays)))}")
        return replace(_assemble(arrays), link=_link_of(metadata))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{place}: vocabulary: not valid JSON ({error}); make it again") from None
    except ArtifactError as error:
        raise ArtifactError(f"{place}: {error}") from None


def _assemble(arrays: dict[str, NDArray[Any]]) -> PackedLinear:
    values, scale, intercept = (arrays[name] for name in ("idf_values", "scale", "intercept"))
    for name, array in (("idf_values", values), ("scale", scale), ("intercept", intercept)):
        if array.dtype != np.float32 or array.ndim != 1 or not len(array):
            raise ArtifactError(f"{name}: finite float32 values in one row are needed, at least one")
    for name in ("weights", "vocabulary", "idf"):
        if arrays[name].dtype != np.uint8 or arrays[name].ndim != 1:
            raise ArtifactError(f"{name}: bytes in one row are needed, got {arrays[name].dtype} {arrays[name].shape}")
    if scale.shape != intercept.shape:
        raise ArtifactError(
            f"scale and intercept: expected one value a class each, got {scale.shape} and {intercept.shape}"
        )
    most = min(MAX_VOCABULARY_BYTES, 4096 + MAX_VOCABULARY_INFLATION * arrays["vocabulary"].size)
    content = parse_json(_inflate(arrays["vocabulary"], most))
    n_features = count_terms(content)
    _check_size(len(scale), n_features)
    kind = np.dtype(_index_type(len(values)))
    raw = _inflate(arrays["idf"], n_features * kind.itemsize)
    index = np.frombuffer(raw, kind) if len(raw) == n_features * kind.itemsize else np.zeros(0, kind)
    if len(index) != n_features or int(index.max(initial=0)) >= len(values):
        raise ArtifactError(f"idf: {n_features} numbers of one of {len(values)} values are needed; damaged")
    vectorizer = NgramTfidf.from_json(content, values[index])
    levels = unpack(arrays["weights"].tobytes(), (len(scale), n_features))
    return PackedLinear(vectorizer, levels, scale, intercept)


def _link_of(metadata: Mapping[str, str]) -> Link:
    return Link.from_json(parse_json(metadata[_LINK].encode())) if _LINK in metadata else BY_TASK


def _check_size(n_classes: int, n_features: int) -> None:
    if not 1 <= n_classes * n_features <= MAX_WEIGHTS:
        raise ArtifactError(
            f"weights: 1 to {MAX_WEIGHTS} are allowed in this form, got {n_classes} classes x {n_features} n-grams; "
            "use fewer n-grams, or the float form"
        )


def _index_type(count: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if count <= 1 << 8 else np.uint16 if count <= 1 << 16 else np.uint32


def _bytes(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def _inflate(data: NDArray[Any], limit: int) -> bytes:
    decoder = zlib.decompressobj()
    try:
        raw = decoder.decompress(data.tobytes(), limit + 1)
    except zlib.error as error:
        raise ArtifactError(f"deflated bytes are damaged ({error})") from None
    if not decoder.eof or decoder.unused_data or len(raw) > limit:
        raise ArtifactError(f"deflated bytes are damaged, or more than {limit} when inflated")
    return raw
