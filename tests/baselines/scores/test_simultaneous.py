"""The null distribution that claims are judged by."""

from __future__ import annotations

import numpy as np

from baselines.scores.simultaneous import Null


def test_draws_depend_on_the_correlation_alone_and_not_on_how_a_cpu_rounds() -> None:
    # Equal models leave the eigenvectors free, so that rounding turns them by any angle.
    groups = np.repeat(np.arange(4), 5)
    correlation = np.where(groups[:, None] == groups[None, :], 1.0, 0.3)
    rounded = correlation + 1e-14 * np.random.default_rng(1).standard_normal(correlation.shape)
    found = [Null.of(each, np.random.default_rng(0), 200).draws for each in (correlation, (rounded + rounded.T) / 2)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    assert np.abs(found[0][:, 0] - found[0][:, 1]).max() < 1e-5
