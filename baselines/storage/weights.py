"""Arrays on disk as safetensors: written as the umask says, read with errors that name the file.

safetensors' own `save_file` makes files that their owner alone may read. It is imported where a file is written or
read: what reads a bundle does without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.whole_file import write_whole


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
