"""Probabilities and decisions in C: every task, every link, near ties, and what nothing is known of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.task import Link, Task
from baselines.text.cleaning import Cleaning
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.formats.integer_rows import IntRows
from compress.formats.packed_linear import PackedLinear
from exports.targets.c.self_test import vectors
from exports.targets.source import Source
from tests.cases.c_model_case import TARGET, assert_same, program_of, rows_source, space_of

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TREE = Link("tree", (((0, True),), ((0, False), (1, True)), ((0, False), (1, False), (2, True)), ((2, False),), ()))
# Every length of runs of letters is a logit of its own.
TEXTS = ["", "?", *(letter * n for letter in "abcz" for n in range(1, 12)), *(LETTERS[:n] for n in range(27))]


def source_of(task: Task, link: Link, factor: float, thresholds: float | None, *, itself: bool = False) -> Source:
    """Letters are rows; logits as large as `factor`."""
    space = space_of(task, itself=itself)
    n_logits = link.n_logits(len(space.classes))
    block = NgramBlock(NgramSettings("char_bare"), tuple(LETTERS), np.ones(26))
    rng = np.random.default_rng(6)
    levels = rng.integers(-7, 8, (n_logits, 26)).astype(np.int8)
    if factor < 1e-3:  # all logits about the same, so that their probabilities are
        levels[:] = levels[0]
        levels[:, 13:] += rng.integers(-1, 2, (n_logits, 13), dtype=np.int8)
    scale, intercept = np.full(n_logits, factor, np.float32), np.zeros(n_logits, np.float32)
    tfidf = NgramTfidf(Cleaning("raw"), (block,))
    rows = IntRows.of(PackedLinear(tfidf, levels.clip(-7, 7), scale, intercept, link))
    chosen = None if thresholds is None else np.full(len(space.classes), thresholds, np.float32)
    return rows_source(rows, space, chosen)


CASES = {
    "some of many": (("multilabel", Link()), 3.0, 0.5),
    "yes or no": (("binary", Link()), 90.0, None),
    "one of many": (("multiclass", Link()), 3.0, None),
    "one of many, or none": (("multiclass", Link()), 0.5, 0.35),
    "logits of nearly one size": (("multiclass", Link()), 1e-7, None),
    "logits beyond float32": (("multiclass", Link()), 3e38, None),
    "some of many beyond float32": (("multilabel", Link()), 3e38, 0.5),
    "shares of logistic functions": (("multiclass", Link("logistic_shares")), 2.0, 0.25),
    "shares of nothing": (("multiclass", Link("logistic_shares")), 3e38, None),
    "paths": (("multiclass", TREE), 2.0, None),
    "long paths": (("multiclass", TREE), 200.0, 0.25),
}


@pytest.mark.parametrize("name", CASES)
def test_every_task_and_link(name: str, tmp_path: Path) -> None:
    (task, link), factor, thresholds = CASES[name]
    source = source_of(task, link, factor, thresholds)  # type: ignore[arg-type]
    assert_same(program_of(source, tmp_path, flags=("-O2", "-ffp-contract=fast", "-march=native")), source, TEXTS)


def test_near_ties_are_among_the_texts() -> None:
    """Else the case of nearly equal logits shows nothing: probabilities that are equal where logits aren't."""
    source = source_of("multiclass", Link(), 1e-7, None)
    logits, _ = source.logits(TEXTS)
    probabilities = source.link(logits, "multiclass")
    assert (probabilities.argmax(axis=1) != logits.argmax(axis=1)).any()


@pytest.mark.parametrize("task", ["multilabel", "multiclass", "binary"])
def test_a_model_may_answer_what_it_knows_nothing_of(task: Task, tmp_path: Path) -> None:
    source = source_of(task, Link(), 1.0, None, itself=True)
    assert source.unknown is None
    assert_same(program_of(source, tmp_path), source, TEXTS)


def test_a_dozen_vectors_however_short_texts_are() -> None:
    source = source_of("multilabel", Link(), 1.0, None)
    for longest in (1, 3, 40, 65535):
        target = replace(TARGET, longest=longest)
        found = vectors(source, target)
        assert len(found) >= 12
        assert max(len(text.encode()) for text in found) <= longest
