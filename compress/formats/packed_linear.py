"""A linear model over n-grams stored small: vocabulary, document frequencies and few-bit weights, all coded by context.

NumPy only: it is read wherever a model is served. As floats a model of 27,000 n-grams and 35 classes takes 4 MB. Most
of its weights are so small beside the largest of their class that four bits hold them; and what an n-gram weighs is
foretold by the n-grams that it begins and ends with, how often it occurs by its words, and which n-grams of characters
there are by the words as well (`compress.coding`). Nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import read_plain_file, shown
from baselines.errors import ArtifactError
from baselines.storage.weights import write_weights
from baselines.task import BY_TASK, Link
from baselines.text.ngrams import NgramTfidf
from compress.coding.bits import Decoder, Encoder
from compress.coding.packing import Content, NewDecoder, NewEncoder, Parts, packed, packed_size, unpacked
from compress.formats.packed import Int8
from compress.formats.tensors import tensors_of

PACKED_LINEAR_FILE = "linear-int.safetensors"
# n-grams times classes: what runs takes four bytes for each.
MAX_WEIGHTS = 1 << 25
_TENSOR = "coded"
# What files of before were made of.
_OLD = {"weights", "vocabulary", "idf", "idf_values", "scale", "intercept"}
# The header of a file with one tensor.
_FRAME_BYTES = 72


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


def write_packed_linear(model: PackedLinear, path: Path, encoder: NewEncoder = Encoder) -> None:
    """Write one file; the same model gives the same bytes. Raises ArtifactError where nobody could read it.

    Args:
        model: its terms sorted.
        path: replaced where it exists.
        encoder: makes one; `exports.kernel.coding` has a quicker one.
    """
    write_weights(path, {_TENSOR: np.frombuffer(packed(_content(model), None, encoder), np.uint8)})


def coded_size(model: PackedLinear, encoder: NewEncoder = Encoder) -> int:
    """Bytes of the file that `write_packed_linear` would write, within a few bytes, without making it."""
    return _FRAME_BYTES + packed_size(_content(model), encoder)


def coded_parts(model: PackedLinear, encoder: NewEncoder = Encoder) -> Parts:
    """Bytes that each part of the file takes: header, scales, vocabulary with document frequencies, levels."""
    parts: Parts = {}
    packed(_content(model), parts, encoder)
    return parts


def read_packed_linear(path: Path, opened: NewDecoder = Decoder) -> PackedLinear:
    """Read what `write_packed_linear` wrote; raises ArtifactError naming the file.

    Args:
        path: of the file.
        opened: makes the decoder; `exports.kernel` has a quicker one.
    """
    return packed_linear_of(read_plain_file(path), path, opened)


def packed_linear_of(content: bytes, place: Path, opened: NewDecoder = Decoder) -> PackedLinear:
    """What `write_packed_linear` wrote, from the file's bytes; raises ArtifactError that names `place`."""
    arrays, _ = tensors_of(content, place)
    try:
        if set(arrays) == _OLD:
            raise ArtifactError("written by an earlier version, in a form that isn't read any more; make it again")
        if set(arrays) != {_TENSOR}:
            raise ArtifactError(f"expected {_TENSOR}, got {shown(', '.join(sorted(arrays)))}; make it again")
        if arrays[_TENSOR].dtype != np.uint8 or arrays[_TENSOR].ndim != 1:
            raise ArtifactError(f"{_TENSOR}: bytes in one row are needed; make it again")
        return _model(unpacked(arrays[_TENSOR].tobytes(), MAX_WEIGHTS, opened))
    except ArtifactError as error:
        raise ArtifactError(f"{place}: {error}") from None


def _content(model: PackedLinear) -> Content:
    n_classes, n_features = model.levels.shape
    if not 1 <= n_classes * n_features <= MAX_WEIGHTS:
        raise ArtifactError(
            f"weights: 1 to {MAX_WEIGHTS} are allowed in this form, got {n_classes} classes x {n_features} n-grams; "
            "use fewer n-grams, or the float form"
        )
    if model.levels.min() < -127:
        raise ArtifactError("weights: levels in -127..127 are allowed in this form; make it again")
    vectorizer = model.vectorizer.to_json()
    blocks = vectorizer.pop("blocks")
    for place, block in enumerate(blocks):
        if not all(before < after for before, after in pairwise(block["vocabulary"])):
            raise ArtifactError(f"vocabulary: block {place}: terms must be sorted, each once; sort them")
    if model.link != BY_TASK:
        vectorizer["link"] = model.link.to_json()
    floats = model.scale.astype(np.float32), model.intercept.astype(np.float32)
    return Content(vectorizer, blocks, model.vectorizer.idf(), model.levels, *floats)


def _model(content: Content) -> PackedLinear:
    stated: Mapping[str, Any] = {name: value for name, value in content.header.items() if name != "link"}
    link = Link.from_json(content.header["link"]) if "link" in content.header else BY_TASK
    vectorizer = NgramTfidf.from_json({**stated, "blocks": content.blocks}, content.idf)
    return PackedLinear(vectorizer, content.levels, content.scale, content.intercept, link)
