"""Arrays on disk as safetensors, with errors that name the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError


def write_weights(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays under their names; the same arrays give the same bytes."""
    from safetensors.numpy import save_file

    # Into memory first would be simpler, and take the weights twice.
    save_file({name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}, path)


def read_weights(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read the named arrays; raises ArtifactError when the file is missing, damaged, or holds other names."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays: dict[str, NDArray[Any]] = load_file(path)
    except FileNotFoundError:
        raise ArtifactError(f"{path}: file missing") from None
    except SafetensorError as error:
        raise ArtifactError(f"{path}: not a safetensors file ({error})") from None
    if set(arrays) != set(names):
        raise ArtifactError(f"{path}: expected the arrays {', '.join(sorted(names))}, got {', '.join(sorted(arrays))}")
    return arrays
