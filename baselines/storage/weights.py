"""Arrays on disk as safetensors: written as the umask says, read with errors that name the file.

safetensors' own `save_file` makes files that their owner alone may read. It is imported where a file is written or
read: what reads a bundle does without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import named, read_json_file, read_plain_file, shown
from baselines.errors import ArtifactError
from baselines.text.ngrams import NgramTfidf
from baselines.whole_files import write_whole

# No number that a model learns is near this; products and sums of those that are stay finite.
_MOST = 1e26


def write_weights(path: Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> None:
    """Write arrays under their names; the same arrays give the same bytes.

    Args:
        path: replaced where it exists.
        arrays: by name, of any shapes.
        metadata: strings that stand in the file's header.
    """
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}
    write_whole(path, save(contiguous, None if metadata is None else dict(metadata)))


def read_weights(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read the named arrays.

    Raises:
        ArtifactError: missing, damaged, other names than these, or a number that is not finite.
    """
    arrays = read_arrays(path)
    if set(arrays) != set(names):
        got = shown(", ".join(sorted(arrays)))
        raise ArtifactError(f"{path}: expected the arrays {', '.join(sorted(names))}, got {got}; make it again")
    return arrays


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Every array of a file; raises ArtifactError: missing, damaged, or a number that is not finite."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    content = read_plain_file(path)
    try:
        arrays: dict[str, NDArray[Any]] = load(content)
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ArtifactError(f"{path}: not a safetensors file ({error!s:.200}); make it again") from None
    for name, array in arrays.items():
        if array.dtype.kind == "f" and array.size and not abs(float(array.max())) + abs(float(array.min())) < _MOST:
            raise ArtifactError(f"{path}: {named(name)}: every value must be finite and less than {_MOST:g}")
    return arrays


def on_disk(path: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The same arrays of a file that was just read and checked, but left on disk until their cells are touched.

    Of thirty models that each answer 150,000 texts the system may then drop what isn't looked at.
    """
    with path.open("rb") as raw:
        start = 8 + int.from_bytes(raw.read(8), "little")
        header = json.loads(raw.read(start - 8))
    found: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        place = start + header[name]["data_offsets"][0]
        found[name] = np.memmap(path, array.dtype, "r", place, array.shape) if array.size else array
    return found


def require_array(name: str, array: NDArray[Any], kind: str, shape: tuple[int | None, ...]) -> None:
    """Raise ArtifactError unless an array has the dtype and the shape; None stands for any size."""
    fits = len(array.shape) == len(shape) and all(
        wanted in (None, got) for wanted, got in zip(shape, array.shape, strict=True)
    )
    if array.dtype != np.dtype(kind) or not fits:
        wanted = tuple("any" if size is None else size for size in shape)
        raise ArtifactError(f"{name}: expected {kind} {wanted}, got {array.dtype} {array.shape}")


def read_vocabulary(path: Path, idf: NDArray[Any]) -> NgramTfidf:
    """n-grams from a JSON file and their idf; raises ArtifactError that names the file."""
    content = read_json_file(path)
    try:
        return NgramTfidf.from_json(content, idf)
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {error}") from None
