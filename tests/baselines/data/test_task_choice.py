"""The task is found in the labels, however they are written; what doesn't fit is refused with its place."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from baselines.data.building import build_dataset
from baselines.data.data_options import DataOptions
from baselines.data.sources import dataset_of, load
from baselines.dataset import Dataset
from baselines.errors import DataError
from baselines.tables.frames import table_of_frame
from baselines.task import Task
from tests.cases.data_case import FORMATS, options, write

N = 40
TEXTS = [f"text number {i}" for i in range(N)]
# Task and names that answers can say, by how the labels of row i are written.
Written = Callable[[int], dict[str, Any]]
WAYS: dict[str, tuple[Written, list[str], Task, tuple[str, ...]]] = {
    "one of three": (lambda i: {"label": "abc"[i % 3]}, [], "multiclass", ("a", "b", "c")),
    "class numbers": (lambda i: {"label": i % 3}, [], "multiclass", ("0", "1", "2")),
    "one of two": (lambda i: {"label": "ham" if i % 4 else "spam"}, [], "binary", ("ham", "spam")),
    "0 and 1": (lambda i: {"label": i % 2}, [], "binary", ("0", "1")),
    "a 0/1 column": (lambda i: {"odd": i % 2}, ["--label-columns", "odd"], "binary", ("not odd", "odd")),
    "the only other column": (lambda i: {"odd": i % 2}, ["--label-columns", "rest"], "binary", ("not odd", "odd")),
    "two 0/1 columns": (lambda i: {"a": i % 2, "b": 1 - i % 2}, ["--label-columns", "a,b"], "binary", ("a", "b")),
    "three 0/1 columns": (
        lambda i: {name: int(i % 3 == k) for k, name in enumerate("abc")},
        ["--label-columns", "rest"],
        "multiclass",
        ("a", "b", "c"),
    ),
    "0/1 columns, several on": (
        lambda i: {"a": i % 2, "b": int(i % 3 == 0)},
        ["--label-columns", "a,b"],
        "multilabel",
        ("a", "b"),
    ),
    "several in a cell": (
        lambda i: {"label": "a;b" if i % 5 == 0 else "ab"[i % 2]},
        ["--label-separator", ";"],
        "multilabel",
        ("a", "b"),
    ),
    "half without": (lambda i: {"label": "abc"[i % 3] if i % 2 else ""}, [], "multilabel", ("a", "b", "c")),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_task_is_found_in_every_format(way: str, tmp_path: Path) -> None:
    written, arguments, task, names = WAYS[way]
    records = [{"text": text, **written(i)} for i, text in enumerate(TEXTS)]
    asked = options(*arguments)
    frame = dataset_of(table_of_frame(pd.DataFrame(records)), "frame", asked)
    mapping = dataset_of(table_of_frame({k: np.array([r[k] for r in records]) for k in records[0]}), "m", asked)
    found: list[Dataset] = [frame, mapping]
    for suffix, write_records in FORMATS.items():
        write_records(records, path := tmp_path / f"own{suffix}")
        found.append(load(options("--dataset", str(path), *arguments)))
    for dataset in found:
        assert (dataset.task, dataset.everything.space.names) == (task, names)
        assert dataset.sha256 == frame.sha256
        assert dataset.task_found
        assert bool(dataset.positive_found) == (task == "binary")


def test_the_sample_has_several_labels(sample: Dataset) -> None:
    assert (sample.task, sample.task_found) == ("multilabel", "texts have 1 to 6 of 36 classes")


def test_made_with_ml_has_several_labels(madewithml_dir: Path) -> None:
    assert load(DataOptions("madewithml", data_dir=madewithml_dir)).task == "multilabel"


def built(labels: Sequence[str], **asked: Any) -> Dataset:
    """One label a text, or none where it is empty."""
    texts = [f"text number {i}" for i in range(len(labels))]
    return build_dataset("own", texts, [[name] if name else [] for name in labels], DataOptions(**asked))


def unsaid(dataset: Dataset) -> list[str]:
    """Notes but the one that a small test part can't tell much."""
    return [note for note in dataset.notes if "the test part has only" not in note]


@pytest.mark.parametrize(
    ("labels", "positive", "why"),
    [
        (["ham", "spam"] * 10, "spam", "a usual name"),
        (["No", "Yes", "Yes"] * 7, "Yes", "a usual name"),
        (["good", "spam", "spam"] * 7, "good", "the rarer"),
        (["fact", "view", "view"] * 7, "fact", "the rarer"),
        (["fact", "view", "fact"] * 7, "view", "the rarer"),
        (["fact", "view"] * 10, "view", "the later by name"),
    ],
)
def test_the_positive_class_is_found_and_said(labels: list[str], positive: str, why: str) -> None:
    dataset = built(labels)
    assert dataset.classes == (positive,)
    assert dataset.everything.negative == next(name for name in labels if name != positive)
    assert why in dataset.positive_found
    assert dataset.everything.labels[:, 0].tolist() == [name == positive for name in labels]


def test_how_the_task_was_found_is_kept_for_the_card_and_warns_of_nothing() -> None:
    found = built(["ham", "spam"] * 10)
    assert found.task_found == "every text has exactly one of 2 classes"
    assert found.positive_found == "a usual name of the positive class"
    assert built(["a", "b", "c"] * 10).task_found == "every text has exactly one of 3 classes"
    assert unsaid(found) == unsaid(built(["a", "b", "c"] * 10)) == []
    assert built(["a", "b", "c"] * 120).notes == ()


def test_the_user_says_which_class_is_positive() -> None:
    dataset = built(["ham", "spam"] * 10, positive=" ham\u200b")
    assert (dataset.classes, dataset.everything.negative) == (("ham",), "spam")
    assert dataset.positive_found == "asked for by --positive"


def test_the_user_says_which_task_it_is() -> None:
    assert built(["a", "b", "c"] * 10, task="multilabel").task == "multilabel"
    two = built(["a", "b"] * 10, task="multiclass")
    assert (two.task, two.classes, two.task_found) == ("multiclass", ("a", "b"), "asked for by --task")
    one = built(["spam", "", ""] * 10, task="binary")
    assert (one.task, one.everything.space.names) == ("binary", ("not spam", "spam"))
    assert not unsaid(one)


def test_every_part_is_judged_by_the_metric_asked_for() -> None:
    dataset = built(["a", "b", "c"] * 10, metric="log_loss")
    assert {dataset.part(part).judged_by for part in ("train", "validation", "test")} == {"log_loss"}
    assert built(["a", "b", "c"] * 10).part("train").judged_by == "accuracy"
    assert dataset.sha256 == built(["a", "b", "c"] * 10).sha256


def test_few_texts_without_a_label_are_left_out_and_counted() -> None:
    dataset = built(["a", "b", "c", "d"] * 20 + [""])
    assert (dataset.task, len(dataset.everything)) == ("multiclass", 80)
    assert dataset.notes[0] == (
        "1 of 81 texts has no label (the first: own: row 80) and is left out, as all others have exactly one; "
        "--task multilabel keeps them"
    )
    kept = built(["a", "b", "c", "d"] * 20 + [""], task="multilabel")
    assert (kept.task, len(kept.everything)) == ("multilabel", 81)
    assert kept.notes[0].endswith("(the first: own: row 80): kept as texts of no class")
    two = built(["ham", "spam"] * 20 + [""])
    assert (two.task, len(two.everything)) == ("binary", 40)


def test_many_texts_without_a_label_are_an_answer_unless_asked_otherwise() -> None:
    many = built(["a", "b", "c", ""] * 20)
    assert (many.task, len(many.everything)) == ("multilabel", 80)
    assert "20 of 80 texts have no label (the first: own: row 3): kept" in many.notes[0]
    assert "--task multiclass leaves them out" in many.notes[0]
    asked = built(["a", "b", "c", ""] * 20, task="multiclass")
    assert (asked.task, len(asked.everything)) == ("multiclass", 60)
    assert "20 of 80 texts have no label" in asked.notes[0]


LABELLED = "text,label\n" + "".join(f"text {i},{'abc'[i % 3]}\n" for i in range(30))
MISFITS: dict[str, tuple[str, list[str], list[str]]] = {
    "several": (
        LABELLED + "more,a;b\n",
        ["--task", "multiclass", "--label-separator", ";"],
        ["f.csv: row 32:", "got 2 (a, b)", "1 text of this kind", "--task multilabel"],
    ),
    "three classes": (LABELLED, ["--task", "binary"], ["f.csv: --task binary", "got 3 classes (a, b, c)"]),
    "binary with none": (LABELLED + "more,\n", ["--task", "binary"], ["f.csv: --task binary", "got 3 classes"]),
    "0/1 column": (
        "text,odd\n" + "x,1\ny,0\n" * 10,
        ["--task", "multiclass", "--label-columns", "odd"],
        ["f.csv: --task multiclass needs several classes", "one yes/no column, odd"],
    ),
    "positive elsewhere": (LABELLED, ["--positive", "a"], ["--positive 'a' goes with task binary", "is multiclass"]),
    "positive is no class": (
        "text,label\n" + "x,ham\ny,spam\n" * 10,
        ["--positive", "spma"],
        ["--positive 'spma': not a class of", "ham, spam"],
    ),
    "metric of another task": (LABELLED, ["--metric", "mcc"], ["metric 'mcc'", "multiclass", "accuracy, ", "log_loss"]),
    "no metric": (LABELLED, ["--metric", "f2"], ["metric 'f2'", "accuracy, "]),
}


@pytest.mark.parametrize("case", MISFITS)
def test_what_does_not_fit_the_data_is_one_clear_message(case: str, tmp_path: Path) -> None:
    content, arguments, expected = MISFITS[case]
    with pytest.raises(DataError) as caught:
        load(options("--dataset", write(tmp_path, "f.csv", content), *arguments))
    assert [words for words in expected if words not in str(caught.value)] == []
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("asked", [[], ["--task", "multiclass"]])
def test_a_text_without_a_label_in_a_given_part_is_left_out_and_named(asked: list[str], tmp_path: Path) -> None:
    path, own = write(tmp_path, "f.csv", LABELLED), write(tmp_path, "own.csv", "text,label\nx,a\ny,\n")
    dataset = load(options("--dataset", path, "--test", own, *asked))
    assert (dataset.task, dataset.part("test").texts) == ("multiclass", ("x",))
    assert "1 of 32 texts has no label (the first: " in dataset.notes[0]
    assert "own.csv: row 3)" in dataset.notes[0]
    kept = load(options("--dataset", path, "--test", own, "--task", "multilabel"))
    assert (kept.task, kept.part("test").texts) == ("multilabel", ("x", "y"))


def test_a_given_part_without_any_label_is_refused(tmp_path: Path) -> None:
    path, own = write(tmp_path, "f.csv", LABELLED), write(tmp_path, "own.csv", "text,label\nx,\ny,\n")
    with pytest.raises(DataError, match=r"own.csv: no text has a label"):
        load(options("--dataset", path, "--test", own))
