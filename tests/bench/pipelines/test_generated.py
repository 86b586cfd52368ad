"""Pipelines generated from seeds: each is taken over exactly, or refused by what it is."""

from __future__ import annotations

from collections import Counter

import pytest

from baselines.dataset import Dataset
from bench import adoption
from bench.pipelines import trial as trials_of
from bench.pipelines.generated import Material, configuration
from bench.pipelines.trial import Trial, trial, trials
from compress.foreign.pipelines import adopt
from compress.foreign.pipelines.proof import TOLERANCE

COUNT = 40


def test_none_answers_otherwise(tiny: Dataset) -> None:
    material = Material.of(tiny, 60, n_classes=3)
    found = list(trials(material, range(1000, 1000 + COUNT), 25))
    counts = Counter(each.outcome for each in found)
    assert not counts["differs"], [each.why for each in found if each.outcome == "differs"]
    assert counts["adopted"] >= 0.6 * COUNT
    assert max(each.largest for each in found) <= TOLERANCE
    assert sum(each.changed for each in found) == 0
    assert all(each.why.startswith("adopt: ") and ";" in each.why for each in found if each.outcome == "refused")


def test_a_seed_is_a_pipeline() -> None:
    said = [configuration(number).said for number in range(30)]
    assert said == [configuration(number).said for number in range(30)]
    assert len(set(said)) == 30
    assert {configuration(number).task for number in range(30)} == {"many", "two", "several"}


def test_one_that_differs_is_told_apart(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopt, "TOLERANCE", -1.0)
    monkeypatch.setattr("compress.foreign.pipelines.proof.TOLERANCE", -1.0)
    material = Material.of(tiny, 60, n_classes=3)
    outcomes = {trial(configuration(number), material, 9).outcome for number in range(1000, 1006)}
    assert outcomes & {"differs"}
    assert "adopted" not in outcomes


def test_the_command_counts_and_fails_where_one_differs(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("baselines.data.sources.load", lambda options: tiny)
    words = ["--pipelines", "2", "--texts", "9", "--learned", "40"]
    assert adoption.main(words) == 0
    assert "2 pipelines: " in capsys.readouterr().out
    planned = configuration(0)
    monkeypatch.setattr(trials_of, "trial", lambda *asked: Trial(planned, "differs", "adopt: pipeline: differs"))
    assert adoption.main(words) == 1
    assert "adopt: pipeline: differs" in capsys.readouterr().out
