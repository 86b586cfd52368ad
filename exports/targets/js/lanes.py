"""Eight 16-bit lanes at once: the inner loops of the table form as WebAssembly, a few hundred bytes put together here.

Source: WebAssembly Core Specification 2.0 (its binary format and fixed-width SIMD). Sums of small integers are the same
in any lane and any order, so an engine without it, or a page that forbids it, has the same bits from plain JavaScript.
"""

from __future__ import annotations

import base64

_I32, _V128 = 0x7F, 0x7B
_LOCAL_GET, _LOCAL_SET, _LOCAL_TEE = 0x20, 0x21, 0x22
_LOOP = b"\x03\x40"
_END = b"\x0b"
_ADD, _LESS = b"\x6a", b"\x49"
_LOAD_I32 = b"\x28\x02\x00"
_ADD_16, _MAX_16, _DOT, _ADD_32 = (b"\xfd" + code for code in (b"\x8e\x01", b"\x98\x01", b"\xba\x01", b"\xae\x01"))
_ZERO = b"\xfd\x0c" + bytes(16)


def _number(value: int) -> bytes:
    """Unsigned LEB128."""
    low = value & 0x7F
    return bytes([low]) if value < 0x80 else bytes([low | 0x80]) + _number(value >> 7)


def _get(local: int) -> bytes:
    return bytes([_LOCAL_GET, local])


def _set(local: int, *value: bytes) -> bytes:
    return b"".join(value) + bytes([_LOCAL_SET, local])


def _const(value: int) -> bytes:
    """Below 64, so that its signed form is the unsigned one."""
    return bytes([0x41, value])


def _load(offset: int) -> bytes:
    return b"\xfd\x00\x00" + bytes([offset])


def _store(offset: int) -> bytes:
    return b"\xfd\x0b\x00" + bytes([offset])


def _step(local: int, by: bytes) -> bytes:
    return _set(local, _get(local), by, _ADD)


def _again(local: int, end: int) -> bytes:
    """Once more around the innermost loop while a local is below another."""
    return _get(local) + _get(end) + _LESS + b"\x0d\x00" + _END


def _pool() -> bytes:
    """pool(offsets, offsets' end, bytes of a window, bytes of a table's offset, table, end of its first row, out).

    `out` holds the largest sums so far; sixteen filters at a time.
    """
    first, last, window, step, table, end, out, t, k, stop, row, a, b, most_a, most_b = range(15)
    inner = _LOOP + b"".join(
        (
            _set(t, _get(row), _get(k), _LOAD_I32, _ADD),
            _set(a, _get(a), _get(t), _load(0), _ADD_16),
            _set(b, _get(b), _get(t), _load(16), _ADD_16),
            _step(row, _get(step)),
            _step(k, _const(4)),
            _again(k, stop),
        )
    )
    # `first` moves along the text; what it was is kept in a local behind the others.
    kept = most_b + 1
    middle = _LOOP + b"".join(
        (
            _set(a, _ZERO),
            _set(b, _ZERO),
            _set(k, _get(first)),
            _set(stop, _get(first), _get(window), _ADD),
            _set(row, _get(table)),
            inner,
            _set(most_a, _get(most_a), _get(a), _MAX_16),
            _set(most_b, _get(most_b), _get(b), _MAX_16),
            _step(first, _const(4)),
            _again(first, last),
        )
    )
    outer = _LOOP + b"".join(
        (
            _set(first, _get(kept)),
            _set(most_a, _get(out), _load(0)),
            _set(most_b, _get(out), _load(16)),
            middle,
            _get(out) + _get(most_a) + _store(0),
            _get(out) + _get(most_b) + _store(16),
            _step(out, _const(32)),
            _step(table, _const(32)),
            _again(table, end),
        )
    )
    locals_ = b"\x03" + bytes([4, _I32, 4, _V128, 1, _I32])
    return locals_ + _set(kept, _get(first)) + outer + _END


def _dot() -> bytes:
    """dot(left, left's end, right): the sum of the products of 16-bit numbers, eight at a time."""
    left, end, right, total = range(4)
    loop = _LOOP + b"".join(
        (
            _set(total, _get(total), _get(left), _load(0), _get(right), _load(0), _DOT, _ADD_32),
            _step(left, _const(16)),
            _step(right, _const(16)),
            _again(left, end),
        )
    )
    lanes = [_get(total) + b"\xfd\x1b" + bytes([lane]) for lane in range(4)]
    return b"\x01" + bytes([1, _V128]) + loop + lanes[0] + b"".join(lane + _ADD for lane in lanes[1:]) + _END


def _section(number: int, *items: bytes) -> bytes:
    content = bytes([len(items)]) + b"".join(items)
    return bytes([number]) + _number(len(content)) + content


def lanes_module() -> bytes:
    """The module: imports the memory `m.m`, exports `p` (pool) and `d` (dot)."""
    bodies = [_number(len(body)) + body for body in (_pool(), _dot())]
    return b"\0asm\1\0\0\0" + b"".join(
        (
            _section(1, bytes([0x60, 7, *[_I32] * 7, 0]), bytes([0x60, 3, *[_I32] * 3, 1, _I32])),
            _section(2, b"\x01m\x01m\x02\x00\x00"),
            _section(3, b"\x00", b"\x01"),
            _section(7, b"\x01p\x00\x00", b"\x01d\x00\x01"),
            _section(10, *bodies),
        )
    )


def lanes_text() -> str:
    """The module in base64."""
    return base64.b64encode(lanes_module()).decode("ascii")
