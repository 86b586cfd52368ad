"""The model card says of every task how the model answers, and shows names from the data as they are."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from baselines.task import DEFAULT_METRIC, LabelSpace, Task
from compress.formats.packed import StoredTables
from compress.kinds.table_classifiers import IntTableClassifier
from exports.bundles.model_card import CardFacts, model_card
from exports.bundles.write_bundle import write_bundle
from tests.cases.table_case import TEXTS, TOKENIZER, int_classifier, int_tables, lineage, task_classifier

CARDS: dict[Task, tuple[str, ...]] = {
    "multilabel": ("task multilabel: any of 5 classes", "gets: no class", "judged by: weighted F1"),
    "multiclass": ("task multiclass: one of 5 classes", "`abstain=0.6`", "gets: graphs", "judged by: accuracy"),
    "binary": ("the positive class spam, or ham", "at least 0.3", "gets: ham", "judged by: F1 of the positive class"),
}


@pytest.mark.parametrize("task", CARDS)
def test_the_card_and_the_manifest_say_the_task(task: Task, tmp_path: Path) -> None:
    card = CardFacts(metrics={"accuracy": {"value": 0.75}, "made-up": 3}, texts=tuple(TEXTS))
    folder = write_bundle(task_classifier(task), lineage(), tmp_path / "b", "table", card=card)
    text = (folder / "MODEL_CARD.md").read_text()
    for expected in (*CARDS[task], "cleaning: course", "38 of them known", "- accuracy: 0.75", "- made-up: 3"):
        assert expected in text, expected
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["task"], manifest["judged_by"]) == (task, DEFAULT_METRIC[task])


def test_the_card_says_how_many_copies_left_training(tmp_path: Path) -> None:
    plain = lineage()
    counts = {"from_train": 75, "from_validation": 0, "kept": 0}
    said = "- copies: 75 training texts that also stand in validation or test were left out"
    for copies, expected in ((counts, True), (None, False), ("damaged", False)):
        own = dataclasses.replace(plain, dataset={**plain.dataset, "copies": copies})
        folder = write_bundle(task_classifier("multiclass"), own, tmp_path / str(copies)[:6], "table")
        assert (said in (folder / "MODEL_CARD.md").read_text()) is expected


def test_names_from_the_data_do_nothing_in_the_card(tmp_path: Path) -> None:
    space = LabelSpace(("<img src=x onerror=alert(1)>",), "binary", negative="[x](javascript:1)")
    classifier = IntTableClassifier(StoredTables(int_tables(n_classes=1)), TOKENIZER, space)
    text = (write_bundle(classifier, lineage(), tmp_path / "b", "table") / "MODEL_CARD.md").read_text()
    assert "<img" not in text
    assert "[x](" not in text
    assert "&lt;img src=x" in text


def test_figures_that_could_not_be_measured_are_left_out() -> None:
    metrics = {"accuracy": {"value": None, "low": None, "high": None}, "f1": {"value": 0.5, "low": None}, "mcc": 0.25}
    card = model_card(int_classifier(), lineage(), "table", CardFacts(metrics=metrics))
    assert "ccuracy" not in card.split("## Measured")[1].split("## Use")[0]
    assert "0.5\n" in card
    assert "0.25\n" in card
