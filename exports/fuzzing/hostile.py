"""Values that a careless reader stumbles over: as JSON text, numbers, names and bytes."""

from __future__ import annotations

import zlib
from functools import cache
from random import Random

# JSON as it is written, among it what json.dumps never writes.
JSON_VALUES: tuple[str, ...] = (
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "3",
    "5",
    "64",
    "255",
    "256",
    "65536",
    "2147483648",
    "9007199254740993",
    "18446744073709551616",
    "1" + 30 * "0",
    "-" + 5000 * "9",
    "0.5",
    "1.5",
    "-0.25",
    "1e-320",
    "1e6",
    "1e25",
    "1e38",
    "1e308",
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "-Infinity",
    '""',
    '" "',
    '"x"',
    '"\\ud800"',
    '"\\u0000"',
    '"\\u202e"',
    '"../labels.json"',
    '"/dev/zero"',
    '"words"',
    '"bytes"',
    '"char"',
    '"multiclass"',
    '"binary"',
    "[]",
    "{}",
    "[0]",
    "[null]",
    '["a"]',
    '{"a": 1, "a": 2}',
    "[[[[[[[[1]]]]]]]]",
    80 * "[" + 80 * "]",
    5000 * "[" + 5000 * "]",
    '{"a":' * 900 + "1" + "}" * 900,
    "[" + 99_999 * "0," + "0]",
    '"' + 100_000 * "y" + '"',
    "[" + ",".join(f'"{n}"' for n in range(3000)) + "]",
)
NAMES = ("", "x", "weights", "head", "embedding", "table.3", "table.-1", "filters.1", "__metadata__", "idf", 300 * "n")
DTYPES = ("U8", "I8", "I16", "U16", "I32", "I64", "F16", "F32", "F64", "BF16", "F8_E4M3", "BOOL", "", "f32")
SIZES = (0, 1, 2, 3, 7, 127, 128, 255, 256, 1000, 65_535, 65_536, 1 << 24, 1 << 31, 1 << 32, 1 << 62, 1 << 63, -1)
# The last ones that are allowed stand among them: there sums must hold.
FLOATS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-45,
    9.9e25,
    -9.9e25,
    1e6,
    -1e6,
    3e38,
    -3e38,
    1e30,
    float("nan"),
    float("inf"),
    float("-inf"),
)
LAYOUTS = ("", ";", "head", "head:1:1", "table.1:1:65536x65536x1", "x:99:8x8x8", "head:0x1:1x1", "head:١:1x1")


@cache
def bomb(exponent: int, raw: bool) -> bytes:
    """2 to the power of `exponent` zeros, deflated: about a thousandth of that; raw deflate or with zlib's header."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15 if raw else 15)
    chunk = bytes(1 << 16)
    return b"".join(coder.compress(chunk) for _ in range(max(1, (1 << exponent) // len(chunk)))) + coder.flush()


def some_bytes(random: Random) -> bytes:
    """A few bytes, or many."""
    return random.randbytes(random.choice((1, 2, 4, 8, 100, 5000)))


def changed_bytes(random: Random, data: bytes) -> tuple[bytes, str]:
    """Flip, cut, insert, repeat or zero something; what came out, and what was done."""
    at = random.randrange(len(data) + 1)
    stop = min(len(data), at + random.choice((1, 2, 4, 8, 64, 1000)))
    what = random.choice(("flip", "cut", "cut off", "insert", "repeat", "zero", "ones", "empty"))
    if what == "flip":
        flipped = bytes(byte ^ 1 << random.randrange(8) for byte in data[at:stop])
        return data[:at] + flipped + data[stop:], f"bits of {stop - at} bytes at {at} flipped"
    middle = {
        "cut": b"",
        "insert": some_bytes(random) + data[at:stop],
        "repeat": data[at:stop] * random.choice((2, 3, 1000)),
        "zero": bytes(stop - at),
        "ones": b"\xff" * (stop - at),
    }.get(what)
    if what == "empty":
        return b"", "emptied"
    if middle is None:
        return data[:at], f"cut off at {at}"
    return data[:at] + middle + data[stop:], f"{what} at {at}..{stop}"
