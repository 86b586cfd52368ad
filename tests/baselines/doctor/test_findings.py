"""Merges, slices, copies, the curve, and the whole examination, on texts whose faults are known."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.data.building import build_dataset
from baselines.data.data_options import DataOptions
from baselines.data.issues import ISSUES
from baselines.data.sources import load
from baselines.dataset import Dataset, Mended, Part, Split
from baselines.doctor import __main__ as doctor
from baselines.doctor.copies import copies_of
from baselines.doctor.curve import curve_of, scores_of_sizes
from baselines.doctor.examine import LEAST_TEXTS, SAMPLE, Findings, examine, looked_at, why_not
from baselines.doctor.left_out import MOST_TEXTS, LeftOut, inverted, kernel_of, left_out_scores, targets
from baselines.doctor.merging import confusions, merges_that_pay
from baselines.doctor.said import lines
from baselines.doctor.weak_slices import discoveries, weak_slices

TOPICS = {"fruit": "apple pear plum cherry grape", "sea": "whale wave shore tide reef", "sky": "cloud star moon comet"}


def _texts(n: int = 240) -> tuple[list[str], list[list[str]]]:
    """Topics of four words, and two classes, `cat` and `kitten`, that nothing tells apart."""
    rng = np.random.default_rng(8)
    words = {**TOPICS, "cat": "purr paw whisker mouse", "kitten": "purr paw whisker mouse"}
    names, texts, labels = list(words), [], []
    for row in range(n):
        name = names[row % len(names)]
        texts.append(" ".join([*rng.choice(words[name].split(), 4), f"number{row}", f"again{row}"]))
        labels.append([name])
    return texts, labels


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    texts, labels = _texts()
    labels[0] = ["sea"]  # a fruit
    texts[11], labels[11] = texts[6], labels[6]  # a copy
    texts[16], labels[16] = texts[1], ["sky"]  # equal, and another label
    return build_dataset("case", texts, labels, DataOptions())


@pytest.fixture(scope="module")
def findings(dataset: Dataset) -> Findings:
    return examine(dataset, "words")


def test_the_wrong_label_is_listed_with_the_right_one(findings: Findings) -> None:
    found = {issue.row: issue for issue in findings.issues if issue.what == "label"}
    assert found[0].labels == ("sea",)
    assert found[0].suggested == ("fruit",)
    assert found[0].sure >= 0.5
    assert {issue.row for issue in found.values() if issue.labels[0] in ("fruit", "sky")} <= {16}


def test_copies_and_conflicts_are_listed_with_their_partner(findings: Findings) -> None:
    (copy,) = (issue for issue in findings.issues if issue.what == "duplicate")
    assert (copy.row, copy.partner) == (11, "case: row 6")
    (conflict,) = (issue for issue in findings.issues if issue.what == "conflict")
    assert (conflict.row, conflict.labels, conflict.suggested, conflict.sure) == (16, ("sky",), ("sea",), 0.5)


def test_only_classes_that_nothing_tells_apart_are_to_be_merged(findings: Findings) -> None:
    (merge,) = findings.summary["merges"]
    assert {merge["a"], merge["b"]} == {"cat", "kitten"}
    assert merge["after"] > merge["before"]
    assert merge["gain"]["low"] > 0
    assert merge["gain"]["value"] == pytest.approx(merge["after"] - merge["before"])


def test_the_summary_counts_what_the_list_holds(findings: Findings) -> None:
    for what, n in findings.summary["counts"].items():
        assert n == sum(issue.what == what for issue in findings.issues)
    assert [point["n"] for point in findings.summary["curve"]["points"]][-1] == 240
    assert all(rare["n"] + rare["lacks"] == 30 for rare in findings.summary["rare"])


def test_confusions_count_both_ways() -> None:
    truth = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1]], bool)
    decided = np.array([[0, 1, 0], [1, 0, 0], [1, 0, 1]], bool)
    assert confusions(truth, decided).tolist() == [[0, 2, 0], [2, 0, 0], [0, 0, 0]]


def test_two_classes_are_never_merged() -> None:
    labels = np.eye(2, dtype=bool)[np.arange(40) % 2]
    part = Part(("a",) * 40, labels, ("x", "y"), task="multiclass")
    answers = LeftOut(targets(labels), np.full((40, 2), 0.5, np.float32), np.zeros(2, np.float32), ~labels)
    assert merges_that_pay(part, answers, 50) == []


def test_a_word_whose_texts_are_wrong_is_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(2)
    texts = [" ".join(rng.choice([f"w{i}" for i in range(60)], 6)) + (" fog" if i < 60 else "") for i in range(600)]
    labels = np.eye(2, dtype=bool)[rng.integers(2, size=600)]
    part = Part(tuple(texts), labels, ("x", "y"), task="multiclass")
    wrong = (rng.random(600) < 0.1) | ((np.arange(600) < 60) & (rng.random(600) < 0.6))
    found = weak_slices(part, np.where(wrong[:, None], ~labels, labels))
    assert [(each.kind, each.value, each.n) for each in found][:1] == [("word", "fog", 60)]
    assert found[0].wrong > 0.4 > 0.2 > found[0].elsewhere
    by_chance = rng.random(600) < 0.2
    assert weak_slices(part, np.where(by_chance[:, None], ~labels, labels)) == []


def test_benjamini_and_hochberg() -> None:
    # Their own example: of these fifteen, at 5 %, four stay.
    own = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528]
    assert discoveries(np.array([*own, 0.7590, 1.0])) == 4
    assert discoveries(np.array([0.9, 0.8])) == 0


def test_near_copies_and_the_majority_of_equal_texts() -> None:
    labels = np.eye(2, dtype=bool)[[0, 1, 1, 0]]
    part = Part(("t", "t", "t", "u"), labels, ("x", "y"), task="multiclass")
    found = copies_of(part, np.array([0, 0, 0, 3]), np.array([0, 0, 0, 0]))
    conflict, copy, near = found
    assert (conflict.row, conflict.first, conflict.sure) == (0, 1, pytest.approx(2 / 3))
    assert conflict.labels is not None
    assert conflict.labels.tolist() == [False, True]
    assert (copy.row, copy.first, copy.near, copy.labels) == (2, 1, False, None)
    assert (near.row, near.first, near.near) == (3, 0, True)


@pytest.mark.parametrize(("learnable", "helps"), [(True, True), (False, False)])
def test_more_data_help_where_there_is_something_to_learn(learnable: bool, helps: bool) -> None:
    rng = np.random.default_rng(6)
    classes = rng.integers(2, size=320)
    # Each text holds three of many words that speak for its class: the more are known, the better.
    words = [["".join(rng.choice(list("bcdfghjklmnp"), 7)) for _ in range(400)] for _ in range(2)]
    own = [list(rng.choice(words[c], 3)) for c in (classes if learnable else 0 * classes)]
    part = Part(tuple(map(" ".join, own)), np.eye(2, dtype=bool)[classes], ("x", "y"), task="multiclass")
    kernel, groups = kernel_of(part.texts, "words"), np.arange(320)
    smaller = scores_of_sizes(kernel, part, groups)
    curve = curve_of(part, smaller, left_out_scores(inverted(kernel), targets(part.labels), groups), 200)
    assert curve.sizes == (80, 160, 240, 320)
    assert curve.helps is helps
    assert (curve.doubled() is not None) is helps
    if helps:
        assert curve.scores[3].value < curve.doubled() <= 1  # type: ignore[operator]


def test_too_few_texts_are_left_out_with_a_reason(dataset: Dataset) -> None:
    few = replace(dataset, everything=dataset.everything.take(range(LEAST_TEXTS - 1)))
    assert "fewer than" in why_not(few)
    assert why_not(dataset) == ""


def test_of_many_texts_a_sample_is_looked_at_and_said(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (looked_at(MOST_TEXTS), looked_at(MOST_TEXTS + 1), looked_at(10**7)) == (MOST_TEXTS, SAMPLE, SAMPLE)
    monkeypatch.setattr("baselines.doctor.examine.MOST_TEXTS", 100)
    monkeypatch.setattr("baselines.doctor.examine.SAMPLE", 90)
    split = Split(dataset.split.train, dataset.split.validation, dataset.split.test)
    changed = replace(dataset, mended=Mended(dataset.everything.labels, split, changed=(3,)))
    found, again = (examine(own, "words").summary for own in (changed, dataset))
    assert (found["n_texts"], found["n_all"]) == (90, len(dataset.everything))
    assert found["issues"] == again["issues"]
    counted, curve, effect = lines({**found, "file": "list.csv"}, "run")
    assert "in a sample of 90 of 240 texts" in counted
    assert "can't be told from a sample" in curve
    assert effect.startswith("Fixes: 1 text has other labels; what they bring isn't measured, as only a sample of 90")


def test_from_the_command_to_fixes_and_what_they_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    texts, labels = _texts()
    for row in range(0, 240, 30):
        labels[row] = ["sea" if row % 60 else "sky"]  # fruits
    rows = "".join(f"{text},{label[0]}\n" for text, label in zip(texts, labels, strict=True))
    Path("texts.csv").write_text("text,label\n" + rows, encoding="utf-8")
    assert doctor.main(["--dataset", "texts.csv", "--run", "one"]) == 0
    assert "doubtful label" in capsys.readouterr().out
    path = Path("runs/one") / ISSUES
    with path.open(encoding="utf-8-sig", newline="") as stream:
        issues = list(csv.DictReader(stream))
    for issue in issues:
        issue["accept"] = "x" if (issue["what"], issue["suggested"]) == ("label", "fruit") else ""
    n = sum(issue["accept"] == "x" for issue in issues)
    assert n >= 3
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, issues[0])
        writer.writeheader()
        writer.writerows(issues)
    assert doctor.main(["--dataset", "texts.csv", "--run", "one"]) == 0  # an edited list stays as it is
    assert sum(line.endswith(",x") for line in path.read_text(encoding="utf-8").splitlines()) == n
    mended = load(DataOptions(dataset="texts.csv", fixes=path))
    effect = examine(mended, "words").summary["effect"]
    assert effect["changed"] == n
    assert effect["difference"]["value"] == pytest.approx(effect["with"]["value"] - effect["without"]["value"])
