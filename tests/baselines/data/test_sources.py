"""Every source gives the same kind of data set, and every mistake in a file is named with its place."""

from pathlib import Path

import numpy as np
import pytest

from baselines.data.building import build_dataset
from baselines.data.data_options import DataOptions
from baselines.data.sources import load
from baselines.dataset import Dataset
from baselines.errors import DataError
from tests.cases.data_case import FORMATS, GOOD, many_rows, options, write


def test_sample_is_complete(sample: Dataset) -> None:
    assert (len(sample.everything), len(sample.classes)) == (1470, 36)
    assert sample.classes == tuple(sorted(sample.classes))
    assert {entry.tag for entry in sample.everything.taxonomy} >= set(sample.classes)
    assert sample.notes == ()
    assert sample.everything.labels.any(axis=1).all()


def test_sample_is_the_same_every_time(sample: Dataset) -> None:
    assert load().sha256 == sample.sha256
    assert load(DataOptions(seed=1)).sha256 != sample.sha256


def test_madewithml_has_the_figures_of_the_course(madewithml_dir: Path) -> None:
    dataset = load(options("--dataset", "madewithml", "--data-dir", str(madewithml_dir)))
    assert (len(dataset.everything), len(dataset.classes)) == (1444, 35)
    assert dataset.everything.labels.sum(axis=0).min() >= 30
    assert dataset.everything.labels.any(axis=1).all()
    assert all(dataset.part(part).labels.any(axis=0).all() for part in ("train", "validation", "test"))
    assert dataset.licence == "MIT"


def test_tiny_fixture_is_small_and_whole(tiny: Dataset) -> None:
    assert (len(tiny.everything), len(tiny.classes)) == (120, 6)
    assert tiny.part("train").labels.any(axis=0).all()


def test_rare_classes_are_dropped_and_named(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "text,label\n" + many_rows() + "more,rare\nmore,rare\n")
    with pytest.raises(DataError, match=r"of 3 classes 1 has fewer than 3 texts: 'rare' \(2\)"):
        load(options("--dataset", path))
    dataset = load(options("--dataset", path, "--min-texts-per-class", "3"))
    assert dataset.everything.space.names == ("a", "b")
    assert dataset.notes[0] == "dropped rare: fewer than 3 texts each"
    assert load(options("--dataset", path, "--min-texts-per-class", "2")).classes == ("a", "b", "rare")


BAD_FILES: dict[str, tuple[str, str | bytes, list[str], list[str]]] = {
    "empty": ("f.csv", "", [], ["f.csv", "empty"]),
    "header only": ("f.csv", "text,label\n", [], ["no records"]),
    "unknown extension": ("f.docx", "x", [], ["'.docx'", ".parquet", ".gz"]),
    "ragged": ("f.csv", "text,label\nok,a\nno, quotes,b\n", [], ["row 3 has 3 fields, the header has 2"]),
    "open quote": ("f.csv", 'text,label\n"ok, then,a\n', [], ["line 2"]),
    "column twice": ("f.csv", "text,text\nok,a\n", [], ["'text' occurs twice"]),
    "blank header": ("f.csv", "\nok,a\n", [], ["row 1 is blank"]),
    "bad json": ("f.jsonl", '{"text": "a"}\n\n{"text": \n', [], ["line 3 is not valid JSON"]),
    "json list": ("f.jsonl", "[1]\n", [], ["line 1", "expected an object", "list"]),
    "deep json": ("f.jsonl", "[" * 100_000, [], ["line 1 is not valid JSON"]),
    "no text column": ("f.csv", "words,label\nok,a\n", [], ["--text-column", "'words', 'label'"]),
    "unknown text column": ("f.csv", GOOD, ["--text-column", "body"], ["no column 'body'", "'text', 'label'"]),
    "unknown labels column": ("f.csv", GOOD, ["--labels-column", "topic"], ["no column 'topic'", "'text', 'label'"]),
    "no labels column": ("f.csv", "text,kind\nok,a\n", [], ["--labels-column", "'kind'"]),
    "unknown 0/1 column": ("f.csv", GOOD, ["--label-columns", "red"], ["no column 'red'"]),
    "not 0 or 1": ("f.csv", "text,red\nok,0\nok,2\n", ["--label-columns", "rest"], ["row 3, column 'red'", "'2'"]),
    "both ways": ("f.csv", GOOD, ["--label-columns", "label", "--labels-column", "label"], ["excludes"]),
    "empty separator": ("f.csv", GOOD, ["--label-separator", ""], ["--label-separator"]),
    "yes as text": ("f.jsonl", '{"text": "a", "label": "b"}\n{"text": true}\n', [], ["row 2, column 'text'", "bool"]),
    "object as label": ("f.jsonl", '{"text": "a", "label": {}}\n', [], ["row 1, column 'label'"]),
    "all texts empty": ("f.csv", "text,label\n" + " ,a\n ,b\n" * 9, [], ["all 18 texts are empty"]),
    "one class and nothing": ("f.csv", "text,label\n" + "ok,a\n" * 9 + "no,\n" * 9, [], ["1 of 1", "--task binary"]),
    "one side only": ("f.csv", "text,red\nno,1\n" + "ok,1\n" * 17, ["--label-columns", "red"], ["got 18 and 0"]),
    "no labels": ("f.csv", "text,label\nno,\n" + "ok,\n" * 9, [], ["no text has a label"]),
    "one class": ("f.csv", "text,label\n" + "ok,a\n" * 9 + "no,b\n", [], ["at least 2 classes", "got 1 of 2"]),
    "too few texts": ("f.csv", "text,label\n" + many_rows(8), [], ["at least 10 texts", "got 8"]),
    "not parquet": ("f.parquet", "nope", [], ["not a readable Parquet file"]),
    "data folder elsewhere": ("f.csv", GOOD, ["--data-dir", "."], ["--data-dir goes with --dataset madewithml"]),
    "no taxonomy file": ("f.csv", GOOD, ["--taxonomy", "/nowhere.json"], ["/nowhere.json"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_clear_message(case: str, tmp_path: Path) -> None:
    name, content, arguments, expected = BAD_FILES[case]
    path = write(tmp_path, name, content)
    with pytest.raises(DataError) as caught:
        load(options("--dataset", path, *arguments))
    assert [part for part in expected if part not in str(caught.value)] == []
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["nothing-here", "nothing-here.csv"])
def test_a_missing_file_names_the_choices(name: str) -> None:
    with pytest.raises(DataError, match=r"nothing-here.*sample.*madewithml"):
        load(options("--dataset", name))


@pytest.mark.parametrize("arguments", [["--text-column", "x"], ["--label-separator", ","], ["--taxonomy", "t.json"]])
def test_options_of_a_file_are_refused_elsewhere(arguments: list[str]) -> None:
    with pytest.raises(DataError, match="describe a file of yours"):
        load(options(*arguments))


@pytest.mark.parametrize("part", ["test", "validation"])
def test_the_sample_takes_no_part_of_the_user(part: str) -> None:
    with pytest.raises(DataError, match="--test and --validation go with a file of yours, got --dataset sample"):
        load(options(f"--{part}", "any.csv"))


def test_published_data_keep_the_cleaning_of_the_course(sample: Dataset, tmp_path: Path) -> None:
    assert sample.course_cleaning
    assert not load(options("--dataset", write(tmp_path, "f.csv", GOOD))).course_cleaning


PARTS_THAT_ARE_REFUSED: dict[str, tuple[str, list[str]]] = {
    "empty": ("", ["own.csv: the file is empty"]),
    "another column": ("text,topic\nx,a\n", ["own.csv: no column 'label'", "'text', 'topic'"]),
    "unknown class": (GOOD + "x,a\nx,new\ny,newer\n", ["own.csv: row 33: class 'new' has no text in", "2 such"]),
    "no text": ("text,label\n ,a\n", ["own.csv: all 1 texts are empty"]),
}


@pytest.mark.parametrize("part", ["test", "validation"])
@pytest.mark.parametrize("case", PARTS_THAT_ARE_REFUSED)
def test_a_bad_part_is_one_clear_message(case: str, part: str, tmp_path: Path) -> None:
    content, expected = PARTS_THAT_ARE_REFUSED[case]
    path, own = write(tmp_path, "f.csv", GOOD), write(tmp_path, "own.csv", content)
    with pytest.raises(DataError) as caught:
        load(options("--dataset", path, f"--{part}", own))
    assert [words for words in expected if words not in str(caught.value)] == []
    assert "\n" not in str(caught.value)


def test_a_part_needs_a_file_of_its_own(tmp_path: Path) -> None:
    path, other = write(tmp_path, "f.csv", GOOD), write(tmp_path, "g.csv", GOOD)
    with pytest.raises(DataError, match=r"gone.csv: no such file; --test takes a file with the columns of .*f.csv"):
        load(options("--dataset", path, "--test", str(tmp_path / "gone.csv")))
    with pytest.raises(DataError, match=r"f.csv: --test takes a file of its own"):
        load(options("--dataset", path, "--test", path))
    with pytest.raises(DataError, match=r"g.csv: --validation takes a file of its own"):
        load(options("--dataset", path, "--test", other, "--validation", other))


def test_given_parts_are_read_by_the_columns_of_training(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "text,odd\n" + "".join(f"text {i},{i % 2}\n" for i in range(40)))
    own = write(tmp_path, "own.tsv", "odd\tmore\ttext\n1\tx\tlast\n0\tx\tvery last\n")
    dataset = load(options("--dataset", path, "--label-columns", "rest", "--test", own))
    assert dataset.part("test").texts == ("last", "very last")
    assert dataset.part("test").labels.tolist() == [[True], [False]]
    assert dataset.everything.texts[: len(dataset.everything) - 2] == tuple(f"text {i}" for i in range(40))
    assert "own.tsv" in dataset.source


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_given_part_may_have_any_format(suffix: str, tmp_path: Path) -> None:
    records = [{"text": f"text {i}", "label": "abc"[i % 3]} for i in range(9)]
    FORMATS[suffix](records, own := tmp_path / f"own{suffix}")
    path = write(tmp_path, "f.csv", "text,label\n" + "".join(f"t {i},{'abc'[i % 3]}\n" for i in range(60)))
    dataset = load(options("--dataset", path, "--validation", str(own)))
    assert dataset.part("validation").texts == tuple(f"text {i}" for i in range(9))
    assert (len(dataset.part("train")), len(dataset.part("test"))) == (51, 9)


def test_half_an_emoji_is_replaced_and_noted(tmp_path: Path) -> None:
    lines = [f'{{"text": "cut {i} \\ud83d", "label": "{"ab"[i % 2]}\\udc00"}}' for i in range(20)]
    dataset = load(options("--dataset", write(tmp_path, "f.jsonl", "\n".join(lines))))
    assert dataset.everything.texts[0] == "cut 0 \ufffd"
    assert dataset.everything.space.names == ("a\ufffd", "b\ufffd")
    assert "20 texts hold half an emoji" in dataset.notes[0]


def test_texts_of_no_class_stay(tmp_path: Path) -> None:
    texts = [f"text {i}" for i in range(20)]
    dataset = build_dataset("n", texts, [["a"], ["b"], []] * 6 + [["a"], ["b"]], DataOptions(), source="here")
    assert len(dataset.everything) == 20
    assert np.count_nonzero(~dataset.everything.labels.any(axis=1)) == 6
