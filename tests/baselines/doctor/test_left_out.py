"""Answers to texts left out: equal to those of a model that was really fitted without them."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.doctor.left_out import STRENGTH, inverted, kernel_of, left_out_scores, targets


@pytest.fixture(scope="module")
def kernel() -> np.ndarray:
    features = np.random.default_rng(0).normal(size=(600, 30)).astype(np.float32)
    return features @ features.T / 30 + 1


def test_the_inverse_is_one(kernel: np.ndarray) -> None:
    # More rows than one block of the copying holds.
    found = inverted(kernel.copy())
    assert np.allclose(found @ (kernel + STRENGTH * np.eye(600)), np.eye(600), atol=1e-3)
    assert np.array_equal(found, found.T)


@pytest.mark.parametrize("left_out", [[7], [3, 5, 590]])
def test_scores_are_those_of_a_model_without_the_text_and_its_group(kernel: np.ndarray, left_out: list[int]) -> None:
    wanted = targets(np.random.default_rng(1).random((600, 3)) < 0.3)
    groups = np.arange(600)
    groups[[3, 5, 590]] = 3
    found = left_out_scores(inverted(kernel.copy()), wanted, groups)
    seen = np.setdiff1d(np.arange(600), left_out)
    square = kernel[np.ix_(seen, seen)] + STRENGTH * np.eye(len(seen))
    expected = kernel[np.ix_(left_out, seen)] @ np.linalg.solve(square, wanted[seen])
    assert np.allclose(found[left_out], expected, atol=1e-4)


def test_a_text_is_as_similar_to_itself_as_can_be() -> None:
    kernel = kernel_of(["red apple pie", "red apple tart", "blue whale song", "blue whale dive"], "words")
    assert np.allclose(np.diag(kernel), 2.5, atol=1e-5)
    assert kernel[0, 1] > kernel[0, 2]
    assert np.allclose(kernel, kernel.T, atol=1e-6)
