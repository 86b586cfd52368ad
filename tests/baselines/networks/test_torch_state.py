"""torch's number of threads: what is asked for, else what it has, but never more than the quota allows."""

from __future__ import annotations

import pytest
import torch

from baselines.networks import torch_state
from baselines.networks.torch_state import limited_threads


@pytest.mark.parametrize(
    ("has", "may", "asked", "gets"),
    [(3, 8, 0, 3), (3, 1, 0, 1), (3, 2, 0, 2), (1, 4, 0, 1), (2, 1, 3, 3), (2, 4, 1, 1)],
)
def test_threads_for_a_while(monkeypatch: pytest.MonkeyPatch, has: int, may: int, asked: int, gets: int) -> None:
    before = torch.get_num_threads()
    monkeypatch.setattr(torch_state, "usable_core_count", lambda: may)
    torch.set_num_threads(has)
    try:
        with limited_threads(asked):
            assert torch.get_num_threads() == gets
        assert torch.get_num_threads() == has
    finally:
        torch.set_num_threads(before)
