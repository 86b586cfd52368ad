"""The command that predicts with a bundle."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from baselines.task import Task
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from exports.predict import main
from tests.cases.table_case import CLASSES, TEXTS, int_classifier, lineage, task_classifier
from tests.cases.task_case import ALL_TASKS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("p") / "b", "table")


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_texts_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), *TEXTS[:3]]) == 0
    answers = _lines(capsys)
    want = runtime.load(folder).predict(TEXTS[:3])
    assert [sorted(label["class"] for label in answer["labels"]) for answer in answers] == [sorted(x) for x in want]
    for answer in answers:
        probabilities = [label["probability"] for label in answer["labels"]]
        assert probabilities == sorted(probabilities, reverse=True)


def test_top_asks_for_a_number_of_classes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--top", "2", "a text"]) == 0
    assert len(_lines(capsys)[0]["labels"]) == 2
    assert main([str(folder), "--top", "99", "a text"]) == 0
    assert len(_lines(capsys)[0]["labels"]) == len(CLASSES)


def piped(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_json_lines_in_and_out(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, *([json.dumps({"text": text, "id": 7}) for text in TEXTS] * 100), "", json.dumps("a string"))
    assert main([str(folder), "--stdin", "--threads", "2"]) == 0
    answers = _lines(capsys)
    assert [answer["row"] for answer in answers] == list(range(1, len(TEXTS) * 100 + 3))
    # A blank line is a text without words.
    assert answers[-2] == {"row": len(TEXTS) * 100 + 1, "labels": [], "known": False}


@pytest.mark.parametrize("bad", ["{", "[1]", "3", '{"txt": "a"}', '{"text": null}', '{"text": true}', '{"text": [1]}'])
def test_a_bad_line_is_named_and_the_others_are_answered(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    piped(monkeypatch, '{"text": "fine"}', bad, '{"text": "fine"}')
    assert main([str(folder), "--stdin"]) == 2
    said = capsys.readouterr()
    first, wrong, last = [json.loads(line) for line in said.out.splitlines()]
    assert set(wrong) == {"row", "error"}
    assert (wrong["row"], first["labels"]) == (2, last["labels"])
    assert f"error: stdin: row 2: {wrong['error']}" in said.err
    assert said.err.splitlines()[-1].startswith("error: stdin: 3 rows: 2 answered, 1 can't be read")


def test_of_many_bad_lines_the_first_are_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, *(["{"] * 1000), '"good"')
    assert main([str(folder), "--stdin"]) == 2
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 1001
    assert len(said.err.splitlines()) == 22
    assert "1,001 rows: 1 answered, 1,000 can't be read" in said.err


def test_halves_of_emojis_and_numbers_are_texts(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(
        monkeypatch, r'{"text": "a \ud83d b", "id": "\ud83d"}', '{"text": 3.5}', '{"title": "a", "description": null}'
    )
    assert main([str(folder), "--stdin", "--id-column", "id", "--explain"]) == 0
    answers = _lines(capsys)
    assert answers[0]["id"] == "\ufffd"
    assert [answer["read_as"] for answer in answers] == ["b", "3 5", ""]


def test_explain_adds_parts_that_sum_to_the_logit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--top", "1", "--explain", "GNNs: a survey"]) == 0
    answer = _lines(capsys)[0]
    assert answer["read_as"] == "gnns survey"
    assert {"ngram", "start", "share"} == set(answer["labels"][0]["parts"][0])


@pytest.mark.parametrize("task", ALL_TASKS)
def test_answers_say_what_is_known_of_every_task(
    task: Task, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = write_bundle(task_classifier(task), lineage(), tmp_path / "b", "table")
    assert main([str(bundle), "--explain", "GNNs: a survey", "???"]) == 0
    known, unknown = _lines(capsys)
    assert (known["known"], unknown["known"]) == (True, False)
    assert ("positive" in known) == (task == "binary")
    assert [label["class"] for label in unknown["labels"]] == {"multilabel": [], "multiclass": ["graphs"]}.get(
        task, ["ham"]
    )
    assert all("parts" not in label for label in unknown["labels"])
    assert len(known["labels"]) == 1 or task == "multilabel"


def test_the_negative_side_is_explained_by_what_speaks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = write_bundle(task_classifier("binary"), lineage(), tmp_path / "b", "table")
    assert main([str(bundle), "--explain", "--top", "2", "GNNs: a survey"]) == 0
    (answer,) = _lines(capsys)
    spam, ham = sorted(answer["labels"], key=lambda label: str(label["class"]), reverse=True)
    assert (spam["class"], ham["class"], answer["positive"]) == ("spam", "ham", spam["probability"])
    assert ham["logit"] == -spam["logit"]
    assert [part["share"] for part in ham["parts"]] == [-part["share"] for part in spam["parts"]]
    for label in (spam, ham):
        assert 1 / (1 + math.exp(-label["logit"])) == pytest.approx(label["probability"], abs=1e-6)


def test_it_abstains_where_it_is_not_sure_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = write_bundle(task_classifier("multiclass"), lineage(), tmp_path / "b", "table")
    assert main([str(bundle), "--abstain", "1", *TEXTS[:2]]) == 0
    assert _lines(capsys) == [{"labels": [], "known": True}] * 2
    with pytest.raises(SystemExit) as left:
        main([str(bundle), "--abstain", "2", "text"])
    assert left.value.code == 2
    assert "argument --abstain: expected a number from 0 to 1, got '2'" in capsys.readouterr().err


def test_only_one_class_a_text_can_be_abstained_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--abstain", "0.5", "text"]) == 2
    assert "is of task multilabel" in capsys.readouterr().err


@pytest.mark.parametrize(("argv", "got"), [([], "neither"), (["--stdin", "text"], "both")])
def test_texts_come_one_way(folder: Path, argv: list[str], got: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), *argv]) == 2
    assert f"either TEXT arguments or --data (--stdin) are needed, got {got}" in capsys.readouterr().err


def test_at_least_one_class_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([str(folder), "--top", "0", "text"])
    assert stop.value.code == 2
    assert "--top: expected a whole number from 1 to" in capsys.readouterr().err


def test_a_folder_that_is_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "text"]) == 2
    assert "not a bundle" in capsys.readouterr().err
