"""Files that somebody else may have made, read once and with limits: plain files of a bounded size, and JSON that stays
small when it is parsed.

Every failure is an `ArtifactError` that names the file. Standard library only.

What JSON takes in memory is bounded before it is parsed. Each value but the first follows a comma or an opening
bracket, so their number says how many values there can be at most; the largest a value of n bytes takes is an object of
one entry, 24 n bytes. So 64 MB of text take at most 64 MB for its strings and `MAX_VALUES` times about 200 bytes.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from baselines.errors import ArtifactError
from baselines.rights import said_unreadable

MAX_FILE_BYTES = 1 << 30
MAX_JSON_BYTES = 64 << 20
# Commas and opening brackets, those inside strings too: a vocabulary of half as many terms always fits.
MAX_VALUES = 1 << 22
MAX_DEPTH = 64
_MAX_INTEGER = 1 << 64
_MOST_LISTED = 6
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_HALF_OF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


def read_plain_file(path: Path, most: int = MAX_FILE_BYTES, *, links: bool = True) -> bytes:
    """The bytes of a plain file, read once.

    Args:
        path: of the file.
        most: bytes that are allowed.
        links: whether the name may be a link to a plain file.

    Raises:
        ArtifactError: missing, not to be read, a folder, a pipe, a device, or larger than allowed.
    """
    try:
        # Opening a pipe would wait for somebody who writes into it.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(path, flags if links else flags | getattr(os, "O_NOFOLLOW", 0))
        try:
            content = _content(handle, path, most)
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise ArtifactError(f"{path}: file missing; make it again") from None
    except OSError as error:
        raise ArtifactError(said_unreadable(error, path.parent if path.name else path)) from None
    except ValueError as error:  # a name that no file can have
        raise ArtifactError(f"{path}: can't be read ({error}); copy it again") from None
    return content


def _content(handle: int, path: Path, most: int) -> bytes:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise ArtifactError(f"{path}: a plain file is needed here, this is none; make it again")
    if facts.st_size > most:
        raise ArtifactError(f"{path}: at most {most} bytes are allowed, got {facts.st_size}")
    with open(handle, "rb", closefd=False) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ArtifactError(f"{path}: at most {most} bytes are allowed, and it grew while it was read")
    return content


def read_json_file(path: Path, most: int = MAX_JSON_BYTES, *, links: bool = True) -> Any:
    """Content of a JSON file; raises ArtifactError as `read_plain_file` and `parse_json` do."""
    return json_of(read_plain_file(path, most, links=links), path)


def json_of(data: bytes, place: Path | str) -> Any:
    """Content of JSON bytes; raises ArtifactError that names `place`."""
    try:
        return parse_json(data)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{place}: not valid JSON ({error}); make it again") from None


def parse_json(data: bytes, times: int = 1) -> Any:
    """Strict JSON: UTF-8, each name once, finite numbers, whole numbers of at most 64 bits, no halves of characters.

    Args:
        data: the file's bytes.
        times: how often the usual numbers of bytes and values are allowed; each time takes up to 900 MB of memory.

    Raises:
        ValueError: anything else, or more or deeper than the limits of this module.
        RecursionError: nested so deep that Python gives up.
    """
    if len(data) > times * MAX_JSON_BYTES:
        raise ValueError(f"at most {times * MAX_JSON_BYTES} bytes are allowed, got {len(data)}")
    opened = data.count(b"[") + data.count(b"{")
    if opened + data.count(b",") > times * MAX_VALUES:
        raise ValueError(f"at most {times * MAX_VALUES} values are allowed, counted by commas and brackets")
    content = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_each_name_once,
        parse_float=_finite,
        parse_int=_bounded,
        parse_constant=_no_constant,
    )
    if opened > MAX_DEPTH and _deeper_than(content, MAX_DEPTH):
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if _HALF_OF_A_PAIR.search(data):
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    return content


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return content


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number that a computer holds")
    return value


def _bounded(text: str) -> int:
    if len(text) > 21 or not -_MAX_INTEGER < (value := int(text)) < _MAX_INTEGER:
        raise ValueError(f"whole numbers of at most 64 bits are allowed, got {text[:20]}…")
    return value


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not allowed")


def _deeper_than(content: Any, most: int) -> bool:
    level = [content] if isinstance(content, list | dict) else []
    for _ in range(most):
        inside = (value for each in level for value in (each.values() if isinstance(each, dict) else each))
        level = [value for value in inside if isinstance(value, list | dict)]
        if not level:
            return False
    return True


def is_count(value: Any, low: int, high: int) -> bool:
    """Whether a value from JSON is a whole number in low..high; true and false are none."""
    return type(value) is int and low <= value <= high


def is_share(value: Any) -> bool:
    """Whether a value from JSON is a number in [0, 1]; true and false are none."""
    return type(value) in (int, float) and 0 <= value <= 1


def is_plain_name(name: Any) -> bool:
    """Whether a value names a file or a folder that lies right where it is looked for: no path, no `..`."""
    return isinstance(name, str) and _PLAIN_NAME.fullmatch(name) is not None


def named(name: str) -> str:
    """A name from a file for an error message: as it is where it is plain, else as `shown`."""
    return name if is_plain_name(name) else shown(name)


def names_said(names: Iterable[str]) -> str:
    """Names of files for an error message, in order: the first six, and how many more."""
    found = sorted(names)
    said = [name if all(map(is_plain_name, name.split("/"))) else shown(name) for name in found[:_MOST_LISTED]]
    return ", ".join(said) + (f" and {len(found) - _MOST_LISTED:,} more" if len(found) > _MOST_LISTED else "")


def shown(value: Any) -> str:
    """A value from JSON for an error message, cut so that a hostile one stays short."""
    if isinstance(value, list | dict):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    text = ascii(value[:60]) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
