"""Text files are taken for what their lines are: a table, labels with texts, or texts."""

import time
from pathlib import Path

import pytest

from baselines.tables.read_table import read_table
from tests.cases.file_case import PUBLIC, columns, table_of


def test_one_text_a_line(tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.txt", "Hello, you.\r\nI say; no | yes\r\n\r\n I go \x85 on\r\n")
    assert columns(table) == {"text": ["Hello, you.", "I say; no | yes", " I go \x85 on"]}
    assert (list(table.rows), table.has_header) == ([1, 2, 4], False)
    assert "f.txt: each line is a text, without labels" in table.notes[0]


def test_a_label_and_a_text(tmp_path: Path) -> None:
    lines = [f"{i % 3} How far is it to {i} ?" for i in range(12)]
    table = table_of(tmp_path, "f.txt", "\n".join(lines))
    assert columns(table)["label"][:4] == ["0", "1", "2", "0"]
    assert columns(table)["text"][3] == "How far is it to 3 ?"
    assert "a label and its text, without a header (labels 0, 1, 2)" in table.notes[0]


def test_labels_that_are_words(tmp_path: Path) -> None:
    lines = [f"{('ham', 'spam')[i % 2]} you have won {i} things" for i in range(30)]
    table = table_of(tmp_path, "f.txt", "\n".join(lines))
    assert set(columns(table)["label"]) == {"ham", "spam"}


@pytest.mark.parametrize(
    "lines",
    [
        [f"{('I', 'You')[i % 2]} think that you and I go to {i}" for i in range(30)],
        [f"{i} bottles of beer" for i in range(30)],
        ["100 dollars please", "2 tickets", "2 more"],
        [f"{word} again" for word in "one two three four five six seven eight".split()],
        ["hello there", "hello you"] * 2,
    ],
)
def test_first_words_of_texts_are_no_labels(lines: list[str], tmp_path: Path) -> None:
    assert columns(table_of(tmp_path, "f.txt", "\n".join(lines))) == {"text": lines}


def test_fasttext(tmp_path: Path) -> None:
    content = "__label__a __label__b hello  there\n__label__c bye\nno label\n__label__a\n__label__b x __label__d\n"
    table = table_of(tmp_path, "f.txt", content)
    assert columns(table) == {
        "label": [["a", "b"], ["c"], [], ["a"], ["b", "d"]],
        "text": ["hello  there", "bye", "no label", "", "x"],
    }
    assert "fastText" in table.notes[0]


def test_delimited_lines_are_a_table(tmp_path: Path) -> None:
    assert columns(table_of(tmp_path, "f.txt", "text\tlabel\nhello, you\ta\n")) == {
        "text": ["hello, you"],
        "label": ["a"],
    }
    assert columns(table_of(tmp_path, "f.txt", "text;label\nhello, you;a\n")) == {
        "text": ["hello, you"],
        "label": ["a"],
    }
    assert columns(table_of(tmp_path, "f.txt", "a~x\nb~y\n", delimiter="~", header=False)) == {
        "1": ["a", "b"],
        "2": ["x", "y"],
    }
    quotes = 'label\ttext\nham\t"hi\nspam\tsay "no\n'
    assert columns(table_of(tmp_path, "f.txt", quotes))["text"] == ['"hi', 'say "no']


def test_texts_with_one_comma_each_are_texts(tmp_path: Path) -> None:
    assert list(table_of(tmp_path, "f.txt", "Well, yes\nNo, never\nOh, my\n").columns) == ["text"]


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public data sets are not beside the project")
@pytest.mark.parametrize(
    ("name", "count", "classes"),
    [
        ("trec/train.txt", 5452, 6),
        ("trec/test.txt", 500, 6),
        ("sst2/train.txt", 6920, 2),
        ("sst2/validation.txt", 872, 2),
        ("subj/all.txt", 10_000, 2),
        ("mpqa/all.txt", 10_606, 2),
    ],
)
def test_published_files(name: str, count: int, classes: int, tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.txt", (PUBLIC / name).read_bytes())
    assert (len(table), len(set(table.columns["label"])), list(table.columns)) == (count, classes, ["label", "text"])


def test_a_line_of_a_million_labels_takes_no_minutes(tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("__label__a " * 200_000 + "text behind " + "__label__b " * 200_000)
    begun = time.monotonic()
    table = read_table(path)
    assert time.monotonic() - begun < 10
    assert (list(table.columns["label"]), list(table.columns["text"])) == ([["a", "b"]], ["text behind"])
