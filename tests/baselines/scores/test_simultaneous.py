"""The null distribution that claims are judged by."""

from __future__ import annotations

import numpy as np

from baselines.scores.simultaneous import Null, correlation_of


def test_draws_depend_on_the_correlation_alone_and_not_on_how_a_cpu_rounds() -> None:
    # Equal models leave the eigenvectors free, so that rounding turns them by any angle.
    groups = np.repeat(np.arange(4), 5)
    correlation = np.where(groups[:, None] == groups[None, :], 1.0, 0.3)
    rounded = correlation + 1e-14 * np.random.default_rng(1).standard_normal(correlation.shape)
    found = [Null.of(each, np.random.default_rng(0), 200).draws for each in (correlation, (rounded + rounded.T) / 2)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    assert np.abs(found[0][:, 0] - found[0][:, 1]).max() < 1e-5


def test_models_that_change_the_same_answers_are_one_test_however_many_texts() -> None:
    x = np.random.default_rng(0).normal(size=(50_000, 3))
    influence = np.concatenate([x, x[:, [1]], np.zeros((len(x), 2))], axis=1)
    found = correlation_of(influence, np.full(6, 0.5))
    assert found[1, 3] == found[4, 5] == 1.0
    assert (np.diag(found) == 1).all()
    assert np.abs(found[0, [1, 2, 4]]).max() < 0.02
