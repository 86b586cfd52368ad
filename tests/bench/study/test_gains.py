"""A student's gain is split between its teacher and the mixed texts, and both parts add up."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.dataset import Part
from baselines.scores.resampling import resample_scores
from bench.study.evidence import Evidence, gains, split_of

NAMES = ("student", "student-seed1", "control", "control-seed1", "plain")


def evidence_of(shares_wrong: tuple[float, ...]) -> Evidence:
    """Models by the share of wrong answers, on 300 texts of three classes."""
    n, rng = 300, np.random.default_rng(0)
    truth = np.eye(3, dtype=bool)[np.arange(n) % 3]
    part = Part(tuple(map(str, range(n))), truth, ("a", "b", "c"), task="multiclass")
    decisions = {}
    for name, share in zip(NAMES, shares_wrong, strict=True):
        wrong = rng.random(n) < share
        decisions[name] = np.where(wrong[:, None], np.roll(truth, 1, axis=1), truth)
    resampled = resample_scores(truth, decisions, rng, task="multiclass", metric="accuracy", n_resamples=500)
    return Evidence(part, truth.sum(axis=0), {}, resampled, None, 0.01, "plain", 0)


def test_what_the_teacher_and_what_mixing_brings_add_up() -> None:
    evidence = evidence_of((0.05, 0.06, 0.10, 0.12, 0.30))
    found = gains(NAMES[:2], NAMES[2:4], NAMES[4:], evidence, mixes=True)
    assert (found["model"], found["plain"], found["seeds"], found["plain_seeds"]) == ("control", "plain", 2, 1)
    values = {part: found[part]["value"] for part in ("gain", "mixing", "total")}
    assert values["gain"] + values["mixing"] == pytest.approx(values["total"])
    assert values["gain"] == pytest.approx(np.mean(found["gain_by_seed"]))
    scores = {name: evidence.resampled.interval(name).value for name in NAMES}
    assert values["mixing"] == pytest.approx((scores["control"] + scores["control-seed1"]) / 2 - scores["plain"])
    assert 0 < found["mixing"]["low"] < values["mixing"] < found["mixing"]["high"]
    assert split_of(found).startswith(
        f"on test {values['total']:+.3f} against plain training: {values['mixing']:+.3f} by"
    )


def test_without_mixtures_all_is_the_teachers() -> None:
    found = gains(NAMES[:2], NAMES[2:4], (), evidence_of((0.05, 0.06, 0.10, 0.12, 0.30)), mixes=False)
    assert found["total"] == found["gain"]
    assert (found["mixing"], found["plain"], found["mixed"]) == (None, None, False)
    assert split_of(found).endswith("; nothing was mixed")
