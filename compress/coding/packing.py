"""A whole linear model as bytes, and back: its header, its scales, and all that is coded by what came before it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import is_count, parse_json, shown
from baselines.errors import ArtifactError
from baselines.text.ngram_settings import MAX_BLOCKS, MAX_TERMS, settings_of
from compress.coding.bits import Coder, Decoder, Encoder
from compress.coding.idf import counts_of, idf_of
from compress.coding.kinship import kinship, terms_of
from compress.coding.levels import code_levels
from compress.coding.vocabulary import Rows, Shape, code_vocabulary

Levels = NDArray[np.int8]
# What is coded before and after, for a table of where the bytes went.
Parts = dict[str, float]


class AnyDecoder(Coder, Protocol):
    """A decoder; the kernel has one as well."""

    def finish(self) -> None:
        """Raise ArtifactError unless all is read."""


class AnyEncoder(Coder, Protocol):
    """An encoder; the kernel has one as well."""

    @property
    def least(self) -> int:
        """Bytes that a file must have at least."""

    def cost(self) -> float:
        """Bytes until now."""

    def packed(self) -> bytes:
        """All of them."""


NewDecoder = Callable[[bytes], AnyDecoder]
NewEncoder = Callable[[], AnyEncoder]

# The paths of a tree take most of a header; JSON deflates to a tenth.
MAX_HEADER = 16 << 20
_MAX_INFLATION = 100
_KINDS: tuple[Any, ...] = ("f4", "f8")
# Headers are deflated with this as what came before; a change makes every file unreadable.
_USUAL = (
    b'{"content":{"cleaning":"course","stem":true,"cleaning":"raw","blocks":[{"analyzer":"char_wb","low":2,"high":5,'
    b'"min_texts":2,"sublinear":true,"shortest_word":1,"binary":false,"norm":"l2","joined":false,"rows":10000,'
    b'"reading":{"name":"hashing":{"name":"murmur3","buckets":1048576,"signed":false,"counted":true}},{"analyzer":"word"'
    b',"low":1,"high":2,"min_texts":1,"sublinear":true,"shortest_word":2,"binary":false,"norm":"l2","joined":false,"rows"'
    b':5000}],"cleaning":"words","stem":false},"classes":36,"kind":"f8","values":0,"kind":"f4","idf":{"texts":1000,'
    b'"smooth":1}}'
)


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes:
        header: JSON of the caller's own.
        blocks: settings and the like of each block, with its terms or buckets under `vocabulary`.
        idf: float32 or float64 (n,), block after block.
        levels: int8 (C, n) in -127..127.
        scale, intercept: float32 (C,).
    """

    header: Mapping[str, Any]
    blocks: Sequence[Mapping[str, Any]]
    idf: NDArray[Any]
    levels: Levels
    scale: NDArray[np.float32]
    intercept: NDArray[np.float32]


def packed(content: Content, parts: Parts | None = None, encoder: NewEncoder = Encoder) -> bytes:
    """All of it as bytes; the same model gives the same.

    Args:
        content: every block's terms sorted, its buckets ascending.
        parts: filled with the bytes that each part takes.
        encoder: makes one; the kernel has a quicker one.
    """
    front, coder = _coded(content, {} if parts is None else parts, encoder())
    return front + coder.packed()


def packed_size(content: Content, encoder: NewEncoder = Encoder) -> int:
    """Length of `packed`, within a few bytes and in half the time."""
    front, coder = _coded(content, {}, encoder())
    return len(front) + max(round(coder.cost()) + 96, coder.least)


def _coded(content: Content, parts: Parts, coder: AnyEncoder) -> tuple[bytes, AnyEncoder]:
    kind = content.idf.dtype
    known = counts_of(content.idf)
    values = np.zeros(0, kind)
    if known is None:
        distinct, which = np.unique(content.idf, return_inverse=True)
        values, known = distinct[::-1], ({}, len(distinct) - 1 - which)
    said, numbers = known
    blocks = [
        {k: v for k, v in block.items() if k != "vocabulary"} | {"rows": len(block["vocabulary"])}
        for block in content.blocks
    ]
    header = {
        "content": {**content.header, "blocks": blocks},
        "classes": len(content.scale),
        "kind": "f4" if kind == np.float32 else "f8",
        "values": len(values),
        "idf": said,
    }
    deflated_header = deflated(json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode())
    front = len(deflated_header).to_bytes(4, "little") + deflated_header
    floats = (
        content.scale.astype("<f4").tobytes()
        + content.intercept.astype("<f4").tobytes()
        + values.astype(f"<{header['kind']}").tobytes()
    )
    parts.update({"header": len(front), "scales": len(floats)})
    shapes = [_shape(block, place) for place, block in enumerate(blocks)]
    rows, start = [], 0
    for shape, block in zip(shapes, content.blocks, strict=True):
        own = numbers[start : start + shape.n]
        start += shape.n
        terms = block["vocabulary"]
        rows.append(Rows((), np.array(terms, np.int64), own) if shape.hashed else Rows(terms, None, own))
    code_vocabulary(coder, shapes, rows)
    parts["vocabulary"] = coder.cost()
    _code_levels(coder, shapes, rows, len(content.scale), content.levels)
    parts["levels"] = coder.cost() - parts["vocabulary"]
    return front + floats, coder


def unpacked(data: bytes, most_weights: int, opened: NewDecoder = Decoder) -> Content:
    """Undo `packed`.

    Args:
        data: all of it.
        most_weights: n-grams times classes that are allowed.
        opened: makes the decoder of coded bytes; the kernel has a quicker one.

    Raises:
        ArtifactError: not written by `packed`.
    """
    size = int.from_bytes(data[:4], "little")
    if len(data) < 4 or size > len(data) - 4:
        raise ArtifactError("the header ends early; make it again")
    header = _read_header(data[4 : 4 + size])
    shapes = [_shape(block, place) for place, block in enumerate(header["content"]["blocks"])]
    n, n_classes, n_values = sum(shape.n for shape in shapes), header["classes"], header["values"]
    if not 1 <= n <= MAX_TERMS or not 1 <= n * n_classes <= most_weights:
        raise ArtifactError(
            f"weights: 1 to {most_weights} are allowed in this form, got {n_classes} classes x {n} n-grams; use fewer "
            "n-grams, or the float form"
        )
    kind = np.dtype(f"<{header['kind']}")
    first = 4 + size
    last = first + 8 * n_classes + kind.itemsize * n_values
    if last > len(data):
        raise ArtifactError("scales and intercepts end early; make it again")
    scale, intercept = (
        np.frombuffer(data[first : first + 8 * n_classes], "<f4").reshape(2, n_classes).astype(np.float32)
    )
    values = np.frombuffer(data[first + 8 * n_classes : last], kind).astype(kind.newbyteorder("="))
    for name, array in (("scale", scale), ("intercept", intercept), ("idf", values)):
        if not bool(np.isfinite(array).all()):
            raise ArtifactError(f"{name}: every value must be finite; make it again")
    coder = opened(data[last:])
    rows = code_vocabulary(coder, shapes)
    numbers = np.concatenate([each.numbers for each in rows])
    levels = _code_levels(coder, shapes, rows, n_classes, None)
    coder.finish()
    if n_values and (numbers.max() >= n_values):
        raise ArtifactError(f"idf: numbers of one of {n_values} values are needed; make it again")
    idf = values[numbers] if n_values else idf_of(header["idf"], numbers, kind.newbyteorder("="))
    blocks = [
        {k: v for k, v in block.items() if k != "rows"}
        | {"vocabulary": list(each.terms) if each.buckets is None else each.buckets.tolist()}
        for block, each in zip(header["content"]["blocks"], rows, strict=True)
    ]
    own = {name: value for name, value in header["content"].items() if name != "blocks"}
    return Content(own, blocks, idf, levels, scale, intercept)


def deflated(header: bytes) -> bytes:
    """A header in fewer bytes, as the usual ones have much in common."""
    deflater = zlib.compressobj(9, wbits=-15, zdict=_USUAL)
    return deflater.compress(header) + deflater.flush()


def inflated(content: bytes) -> bytes:
    """Undo `deflated`; raises ArtifactError."""
    inflater = zlib.decompressobj(-15, zdict=_USUAL)
    most = min(MAX_HEADER, 4096 + _MAX_INFLATION * len(content))
    try:
        header = inflater.decompress(content, most + 1)
    except zlib.error as error:
        raise ArtifactError(f"the header is damaged ({error}); make it again") from None
    if not inflater.eof or inflater.unused_data or len(header) > most:
        raise ArtifactError(f"the header is damaged, or more than {most} bytes when inflated; make it again")
    return header


def _read_header(content: bytes) -> dict[str, Any]:
    try:
        header = parse_json(inflated(content))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"the header is not valid JSON ({error}); make it again") from None
    if not isinstance(header, dict) or set(header) != {"content", "classes", "kind", "values", "idf"}:
        raise ArtifactError("the header must have content, classes, kind, values and idf; make it again")
    stated = header["content"]
    blocks = stated.get("blocks") if isinstance(stated, dict) else None
    if (
        not isinstance(blocks, list)
        or not 1 <= len(blocks) <= MAX_BLOCKS
        or not all(isinstance(b, dict) for b in blocks)
    ):
        raise ArtifactError(f"vocabulary: 'blocks', a list of 1 to {MAX_BLOCKS}, is needed, got {shown(blocks)}")
    if header["kind"] not in _KINDS or not isinstance(header["idf"], dict) or (header["values"] and header["idf"]):
        raise ArtifactError(
            f"idf: f4 or f8 is allowed, and values or the number of texts, got {shown(header['kind'])}, "
            f"{shown(header['values'])} and {shown(header['idf'])}"
        )
    if not is_count(header["classes"], 1, 1 << 20) or not is_count(header["values"], 0, MAX_TERMS):
        raise ArtifactError("classes and values: numbers are needed; make it again")
    return header


def _shape(block: Mapping[str, Any], place: int) -> Shape:
    if not is_count(block.get("rows"), 0, MAX_TERMS) or "vocabulary" in block:
        raise ArtifactError(f"vocabulary: block {place}: rows: 0 to {MAX_TERMS} are allowed; make it again")
    settings = settings_of({name: value for name, value in block.items() if name != "rows"}, place)
    return Shape(settings, "hashing" in block, block["rows"])


def _code_levels(
    coder: Coder, shapes: Sequence[Shape], rows: Sequence[Rows], n_classes: int, known: Levels | None
) -> Levels:
    """int8 (C, n)."""
    kin = kinship(
        [
            shape.n if shape.hashed else terms_of(each.terms, shape.wordy, shape.marks)
            for shape, each in zip(shapes, rows, strict=True)
        ],
        coder.kernel,
    )
    numbers = np.concatenate([each.numbers for each in rows])[kin.order]
    coder.take(n_classes * kin.n)
    found = code_levels(
        coder, kin, numbers, n_classes, None if known is None else np.ascontiguousarray(known.T[kin.order])
    )
    levels = np.empty((n_classes, kin.n), np.int8)
    levels[:, kin.order] = found.T
    return levels
