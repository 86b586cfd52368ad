"""Gates on a score: the grammar and the outcomes of a study's, on what is measured here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from baselines.errors import UserError
from bench.verdict.gates import parse_gate
from tests.cases.score_case import FEW, labelled_rows, scored


@pytest.mark.parametrize(
    ("gate", "outcome", "code"),
    [
        ("accuracy >= 0.1", "pass", 0),
        ("accuracy >= 0.99", "fail", 1),
        ("recall[person] >= 0.01", "pass", 0),
        ("bytes <= 1k", "fail", 1),
        ("bytes_deflated <= 1M", "pass", 0),
        ("flipped_documents <= 100%", "pass", 0),
        ("old-multiclass: accuracy >= 0.99", "fail", 1),
        ("accuracy vs old-multiclass max_drop 0.01", "pass", 0),
        ("log_loss vs old-multiclass max_drop 9", "pass", 0),
    ],
)
def test_gates_are_held_against_the_first_bundle(
    bundles: Mapping[str, Path], gate: str, outcome: str, code: int
) -> None:
    rows = labelled_rows("multiclass", bundles["multiclass"], 150)
    options = dataclasses.replace(FEW, gates=(parse_gate(gate),))
    found = scored(bundles, ["multiclass", "old-multiclass"], rows, options)
    assert ([own.outcome for own in found.gates], found.exit_code()) == ([outcome], code)


def test_an_inconclusive_gate_fails_if_it_is_strict(bundles: Mapping[str, Path]) -> None:
    rows = labelled_rows("multiclass", bundles["multiclass"], 150)
    limit = scored(bundles, ["multiclass"], rows).value
    found = scored(bundles, ["multiclass"], rows, dataclasses.replace(FEW, gates=(parse_gate(f"accuracy >= {limit}"),)))
    assert (found.gates[0].outcome, found.exit_code(), found.exit_code(strict=True)) == ("inconclusive", 0, 1)


@pytest.mark.parametrize("gate", ["p95_s <= 2ms", "f1_micro >= 0.5", "recall[nobody] >= 1", "other: accuracy >= 1"])
def test_gates_on_what_is_not_measured_stop(bundles: Mapping[str, Path], gate: str) -> None:
    rows = labelled_rows("multiclass", bundles["multiclass"], 20)
    with pytest.raises(UserError, match="gate '"):
        scored(bundles, ["multiclass"], rows, dataclasses.replace(FEW, gates=(parse_gate(gate),)))
