"""Stored trees that can't be walked are refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from baselines.errors import ArtifactError
from baselines.models.learned.trees import Trees


def test_a_tree_that_goes_round_in_circles_is_refused() -> None:
    one = np.zeros(2, np.int32)
    circle = Trees(
        one,
        np.zeros(2),
        np.array([1, 0], np.int32),
        np.array([1, 0], np.int32),
        one[:1],
        one,
        np.ones((1, 1), np.float32),
    )
    with pytest.raises(ArtifactError, match="after their parent"):
        circle.check(1, 1)
    with pytest.raises(ArtifactError, match=r"feature must lie in 0\.\.0"):
        dataclasses.replace(circle, feature=np.array([0, 5], np.int32)).check(1, 1)
