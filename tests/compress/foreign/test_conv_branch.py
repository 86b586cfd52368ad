"""A convolution with zeros on one side is widened so that its window stands in the middle."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from compress.foreign.conv_branch import centred


@given(st.integers(1, 9), st.data())
@settings(deadline=None)
def test_taps_of_zero_move_a_window_to_the_middle(width: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(0, width - 1))
    weight = torch.arange(1.0, width + 1)[None, None]
    text = torch.randn(1, 1, 12, generator=torch.Generator().manual_seed(width))
    moved = centred(weight, before)
    left = (moved.shape[2] - 1) // 2
    padded = nn.functional.pad(text, (left, moved.shape[2] - 1 - left))
    expected = nn.functional.conv1d(nn.functional.pad(text, (before, width - 1 - before)), weight)
    torch.testing.assert_close(nn.functional.conv1d(padded, moved), expected)
    assert moved.shape[2] <= 2 * width - 1
    assert (moved.shape[2] == width) == (before == (width - 1) // 2)
