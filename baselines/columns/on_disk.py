"""Texts in a file that is mapped into memory: processes share its pages, and nothing is read that nobody asks for.

Layout, little-endian: the mark (8 bytes), n (int64), n + 1 offsets (int64), the texts' UTF-8.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from baselines.columns.texts import Texts
from baselines.errors import DataError
from baselines.whole_files import whole_file

_MARK = b"TAGTEXT1"
_HEAD = 16


def save_texts(path: Path, texts: Texts) -> None:
    """Write texts to a file, whole or not at all."""
    buffer, offsets = texts.parts()
    with whole_file(path) as place, place.open("wb") as file:
        file.write(_MARK)
        file.write(np.int64(len(texts)).astype("<i8").tobytes())
        file.write(np.ascontiguousarray(offsets, "<i8").data)
        file.write(np.ascontiguousarray(buffer).data)


def open_texts(path: Path) -> Texts:
    """The texts of a file that `save_texts` wrote, mapped into memory and not read.

    Raises:
        DataError: no such file, or one that was cut short or changed.
    """
    damaged = DataError(f"{path}: not a whole file of texts; expected what save_texts wrote, make it again")
    try:
        content = np.asarray(np.memmap(path, np.uint8, "r"))
    except (OSError, ValueError):
        raise damaged from None
    if len(content) < _HEAD + 8 or content[:8].tobytes() != _MARK:
        raise damaged
    n = int(content[8:_HEAD].view("<i8")[0])
    if not 0 <= n <= (len(content) - _HEAD) // 8 - 1:
        raise damaged
    begin = _HEAD + 8 * (n + 1)
    offsets = content[_HEAD:begin].view("<i8")
    if offsets[0] != 0 or offsets[-1] != len(content) - begin or bool((np.diff(offsets) < 0).any()):
        raise damaged
    return Texts(content[begin:], offsets)
