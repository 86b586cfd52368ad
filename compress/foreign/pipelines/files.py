"""Pipelines in files: `.skops` is read without running anything in it, a pickle only where the user trusts it.

A `.skops` file is a zip of JSON and arrays. Before skops sees it, every type in it is held against the list here, and
every array against the bytes that are there; then skops' own loader checks its own lists.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from baselines.checked_reading import MAX_DEPTH, MAX_FILE_BYTES, named, parse_json, read_plain_file, shown
from baselines.errors import ArtifactError, MissingExtra, UserError
from baselines.inputs.named_files import check_file
from compress.foreign.pipelines.skops_types import ALLOWED, TRUSTED

SCHEMA = "schema.json"
PICKLES = (".joblib", ".pkl", ".pickle")
MAX_MEMBERS = 10_000
# A vocabulary of two million n-grams stands in the schema, several values an n-gram.
SCHEMA_TIMES = 8
# All arrays of a file together, as they lie in memory.
MAX_EXPANDED = 1 << 31
_TRUST = (
    "reading a pickle runs whatever code is in it; give trust=True (--trust) where you made the file yourself or trust "
    "whoever did, or save the pipeline with skops.io.dump"
)


def is_pipeline_file(place: str | Path) -> bool:
    """Whether a name is one that pipelines are saved under."""
    return Path(place).suffix.lower() in (".skops", *PICKLES)


def read_pipeline(path: Path, *, trust: bool = False) -> Any:
    """A saved pipeline, or whatever else is in the file.

    Args:
        path: `.skops`, or a pickle (`.joblib`, `.pkl`, `.pickle`).
        trust: whether pickles are read, which runs code in them.

    Raises:
        UserError: a pickle without trust; another ending. MissingExtra: skops isn't installed.
        ArtifactError: missing, damaged, or with types that aren't read; names them.
    """
    wanted = f"a pipeline saved as .skops, or as {', '.join(PICKLES)} with --trust, is needed"
    check_file(path, expected=wanted, error=ArtifactError)
    ending = path.suffix.lower()
    if ending == ".skops":
        return _of_skops(read_plain_file(path), path)
    if ending not in PICKLES:
        raise UserError(f"{path}: {wanted}")
    if not trust:
        raise UserError(f"{path}: {_TRUST}")
    return _of_pickle(path)


def _of_pickle(path: Path) -> Any:
    try:
        import joblib
    except ImportError:
        raise _missing("joblib") from None
    content = read_plain_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return joblib.load(io.BytesIO(content))
    except Exception as error:
        what = f"{type(error).__name__}: {error!s:.200}"
        raise ArtifactError(f"{path}: can't be unpickled here ({what}); save it with skops.io.dump instead") from None


def _of_skops(content: bytes, path: Path) -> Any:
    try:
        import skops.io
    except ImportError:
        raise _missing("skops") from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_skops(archive, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of another version's estimators: the proof decides
            return skops.io.loads(content, trusted=sorted(TRUSTED))
    except UserError:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error!s:.200}"
        raise ArtifactError(f"{path}: not a whole .skops file ({what}); save it again with skops.io.dump") from None


def check_skops(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise ArtifactError unless every type in a file is allowed, and every array as large as its bytes."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > MAX_MEMBERS or len(set(names)) != len(names) or SCHEMA not in names:
        raise ArtifactError(f"{path}: {SCHEMA} and up to {MAX_MEMBERS} other files, each once, are needed")
    total = sum(member.file_size for member in members)
    if total > MAX_FILE_BYTES:
        raise ArtifactError(f"{path}: at most {MAX_FILE_BYTES} bytes are allowed when inflated, got {total}")
    try:
        schema = parse_json(archive.read(SCHEMA), SCHEMA_TIMES)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{path}: {SCHEMA}: {error}; adopt a larger pipeline in Python, or save it with joblib and give --trust"
        ) from None
    if unknown := sorted({name for loader, name in _types(schema) if name not in ALLOWED.get(loader, ())}):
        raise ArtifactError(
            f"{path}: holds types that aren't read from files: {', '.join(map(named_type, unknown[:6]))}; fit the "
            "pipeline without them, or adopt it in Python"
        )
    expanded = 0
    for member in members:
        if member.filename.endswith((".npy", ".npz")):
            expanded += _array_bytes(archive.read(member), member.filename, path)
            if expanded > MAX_EXPANDED:
                raise ArtifactError(f"{path}: at most {MAX_EXPANDED} bytes of arrays are allowed")


def named_type(name: str) -> str:
    """A type's name for an error message: as it is where it is one, else quoted and cut."""
    return name if name.replace(".", "").replace("_", "").isalnum() and len(name) <= 100 else shown(name)


def _types(schema: Any) -> Iterator[tuple[str, str]]:
    """Loader and name of every type that is named anywhere."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if {"__class__", "__module__", "__loader__"} & set(node):
                yield str(node.get("__loader__")), f"{node.get('__module__')}.{node.get('__class__')}"
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _array_bytes(content: bytes, name: str, path: Path) -> int:
    """Bytes that an array takes in memory, which its header may not overstate."""
    if name.endswith(".npz"):
        with zipfile.ZipFile(io.BytesIO(content)) as inner:
            members = inner.infolist()
            if len(members) > MAX_DEPTH or sum(member.file_size for member in members) > MAX_FILE_BYTES:
                raise ArtifactError(f"{path}: {named(name)}: too large when inflated")
            return sum(_array_bytes(inner.read(member), ".npy", path) for member in members)
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or any(length < 0 for length in shape) or size != len(content) - file.tell():
        raise ArtifactError(f"{path}: {named(name)}: {shown(str(shape))} of {dtype} isn't what its bytes hold")
    return size


def _missing(package: str) -> MissingExtra:
    return MissingExtra(f"{package} is needed to read this file: pip install 'tagpress[sklearn]'")
