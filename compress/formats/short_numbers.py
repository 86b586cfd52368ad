"""Whole numbers from 0 on in two bytes where that is enough, else in four."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError

_SHORT = 1 << 16


def short_numbers(numbers: NDArray[Any]) -> NDArray[Any]:
    """uint16 where no number is too large, else int32."""
    return numbers.astype(np.uint16 if not numbers.size or int(numbers.max()) < _SHORT else np.int32)


def require_short(name: str, numbers: NDArray[Any]) -> NDArray[Any]:
    """The numbers as they are; raises ArtifactError unless `short_numbers` could have made them."""
    if numbers.dtype not in (np.uint16, np.int32) or numbers.ndim != 1:
        raise ArtifactError(f"{name}: uint16 or int32 in one row is needed, got {numbers.dtype} {numbers.shape}")
    if numbers.size and int(numbers.min()) < 0:
        raise ArtifactError(f"{name}: numbers from 0 on are needed, got {int(numbers.min())}")
    return numbers
