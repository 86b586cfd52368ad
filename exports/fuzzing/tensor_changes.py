"""Changes of safetensors files: of a header whose bytes go with it, of values, and of what is packed inside."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from exports.fuzzing.hostile import DTYPES, FLOATS, LAYOUTS, NAMES, SIZES, bomb, changed_bytes
from exports.fuzzing.json_changes import changed_json

# Of one tensor at most, where its bytes are made to fit a hostile shape.
_MOST_BYTES = 1 << 22
_BYTES_OF = {"U8": 1, "I8": 1, "BOOL": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "I64": 8, "F64": 8}

# Name -> (dtype, shape, bytes).
Tensors = dict[str, tuple[str, list[Any], bytes]]
# Changes the tensors and the metadata in place, and says what was done; None leaves it to the header.
Change = Callable[[Random, Tensors, Any], str | None]


def changed_tensors(random: Random, data: bytes) -> tuple[bytes, str] | None:
    """A changed file and what was done to it; None where it is no safetensors file any more."""
    parsed = _parsed(data)
    if parsed is None or not parsed[0]:
        return None
    tensors, metadata = parsed
    change: Change = random.choice(
        (_shape, _dtype, _rename, _values, _values, _packed, _packed, _layout, _layout, _header, _more)
    )
    said = change(random, tensors, metadata)
    whole = _written(tensors, metadata)
    return changed_header(random, whole) if said is None else (whole, said)


def changed_header(random: Random, data: bytes) -> tuple[bytes, str] | None:
    """Any JSON value in the header replaced, its bytes as they were."""
    size = int.from_bytes(data[:8], "little")
    found = changed_json(random, data[8 : 8 + size])
    if found is None:
        return None
    return len(found[0]).to_bytes(8, "little") + found[0] + data[8 + size :], f"header: {found[1]}"


def _parsed(data: bytes) -> tuple[Tensors, Any] | None:
    try:
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])
        metadata, body = header.pop("__metadata__", None), data[8 + size :]
        found = {
            name: (str(entry["dtype"]), list(entry["shape"]), body[slice(*entry["data_offsets"])])
            for name, entry in header.items()
        }
        return found, metadata
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _written(tensors: Tensors, metadata: Any) -> bytes:
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    start = 0
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, start + len(content)]}
        start += len(content)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(content for _, _, content in tensors.values())


def _one(random: Random, tensors: Tensors) -> str:
    return random.choice(list(tensors))


def _fitted(dtype: str, shape: list[Any], content: bytes) -> bytes:
    size = math.prod(n for n in shape if isinstance(n, int)) * _BYTES_OF.get(dtype, 4)
    return (content + bytes(max(0, size - len(content))))[:size] if 0 <= size <= _MOST_BYTES else content


def _shape(random: Random, tensors: Tensors, metadata: Any) -> str:
    name = _one(random, tensors)
    dtype, shape, content = tensors[name]
    shape = list(shape)
    what = random.choice(("size", "size", "axis more", "axis less", "turned", "many axes"))
    if what == "size" and shape:
        shape[random.randrange(len(shape))] = random.choice(SIZES)
    elif what == "axis less" and shape:
        del shape[random.randrange(len(shape))]
    elif what == "turned":
        shape.reverse()
    else:
        shape += [1] * (1 if what == "axis more" else 100)
    tensors[name] = dtype, shape, _fitted(dtype, shape, content)
    return f"{name}: shape {shape!s:.60}"


def _dtype(random: Random, tensors: Tensors, metadata: Any) -> str:
    name = _one(random, tensors)
    dtype = random.choice(DTYPES)
    _, shape, content = tensors[name]
    tensors[name] = dtype, shape, _fitted(dtype, shape, content)
    return f"{name}: dtype {dtype}"


def _rename(random: Random, tensors: Tensors, metadata: Any) -> str:
    name, new = _one(random, tensors), random.choice(NAMES)
    tensors[new] = tensors.pop(name)
    return f"{name} renamed {new:.20}"


def _more(random: Random, tensors: Tensors, metadata: Any) -> str:
    count = random.choice((1, 1, 20, 3000))
    source = tensors[_one(random, tensors)]
    for n in range(count):
        tensors[f"{random.choice(NAMES)}{n}"] = source if count == 1 else ("U8", [0], b"")
    return f"{count} tensors more"


def _values(random: Random, tensors: Tensors, metadata: Any) -> str:
    name = _one(random, tensors)
    dtype, shape, content = tensors[name]
    if dtype not in ("F32", "F16", "F64") or not content:
        tensors[name] = dtype, shape, _same_length(random, content)
        return f"{name}: other bytes"
    kind = np.dtype({"F32": "<f4", "F16": "<f2", "F64": "<f8"}[dtype])
    whole = len(content) // kind.itemsize * kind.itemsize
    array = np.frombuffer(content[:whole] or bytes(kind.itemsize), kind).copy()
    value = random.choice(FLOATS)
    with np.errstate(over="ignore"):
        if random.random() < 0.5:
            array[random.randrange(len(array))] = value
        else:
            array[:] = value
    tensors[name] = dtype, shape, array.tobytes()
    return f"{name}: values {value}"


def _same_length(random: Random, content: bytes) -> bytes:
    changed, _ = changed_bytes(random, content)
    return (changed + bytes(len(content)))[: len(content)]


def _packed(random: Random, tensors: Tensors, metadata: Any) -> str:
    """What is deflated in a tensor of bytes: a bomb in its place, or other content deflated again."""
    names = [name for name, (dtype, _, _) in tensors.items() if dtype == "U8"]
    if not names:
        return _values(random, tensors, metadata)
    name = random.choice(names)
    content = tensors[name][2]
    what = random.choice(("bomb", "packed bomb", "json", "bytes", "bytes"))
    if what == "bomb":
        content = bomb(random.choice((20, 26, 28)), raw=False)
    elif what == "packed bomb":
        content = bytes([random.choice((0, 1, 7, 127, 128, 255))]) + bomb(random.choice((10, 20, 26)), raw=True)
    else:
        try:
            inside = zlib.decompress(content)
        except zlib.error:
            inside = b""
        found = changed_json(random, inside) if what == "json" and inside else changed_bytes(random, inside or content)
        changed = found[0] if found else inside
        content = zlib.compress(changed) if inside else changed
    tensors[name] = "U8", [len(content)], content
    return f"{name}: {what}, {len(content)} bytes"


def _header(random: Random, tensors: Tensors, metadata: Any) -> None:
    """Left to `changed_header`."""


def _layout(random: Random, tensors: Tensors, metadata: Any) -> str | None:
    """The layout of packed tables: names, lengths and shapes; None where there is none."""
    if not isinstance(metadata, dict) or "layout" not in metadata:
        return None
    parts = [part.split(":") for part in metadata["layout"].split(";")]
    part = random.choice(parts)
    what = random.choice(("name", "length", "shape", "shape", "all", "double", "leave out", "grow"))
    if what in ("name", "length", "shape") and len(part) == 3:
        sizes = part[2].split("x")
        sizes[random.randrange(len(sizes))] = str(random.choice(SIZES))
        new = {"name": random.choice(NAMES), "length": str(random.choice(SIZES)), "shape": "x".join(sizes)}
        part[("name", "length", "shape").index(what)] = new[what]
    elif what == "grow":
        # One more part, with bytes that inflate to what it promises.
        content = b"\x01" + bomb(20, raw=True)
        dtype, _, packed = tensors.get("packed", ("U8", [], b""))
        tensors["packed"] = dtype, [len(packed) + len(content)], packed + content
        parts.append([random.choice(NAMES), str(len(content)), f"1x{1 << 20}x5"])
    elif what == "double":
        parts.append(part)
    elif what == "leave out":
        parts.remove(part)
    else:
        metadata["layout"] = random.choice((*LAYOUTS, ";".join(["table.1:1:1x1x1"] * 30_000)))
        return f"layout {metadata['layout']:.60}"
    metadata["layout"] = ";".join(":".join(part) for part in parts)
    return f"layout: {what}, {metadata['layout']:.80}"
