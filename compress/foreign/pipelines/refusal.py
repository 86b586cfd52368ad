"""How a pipeline is refused: the step, the setting, and the way out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import NotCompressible

# Numbers of a matrix that is made dense: 512 MiB in float64.
MAX_NUMBERS = 1 << 26
# Columns that are looked at before those without a weight are left out.
MAX_COLUMNS = 1 << 24


def refused(step: Any, what: str, instead: str) -> NotCompressible:
    """The error for a step, an estimator or its name: `adopt: TfidfVectorizer: WHAT; INSTEAD`."""
    name = step if isinstance(step, str) else type(step).__name__
    return NotCompressible(f"adopt: {name}: {what}; {instead}")


def fitted(step: Any, attribute: str) -> Any:
    """A learned attribute; refuses a step that was never fitted."""
    try:
        value = getattr(step, attribute)
    except Exception:
        value = None
    if value is None:
        raise refused(step, f"not fitted, it has no {attribute}", "fit the pipeline, then adopt it")
    return value


def dense(step: Any, attribute: str, shape: tuple[int | None, ...]) -> NDArray[np.float64]:
    """A learned array as finite float64 of a shape, None for any size; sparse ones are made dense within a bound."""
    value = fitted(step, attribute)
    if hasattr(value, "toarray"):
        _check_numbers(step, attribute, int(np.prod(value.shape, dtype=object)))
        try:
            value.check_format(full_check=True)  # of a file, indices may point anywhere
            value = value.toarray()
        except (ValueError, AttributeError, TypeError) as error:
            raise refused(
                step, f"{attribute} is no sparse matrix that holds together ({error})", "save it again"
            ) from None
    _check_numbers(step, attribute, int(np.size(value)))
    try:
        array: NDArray[np.float64] = np.atleast_1d(np.array(value, np.float64))
    except (TypeError, ValueError):
        raise refused(step, f"{attribute} holds no numbers", "fit it again") from None
    if array.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, array.shape, strict=True)):
        wanted = tuple("any" if size is None else size for size in shape)
        raise refused(step, f"{attribute} has shape {array.shape}, {wanted} is needed here", "fit the pipeline again")
    if not bool(np.isfinite(array).all()):
        raise refused(
            step, f"{attribute} holds numbers that aren't finite", "fit it again, with smoothing where it has any"
        )
    return array


def _check_numbers(step: Any, attribute: str, count: int) -> None:
    if count > MAX_NUMBERS:
        raise refused(
            step,
            f"{attribute} has {count:,} numbers, at most {MAX_NUMBERS:,} are held in memory",
            "use fewer n-grams (max_features, min_df) or fewer classes",
        )
