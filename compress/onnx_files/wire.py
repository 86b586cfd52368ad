"""Protobuf's wire format, read so strictly that no other reader can find something else in the same bytes.

Readers differ in what they forgive: a tag of more than 32 bits is cut off by one and not by another, a field that comes
twice is the first for one and the last for another. So everything is refused that writing the message again wouldn't
give back byte for byte: fields out of order, numbers longer than they need be, single fields that come twice, fields
that the schema doesn't know. The wire format is described at protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

# `int64`, `int32` and `enum` are varints, `float` four bytes; `ints` and `floats` stand packed in one field of bytes.
Kind = Literal["int64", "int32", "float", "text", "bytes", "ints", "floats", "message"]
Content = dict[str, Any]

# Numbers that stand packed are the zero points and scalars of a graph; its weights are raw bytes.
MAX_PACKED_BYTES = 1 << 16
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_WIRE_TYPE: Mapping[Kind, int] = {
    "int64": _VARINT,
    "int32": _VARINT,
    "float": _FIXED32,
    **dict.fromkeys(("text", "bytes", "ints", "floats", "message"), _LENGTH),
}


@dataclass(frozen=True)
class Field:
    """One field of a message.

    Attributes:
        name: the key in what `read_message` gives.
        kind: of its value.
        repeated: whether it may come more than once; its value is a list then.
        message: of kind `message`, the name of that message.
        refused: why a bundle may not have it; "" for a field that it may.
    """

    name: str
    kind: Kind
    repeated: bool = False
    message: str = ""
    refused: str = ""


# message -> field number -> field
Schema = Mapping[str, Mapping[int, Field]]


def read_message(data: memoryview, message: str, schema: Schema) -> Content:
    """The fields of one message by name; those that aren't there are missing, or [] where they are repeated.

    Raises:
        ValueError: anything that the schema doesn't allow, or that wouldn't be written so.
    """
    fields = schema[message]
    found: Content = {field.name: [] for field in fields.values() if field.repeated}
    before = 0
    for number, wire_type, value in _fields(data):
        field = fields.get(number)
        if field is not None and field.refused:
            raise ValueError(f"{field.refused}; not allowed in a bundle")
        if field is None:
            raise ValueError(f"field {number} of {message} is not allowed in a bundle")
        if wire_type != _WIRE_TYPE[field.kind]:
            raise ValueError(f"{message}.{field.name}: expected wire type {_WIRE_TYPE[field.kind]}, got {wire_type}")
        if number < before:
            raise ValueError(f"{message}.{field.name}: fields must come in the order of their numbers")
        if not field.repeated and field.name in found:
            raise ValueError(f"{message}.{field.name}: allowed once, came twice")
        before = number
        own = _value(value, field, f"{message}.{field.name}", schema)
        if field.repeated:
            found[field.name].append(own)
        else:
            found[field.name] = own
    return found


def _value(value: int | memoryview, field: Field, place: str, schema: Schema) -> Any:
    if isinstance(value, int):
        return _signed(value, field.kind, place)
    if field.kind == "message":
        return read_message(value, field.message, schema)
    if field.kind == "text":
        try:
            return bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{place}: not UTF-8") from None
    if field.kind == "float":
        return float(struct.unpack("<f", value)[0])
    if field.kind in ("ints", "floats") and not 0 < len(value) <= MAX_PACKED_BYTES:
        raise ValueError(f"{place}: 1 to {MAX_PACKED_BYTES} bytes of numbers are allowed, got {len(value)}")
    return list(_packed_ints(value, place)) if field.kind == "ints" else bytes(value)


def _packed_ints(data: memoryview, place: str) -> Iterator[int]:
    position = 0
    while position < len(data):
        value, position = _varint(data, position)
        yield _signed(value, "int64", place)


def _signed(value: int, kind: Kind, place: str) -> int:
    """Negative numbers are written as 64 bits, those of 32 bits too."""
    signed = value - (1 << 64) if value >= 1 << 63 else value
    if kind == "int32" and not -(1 << 31) <= signed < 1 << 31:
        raise ValueError(f"{place}: a number of 32 bits is needed, got {signed}")
    return signed


def _fields(data: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """(field number, wire type, number or bytes) of one message."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if tag >= 1 << 32 or number == 0:
            raise ValueError(f"no field has the tag {tag}")
        if wire_type == _VARINT:
            value, position = _varint(data, position)
            yield number, wire_type, value
            continue
        if wire_type == _LENGTH:
            size, position = _varint(data, position)
        elif wire_type in (_FIXED64, _FIXED32):
            size = 8 if wire_type == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire_type} is not allowed")
        if size > len(data) - position:
            raise ValueError("cut off")
        yield number, wire_type, data[position : position + size]
        position += size


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """A number in groups of seven bits, and the position behind it."""
    value = shift = 0
    while True:
        if position >= len(data):
            raise ValueError("cut off")
        byte = data[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            break
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
    if value >= 1 << 64 or (byte == 0 and shift > 7):
        raise ValueError("a number is written longer than it is")
    return value, position
