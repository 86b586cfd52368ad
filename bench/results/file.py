"""Reads results.json for everything that comes after the measurement: checked, and with what is wrong said at once.

Numbers that are not finite are read as missing and listed, so that one bad measurement doesn't hide all others.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from baselines.errors import RunFolderError
from baselines.folder_kind import said_kind
from baselines.inputs.counted import repeated
from baselines.inputs.json_files import read_json_file
from baselines.inputs.named_files import is_folder
from baselines.rights import unreadable_is_said
from bench.results.run import RESULTS, Run

# 3: the task and its metrics by name; `score` and `delta` are the run's metric, which was weighted F1 before.
FORMAT_VERSION = 4
SCHEMA = Path(__file__).with_name("results.schema.json")
# A study of 20 models on 77 classes has 3 MB.
MOST_BYTES = 256_000_000
_SHOWN = 5


def read_run(place: Path) -> Run:
    """Read a run, by its folder or its results.json.

    Raises:
        RunFolderError: missing, unreadable, not JSON, another format version, or against the schema; names the place.
    """
    with unreadable_is_said(place, RunFolderError):
        return _read_run(place)


def _read_run(place: Path) -> Run:
    path = place / RESULTS if is_folder(place) else place
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise RunFolderError(
            f"{path}: no such file{said_kind(place)}; name a run folder with a {RESULTS}, as `compress.run` makes it"
        ) from None
    if path.is_file():
        path.open("rb").close()  # whether it may be read
    again = "repeat the run's command to write it again"
    content = read_json_file(path, expected=again, most=MOST_BYTES, error=RunFolderError)
    bad: list[str] = []
    content = _finite(content, "", bad)
    check_results(content, str(path))
    notes = (_bad_numbers(bad),) if bad else ()
    return Run(content, path, notes)


def check_results(content: Any, where: str = RESULTS) -> None:
    """Raise RunFolderError unless `content` is what this version reads."""
    if not isinstance(content, dict):
        raise RunFolderError(f"{where}: expected an object, got {type(content).__name__}")
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise RunFolderError(
            f"{where}: format_version {FORMAT_VERSION} is supported, got {version!r}; read it with the version of "
            "tagpress that wrote it, or repeat its command with another --run"
        )
    error = next(iter(sorted(_validator().iter_errors(content), key=lambda e: len(e.absolute_path))), None)
    if error is not None:
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path).lstrip(".")
        raise RunFolderError(f"{where}: {place or 'top level'}: {error.message[:300]}")
    names = [model["name"] for model in content["models"]]
    if twice := repeated(names):
        raise RunFolderError(f"{where}: models: each name is allowed once, got twice: {', '.join(twice)}")


@cache
def _validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def _finite(value: Any, place: str, bad: list[str]) -> Any:
    """The same content with None for NaN and infinities, whose places are added to `bad`."""
    if isinstance(value, float) and not math.isfinite(value):
        bad.append(place.lstrip("."))
        return None
    if isinstance(value, dict):
        return {key: _finite(item, f"{place}.{key}", bad) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item, f"{place}[{index}]", bad) for index, item in enumerate(value)]
    return value


def _bad_numbers(bad: list[str]) -> str:
    shown = ", ".join(bad[:_SHOWN]) + (f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else "")
    return f"{len(bad)} stored numbers are not finite and are shown as missing: {shown}."
