"""A taught student whose control is better on validation has no children: they are made of its control."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from baselines.classifier import ignore_progress
from baselines.storage.run_folder import RunFolder
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from tests.cases.task_case import task_data

CHANGES = {"cnn": {"epochs": 1, "embedding_dim": 8, "filters": [[2, 6]], "hidden_dim": 0}}
LEARNS = DistillConfig(
    12, 12, (2, 3), word_dropout=0.0, epochs=15, batch_size=8, mixtures=0.0, folds=2, against_control=False
)
IDLES = replace(LEARNS, epochs=1, learning_rate=1e-6)


@pytest.mark.parametrize("helpful", [False, True])
def test_children_come_from_the_better_of_student_and_control(helpful: bool, tmp_path: Path) -> None:
    dataset = task_data("multiclass")
    run = RunFolder.open(tmp_path / "run", dataset_sha256=dataset.sha256)
    workshop = Workshop(run, dataset, 0, 1, "cpu", lambda description: ignore_progress, changes=CHANGES)
    workshop.baseline("cnn")
    taught, control = (LEARNS, IDLES) if helpful else (IDLES, LEARNS)
    for variant in (
        Variant("student", "Student", "cnn", "distill", taught, control="student-control"),
        Variant("student-control", "Control", "cnn", "distill", control.control),
        Variant("student-int4", "4 bits", "student", "quantize", QuantizeConfig("factors", 4)),
    ):
        workshop.variant(variant)
    assert not workshop.skipped
    found = workshop.against_control("student")
    assert found is not None
    assert found.keeps_control is not helpful
    parent = "student" if helpful else "student-control"
    assert workshop.parents == {"student": "cnn", "student-control": "cnn", "student-int4": parent}
    said = workshop.facts_of("student-int4")["receipt"]["notes"][-1]
    assert said.startswith("made of student-control: the same student without") is not helpful
    assert bool(workshop.not_shipped("student")) is (not helpful and found.is_shown)
    assert not workshop.not_shipped("student-control")
