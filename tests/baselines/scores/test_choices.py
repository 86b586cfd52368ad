"""The best on validation is kept, the first of equals, and every trial is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from baselines.dataset import Part
from baselines.scores.choices import choose, chosen_changes, drawn, share_of, validation_score

LABELS = np.eye(2, dtype=bool)[[0, 0, 1, 1]]
PART = Part(("a", "b", "c", "d"), LABELS, ("x", "y"), task="multiclass")


def answers(right: int, sureness: float = 0.9) -> np.ndarray:
    """The first `right` texts are answered right."""
    p = np.where(LABELS, sureness, 1 - sureness).astype(np.float32)
    p[right:] = p[right:, ::-1]
    return p


@pytest.mark.parametrize(("metric", "kept"), [("", 1), ("log_loss", 2)])
def test_the_best_is_kept(metric: str, kept: int) -> None:
    part = Part(PART.texts, PART.labels, PART.classes, task="multiclass", metric=metric)
    made = [answers(2), answers(3, 0.99999), answers(3, 0.6)]  # a sure mistake costs much likelihood

    def fit(number: int, changes: Mapping[str, Any]) -> tuple[int, np.ndarray]:
        return number, made[number]

    found, trials = choose([{"a": 1}, {"a": 2}, {"a": 3}], part, fit)
    assert found == kept
    assert [trial.changes for trial in trials] == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert chosen_changes(trials, part.judged_by) == {"a": kept + 1}
    assert [trial.score for trial in trials] == [validation_score(each, part) for each in made]
    assert trials[0].score == pytest.approx(0.5) or metric


def test_nothing_to_choose_from() -> None:
    with pytest.raises(ValueError, match="at least one"):
        choose([], PART, lambda number, changes: (0, answers(1)))


def test_of_many_texts_some_are_drawn_in_their_order() -> None:
    assert drawn(PART, 4, 0) is PART
    many = PART.take(list(range(4)) * 25)
    some = drawn(many, 60, 0)
    assert len(some) == 30
    assert some.texts == drawn(many, 60, 0).texts
    assert some.texts != drawn(many, 60, 1).texts


def test_progress_goes_on_over_fits() -> None:
    seen: list[tuple[int, int]] = []
    for number in range(2):
        own = share_of(lambda done, total: seen.append((done, total)), number, 2)
        own(1, 2)
        own(2, 2)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
