"""Several at once, in order, and no more after the first that fails."""

from __future__ import annotations

import threading
import time

import pytest

from bench.making import side_by_side as module
from bench.making.side_by_side import side_by_side


@pytest.mark.parametrize("cores", [1, 3])
def test_results_come_in_the_order_of_the_items(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "usable_core_count", lambda: cores)

    def work(item: int) -> int:
        time.sleep(0.001 * (5 - item))
        return item * item

    assert side_by_side(work, range(5)) == [0, 1, 4, 9, 16]
    assert side_by_side(work, []) == []


@pytest.mark.parametrize(("cores", "most", "expected"), [(4, None, 4), (4, 2, 2), (1, None, 1)])
def test_as_many_as_there_are_cores_but_at_most_so_many(
    cores: int, most: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "usable_core_count", lambda: cores)
    lock, under_way, highest = threading.Lock(), [0], [0]

    def work(item: int) -> None:
        with lock:
            under_way[0] += 1
            highest[0] = max(highest[0], under_way[0])
        time.sleep(0.02)
        with lock:
            under_way[0] -= 1

    side_by_side(work, range(8), most=most)
    assert highest[0] == expected


def test_the_first_failure_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "usable_core_count", lambda: 2)
    begun = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 0:
            raise ValueError("broken")
        time.sleep(0.01)

    with pytest.raises(ValueError, match="broken"):
        side_by_side(work, range(100))
    assert len(begun) < 20
