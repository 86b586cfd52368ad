"""Numbers as const arrays of C, and pieces of a file that say what they take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError

PARTS = Path(__file__).parent / "parts"
# Compilers take minutes for more, and no file of source should have hundreds of megabytes.
MOST_DATA_BYTES = 16 << 20
_TYPES = {
    "i1": "int8_t",
    "u1": "unsigned char",
    "i2": "int16_t",
    "u2": "uint16_t",
    "i4": "int32_t",
    "u4": "uint32_t",
}
_A_LINE = 24
_SMALL, _LARGE, _FILE = re.compile(r"\btp_(?=\w)"), re.compile(r"\bTP_(?=\w)"), re.compile(r"\btp_\.h")


@dataclass
class Data:
    """Const arrays, in the order in which they are added.

    Attributes:
        bundle: named in errors.
        lines: of C.
        n_bytes: of all arrays.
    """

    bundle: Path
    lines: list[str] = field(default_factory=list)
    n_bytes: int = 0

    def add(self, name: str, values: NDArray[Any], *, aligned: bool = False, kind: str = "") -> None:
        """One array, flat; of floats the bits, as uint32. `kind` is its type where C calls it otherwise.

        Raises:
            ArtifactError: all arrays together have more than `MOST_DATA_BYTES`.
        """
        if values.dtype == np.float32:
            values = values.view(np.uint32)
        if not values.size:  # C has no empty arrays
            values = np.zeros(1, values.dtype)
        self.check(values.nbytes)
        self.n_bytes += values.nbytes
        kind = kind or _TYPES[values.dtype.str[1:]]
        attribute = "TP_ALIGNED " if aligned else ""
        self.lines.append(f"static const {kind} {attribute}{name}[{values.size}] = {{")
        self.lines += _rows(values)
        self.lines.append("};")

    def check(self, n_bytes: int) -> None:
        """Raise ArtifactError unless so many bytes more are allowed; asked before large arrays are made."""
        if (total := self.n_bytes + n_bytes) > MOST_DATA_BYTES:
            raise ArtifactError(
                f"{self.bundle}: at most {MOST_DATA_BYTES:,} bytes of constant data are allowed in C, got at least "
                f"{total:,}; choose a smaller model"
            )

    @property
    def source(self) -> str:
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True)
class Piece:
    """What one form of model adds to a file.

    Attributes:
        defines: name -> value of its macros.
        source: its functions and data.
        data_bytes: of const data.
        stack_bytes: of its local variables.
    """

    defines: Mapping[str, int]
    source: str
    data_bytes: int
    stack_bytes: int


def smallest(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in the smallest type that holds them."""
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    for kind in (np.uint8, np.int8, np.uint16, np.int16, np.uint32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind)
    return values.astype(np.int32)


def c_type(values: NDArray[Any]) -> str:
    """What C calls the type of an array."""
    return _TYPES[values.dtype.str[1:]]


def part(name: str, **given: str) -> str:
    """A file of `parts`, each `@NAME@` in it replaced."""
    text = (PARTS / name).read_text(encoding="utf-8")
    for key, value in given.items():
        text = text.replace(f"@{key}@", value)
    return text


def named(text: str, name: str) -> str:
    """C with the model's name in place of `tp`: `tp_classify` of a model `tagger` is `tagger_classify`."""
    text = _FILE.sub(f"{name}.h", text)
    return _LARGE.sub(f"{name.upper()}_", _SMALL.sub(f"{name}_", text))


def defined(values: Mapping[str, int]) -> str:
    """Macros, one a line."""
    return "".join(f"#define {name} {value}\n" for name, value in values.items())


def string(content: bytes) -> str:
    """A string literal of any bytes but zero."""
    return '"' + "".join(chr(byte) if _plain(byte) else f"\\{byte:03o}" for byte in content) + '"'


def _plain(byte: int) -> bool:
    # A question mark could begin a trigraph.
    return 32 <= byte < 127 and byte not in b'"\\?'


def _rows(values: NDArray[Any]) -> Sequence[str]:
    flat = values.ravel().tolist()
    shown = [f"0x{value:x}u" for value in flat] if values.dtype == np.uint32 else list(map(str, flat))
    each = _A_LINE // 2 if values.dtype == np.uint32 else _A_LINE
    return ["    " + ", ".join(shown[at : at + each]) + "," for at in range(0, len(shown), each)]
