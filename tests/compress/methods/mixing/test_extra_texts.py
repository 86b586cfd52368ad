"""Mixtures join texts of one class where a text has one, and any two elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.dataset import Part
from baselines.task import Task
from compress.methods.mixing.extra_texts import mixtures_of, n_mixtures
from compress.methods.mixing.mixtures import MOST_MIXTURES

SIDES = ("a1 a2 a3 a4", "a5 a6 a7 a8", "b1 b2 b3 b4", "b5 b6 b7 b8")


def part_of(task: Task, texts: tuple[str, ...] = SIDES) -> Part:
    is_a = np.array([text.startswith("a") for text in texts])
    labels = is_a[:, None] if task == "binary" else np.stack([is_a, ~is_a], axis=1)
    return Part(texts, labels, ("a",) if task == "binary" else ("a", "b"), task=task)


@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_of_one_label_both_halves_are_of_one_class(task: Task) -> None:
    part, found = part_of(task), mixtures_of(part_of(task), 10, [0])
    made = found.texts
    assert len(made) == len(found.labels) == 40
    # So the label of both halves is the mixture's, whole.
    assert [bool(row[0]) for row in found.labels] == [text.startswith("a") for text in made]
    assert found.labels.shape[1] == part.labels.shape[1]
    assert all(len({word[0] for word in text.split()}) == 1 for text in made)
    assert {text[0] for text in made} == {"a", "b"}
    assert made == mixtures_of(part_of(task), 10, [0]).texts != mixtures_of(part_of(task), 10, [1]).texts


def test_of_several_labels_any_two_texts_are_joined_and_have_the_labels_of_both() -> None:
    found = mixtures_of(part_of("multilabel"), 20, [0])
    assert any(len({word[0] for word in text.split()}) == 2 for text in found.texts)
    for text, labels in zip(found.texts, found.labels, strict=True):
        assert labels.tolist() == ["a" in text, "b" in text]


def test_there_are_never_too_many_and_none_of_a_lonely_text() -> None:
    part = part_of("multiclass")
    assert n_mixtures(part, 10) == 40
    assert n_mixtures(part, MOST_MIXTURES) == MOST_MIXTURES
    assert abs(len(mixtures_of(part, MOST_MIXTURES, [0]).texts) - MOST_MIXTURES) <= 2
    for lonely in (part_of("multiclass", ("a1 a2", "b1 b2")), part.take([]), part_of("multilabel").take([0])):
        none = mixtures_of(lonely, 5, [0])
        assert (none.texts, none.labels.shape) == ((), (0, 2))
