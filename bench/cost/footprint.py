"""What a model weighs: files raw and deflated, numbers stored and how many are not zero, the installed runtime."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError, MeasurementError
from baselines.storage.artifact import MANIFEST
from baselines.storage.run_folder import STEP_FILE
from compress.formats.packed import TABLES_FILE, read_tables
from exports.runtime.bundle_format import FOR_PEOPLE

Array = NDArray[Any]
_LEVEL = 9


@dataclass(frozen=True)
class Footprint:
    """`size` of results.json.

    Attributes:
        bytes: all files needed to predict: weights, vocabulary, thresholds, manifest.
        bytes_deflated: the same files, each deflated on its own at level 9; zeros show only here.
        parameters: numbers stored in weights.
        nonzero: those that are not zero.
        int8_parameter_share: share of the parameters stored as integers of 8 bits or fewer.
    """

    bytes: int
    bytes_deflated: int
    parameters: int
    nonzero: int
    int8_parameter_share: float

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


def footprint(folder: Path) -> Footprint:
    """Weigh a saved classifier or a bundle.

    Raises:
        MeasurementError: no such folder, or neither an artifact nor a bundle.
        ArtifactError: a file that can't be read.
    """
    files = files_needed(folder)
    arrays = stored_arrays(folder)
    parameters = sum(array.size for array in arrays.values())
    small = sum(array.size for array in arrays.values() if array.dtype.kind in "iu" and array.dtype.itemsize == 1)
    return Footprint(
        bytes=sum(path.stat().st_size for path in files),
        bytes_deflated=sum(deflated_bytes(path) for path in files),
        parameters=parameters,
        nonzero=sum(int(np.count_nonzero(array)) for array in arrays.values()),
        int8_parameter_share=small / parameters if parameters else 0.0,
    )


def files_needed(folder: Path) -> list[Path]:
    """Every file that predicting needs: not a bundle's model card and example, not the note of the run folder."""
    if not (folder / MANIFEST).is_file():
        raise MeasurementError(
            f"{folder}: neither an artifact nor a bundle there; make one with `python -m baselines.train` or "
            "`python -m compress.run`"
        )
    spare = {STEP_FILE, *FOR_PEOPLE}
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in spare)


def deflated_bytes(path: Path) -> int:
    """Bytes of one file after deflate at level 9, read in pieces."""
    coder = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    total = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            total += len(coder.compress(piece))
    return total + len(coder.flush())


def stored_arrays(folder: Path) -> dict[str, Array]:
    """The weights of an artifact or bundle by `file:name`: safetensors, packed tables unpacked, ONNX initializers."""
    found: dict[str, Array] = {}
    for path in files_needed(folder):
        readers = {".safetensors": _from_safetensors, ".onnx": _from_onnx}
        if path.suffix in readers:
            found |= {
                f"{path.relative_to(folder).as_posix()}:{name}": array
                for name, array in readers[path.suffix](path).items()
            }
    return found


def installed_bytes(packages: Iterable[str]) -> int | None:
    """Size on disk of installed distributions, their required dependencies included; None where one has no file list.

    Args:
        packages: names as a package index knows them; `bench.candidate.PACKAGES`, or a classifier's `packages`.
    """
    sizes = [_distribution_bytes(name) for name in with_dependencies(packages)]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


@cache
def _distribution_bytes(name: str) -> int | None:
    files = metadata.distribution(name).files
    if files is None:
        return None
    paths = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file())


def with_dependencies(packages: Iterable[str]) -> set[str]:
    """The installed distributions that the given ones need, themselves included; extras left out."""
    needed: set[str] = set()
    waiting = [name.lower() for name in packages]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        try:
            requirements = metadata.distribution(name).requires or []
        except metadata.PackageNotFoundError:
            continue
        needed.add(name)
        waiting += [_project(text) for text in requirements if "extra ==" not in text]
    return needed


def _project(requirement: str) -> str:
    """The name at the start of a requirement: letters, digits, `-`, `_` and `.`."""
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "-_.")), len(requirement))
    return requirement[:end].lower()


def _from_safetensors(path: Path) -> Mapping[str, Array]:
    # A member of an ensemble has a prefix before the name.
    if path.name.endswith(TABLES_FILE) and (packed := _from_tables(path)) is not None:
        return packed
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except SafetensorError as error:
        raise ArtifactError(f"{path}: not a safetensors file ({error})") from None


def _from_tables(path: Path) -> Mapping[str, Array] | None:
    """Packed tables count as the integers they hold; None for float tables, which the same file name may hold."""
    try:
        stored = read_tables(path)
    except ArtifactError:
        return None
    return {**stored.parts(), "scale": stored.tables.scale, "bias": stored.tables.bias}


def _from_onnx(path: Path) -> Mapping[str, Array]:
    """Initializers that hold weights; single numbers, shapes, and what inputs are when left out, are no weights."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    inputs = {port.name for port in graph.input}
    arrays = {w.name: numpy_helper.to_array(w) for w in graph.initializer if w.name not in inputs}
    return {name: array for name, array in arrays.items() if array.size > 1 and array.dtype.itemsize != 8}
