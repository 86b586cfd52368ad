"""Sizes of a network as somebody wrote them down: whole numbers within reason, before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baselines.checked_reading import is_count, is_share, named, shown

MAX_SIZE = 1 << 24
MAX_WIDTH = 1 << 12
MAX_CONVOLUTIONS = 256


def require_sizes(content: Any, sizes: Mapping[str, int]) -> None:
    """Raise ValueError unless an object has these whole numbers, each at least as stated.

    Args:
        content: from JSON; `filters` and `dropout` are checked too where they are there.
        sizes: the least of each by name.
    """
    if not isinstance(content, Mapping):
        raise ValueError(f"an object is needed, got {shown(content)}")
    for name, least in sizes.items():
        if not is_count(content.get(name), least, MAX_SIZE):
            raise ValueError(f"{named(name)}: {least} to {MAX_SIZE} is allowed, got {shown(content.get(name))}")
    if not is_share(content.get("dropout", 0.0)):
        raise ValueError(f"dropout: a share is needed, got {shown(content['dropout'])}")
    filters = content.get("filters", [])
    pairs = isinstance(filters, list | tuple) and all(isinstance(f, list | tuple) and len(f) == 2 for f in filters)
    if not pairs or len(filters) > MAX_CONVOLUTIONS:
        raise ValueError(f"filters: at most {MAX_CONVOLUTIONS} pairs of width and number are allowed")
    if not all(is_count(width, 1, MAX_WIDTH) and is_count(n, 1, MAX_SIZE) for width, n in filters):
        raise ValueError(f"filters: widths of 1 to {MAX_WIDTH} with 1 to {MAX_SIZE} filters are allowed")
