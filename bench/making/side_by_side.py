"""Several models at once, where nothing is timed: the libraries that do the work let go of Python's lock meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from baselines.classifier import Progress, ignore_progress
from baselines.cores import usable_core_count

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    most: int | None = None,
    progress: Progress = ignore_progress,
) -> list[Result]:
    """`work` of every item, in order, with as many of them under way as there are usable cores.

    The first item that fails raises; what has not begun by then is not begun.

    Args:
        work: must not share what it changes with another item's.
        items: of any number.
        most: under way at once at most, where each takes much memory.
        progress: called with (items done in order, items in all).
    """
    threads = min(usable_core_count(), len(items), most or len(items))
    if threads < 2:
        return _counted(map(work, items), len(items), progress)
    with ThreadPoolExecutor(threads) as pool:
        return _counted(pool.map(work, items), len(items), progress)


def _counted(results: Iterable[Result], total: int, progress: Progress) -> list[Result]:
    found = []
    for result in results:
        found.append(result)
        progress(len(found), total)
    return found
