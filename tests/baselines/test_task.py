"""A label space from a file is checked whole when it is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from baselines.errors import ArtifactError
from baselines.task import LabelSpace, answered

_SOUND: dict[str, Any] = {"classes": ["a", "b"], "task": "multiclass", "shares": [0.25, 0.75]}


def test_a_sound_space_is_read() -> None:
    space = LabelSpace(("a", "b"), "multiclass", shares=(0.25, 0.75))
    assert LabelSpace.from_json(_SOUND) == space
    assert LabelSpace.from_json(space.to_json()) == space


def test_shares_may_be_off_by_their_last_digit() -> None:
    space = LabelSpace.from_json({"classes": [f"c{n}" for n in range(7)], "task": "multiclass", "shares": [0.1429] * 7})
    assert sum(space.shares) != 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": "ab"}, "classes: 1 to 100000 class names are allowed, got 'ab'"),
        ({"classes": {"a": 1, "b": 2}}, "classes: 1 to 100000"),
        ({"classes": ["a", True]}, "classes must be strings, and negative too, got True"),
        ({"classes": ["a", None]}, "classes must be strings"),
        ({"classes": ["a", ""]}, "none blank, each once"),
        ({"classes": ["a", " \t"]}, "none blank, each once"),
        ({"classes": ["a", "a"]}, "each once"),
        ({"classes": ["a", "b" * 1001]}, "names of 1 to 1000 characters"),
        ({"task": "regression"}, "one of multilabel, multiclass, binary is allowed, got 'regression'"),
        ({"task": ["multiclass"]}, "one of multilabel, multiclass, binary is allowed"),
        ({"task": 1}, "one of multilabel, multiclass, binary is allowed, got 1"),
        ({"negative": 5}, "negative too, got 5"),
        ({"negative": "c"}, "negative is for task binary, got 'c' of task multiclass"),
        ({"shares": [True, False]}, "shares: a list of numbers between 0 and 1"),
        ({"shares": ["0.5", "0.5"]}, "shares: a list of numbers"),
        ({"shares": [-0.5, 1.5]}, "shares: a list of numbers between 0 and 1"),
        ({"shares": None}, "shares: a list of numbers"),
        ({"shares": 0.5}, "shares: a list of numbers"),
        ({"shares": [0, 0]}, "must add up to 1, got 0.0000"),
        ({"shares": [0.9, 0.9]}, "must add up to 1, got 1.8000"),
        ({"shares": [10**30, 0]}, "shares: a list of numbers between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtifactError, match=message) as caught:
        LabelSpace.from_json({**_SOUND, **changes})
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("wrong", [None, [], "x", {}, {"classes": ["a"]}])
def test_what_is_no_space_is_refused(wrong: Any) -> None:
    with pytest.raises(ArtifactError, match="labels: an object with classes and task"):
        LabelSpace.from_json(wrong)


def test_a_negative_name_is_another_one_than_the_positive() -> None:
    with pytest.raises(ArtifactError, match="each once"):
        LabelSpace.from_json({"classes": ["spam"], "task": "binary", "negative": "spam"})


def test_a_model_from_elsewhere_answers_texts_it_does_not_know_itself() -> None:
    space = LabelSpace(("a", "b"), "multiclass", answers_unknown=True)
    assert LabelSpace.from_json(space.to_json()) == space
    assert "answers_unknown" not in LabelSpace(("a", "b"), "multiclass").to_json()
    own, known = np.array([[0.1, 0.9], [0.3, 0.7]], np.float32), np.array([False, True])
    np.testing.assert_array_equal(answered(own.copy(), known, space, space.thresholds()), own)
    plain = LabelSpace(("a", "b"), "multiclass")
    np.testing.assert_array_equal(answered(own.copy(), known, plain, plain.thresholds())[0], [0.5, 0.5])
    with pytest.raises(ArtifactError, match="answers_unknown is true or false, got 1"):
        LabelSpace.from_json({**space.to_json(), "answers_unknown": 1})
