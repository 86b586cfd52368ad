"""Planted errors are found: a short form of `python -m baselines.doctor.planted`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.dataset import Part
from baselines.doctor import planted
from baselines.doctor.left_out import inverted, kernel_of
from baselines.doctor.planted import Kind, found_again, plant

WORDS = {
    "fruit": "apple pear plum cherry grape melon",
    "sea": "whale wave shore tide reef coral",
    "sky": "cloud star moon comet sun wind",
    "tools": "hammer saw drill chisel plane wrench",
}


def _part(task: str, n: int = 240) -> Part:
    """Texts of five words each, four of a topic's and one of anybody's."""
    rng = np.random.default_rng(5)
    names = sorted(WORDS)
    every = " ".join(WORDS.values()).split()
    labels, texts = np.zeros((n, len(names)), bool), []
    for row in range(n):
        own = rng.choice(len(names), 2 if task == "multilabel" and row % 2 else 1, replace=False)
        labels[row, own] = True
        texts.append(" ".join([*(w for o in own for w in rng.choice(WORDS[names[o]].split(), 4)), rng.choice(every)]))
    if task == "binary":
        return Part(tuple(texts), labels[:, :1], (names[0],), task="binary")
    return Part(tuple(texts), labels, tuple(names), task=task)  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_most_planted_errors_are_listed_with_few_false_alarms(task: str) -> None:
    part = _part(task)
    for found in found_again(part, inverted(kernel_of(part.texts, "words")), np.arange(len(part)), [0, 1]):
        assert found.n == 12
        assert found.recall >= 0.5
        assert found.precision >= 0.6
        assert found.average_precision >= 0.85
        assert task == "multilabel" or found.right >= 0.8


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_what_is_planted_is_wrong_and_nothing_else_is_touched(task: str) -> None:
    part = _part(task)
    labels, where = plant(part, 4)
    assert where.sum() == 12
    assert ((labels != part.labels).any(axis=1) == where).all()
    assert replace(part, labels=labels).task == task  # still one label a text where that is the task
    if task != "binary":
        assert (labels.sum(axis=1) == part.labels.sum(axis=1)).all()


@pytest.mark.parametrize(("kind", "more"), [("flipped", 0), ("lost", -1), ("added", 1)])
def test_of_several_labels_one_is_lost_or_too_many(kind: Kind, more: int) -> None:
    part = _part("multilabel")
    labels, where = plant(part, 4, kind)
    assert ((labels != part.labels).any(axis=1) == where).all()
    assert set((labels.sum(axis=1) - part.labels.sum(axis=1))[where].tolist()) == {more}


def test_the_command_prints_a_line_a_planting(capsys: pytest.CaptureFixture[str], tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("planted") / "texts.csv"
    part = _part("multiclass", 120)
    rows = [f"{text},{part.space.said(own)[0]}\n" for text, own in zip(part.texts, part.labels, strict=True)]
    path.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    assert planted.main(["--dataset", str(path), "--plantings", "2", "--cleaning", "words"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "flipped, planting 0",
        "flipped, planting 1",
        "flipped, mean of 2",
    ]
    assert "precision" in lines[-1]
