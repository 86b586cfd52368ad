"""Several models at once, where nothing is timed: the libraries that do the work let go of Python's lock meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from baselines.cores import usable_core_count

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item], *, most: int | None = None) -> list[Result]:
    """`work` of every item, in order, with as many of them under way as there are usable cores.

    The first item that fails raises; what has not begun by then is not begun.

    Args:
        work: must not share what it changes with another item's.
        items: of any number.
        most: under way at once at most, where each takes much memory.
    """
    threads = min(usable_core_count(), len(items), most or len(items))
    if threads < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))
