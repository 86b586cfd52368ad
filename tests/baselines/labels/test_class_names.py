"""Class numbers get their names from a file of any usual form; what doesn't fit is named with its place."""

import json
from pathlib import Path

import pytest

from baselines.data.sources import load
from baselines.errors import DataError
from baselines.labels.class_names import for_numbers, read_class_names
from tests.cases.data_case import options, write
from tests.cases.labels_case import csv_file, json_lines, stopped

NAMES = ["World", "Sports", "Sci/Tech, etc."]
FORMS: dict[str, str] = {
    "lines": "\n".join(NAMES) + "\n\n",
    "windows lines": "\ufeff" + "\r\n".join(NAMES),
    "list": json.dumps(NAMES),
    "id2label": json.dumps({str(i): name for i, name in enumerate(NAMES)}),
    "label2id": json.dumps({name: i for i, name in enumerate(NAMES)}),
    "numbered": "\n".join(f"{i}\t{name}" for i, name in enumerate(NAMES)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", ["{}", "{}.0", " {}"])
def test_numbers_get_their_names(form: str, cell: str, tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": [cell.format(i % 3) for i in range(30)]})
    dataset = load(options("--dataset", path, "--class-names", write(tmp_path, "names", FORMS[form])))
    assert (dataset.task, dataset.classes) == ("multiclass", tuple(sorted(NAMES)))
    assert dataset.everything.labels[0].tolist() == [False, False, True]
    assert any("begin with 0: 0 is World" in note for note in dataset.notes)


def test_numbers_that_begin_with_1(tmp_path: Path) -> None:
    names = write(tmp_path, "names.txt", FORMS["lines"])
    path = csv_file(tmp_path, {"label": [1 + i % 3 for i in range(30)]})
    own = csv_file(tmp_path, {"label": [1, 2]}, "test.csv")
    dataset = load(options("--dataset", path, "--class-names", names, "--test", own))
    assert dataset.part("test").labels.tolist() == [[False, False, True], [False, True, False]]
    assert any("begin with 1 as 0 never occurs and the last number does: 1 is World" in n for n in dataset.notes)
    numbered = read_class_names(Path(write(tmp_path, "numbered", FORMS["numbered"])))
    assert for_numbers(numbered, {"1", "2", "3"})[0] == numbered


def test_lists_of_numbers_and_missing_ones(tmp_path: Path) -> None:
    names = write(tmp_path, "names.txt", FORMS["lines"])
    path = json_lines(tmp_path, [[0, 1], [2], [1], [2, 1]] * 10)
    assert load(options("--dataset", path, "--class-names", names)).classes == tuple(sorted(NAMES))
    path = csv_file(tmp_path, {"label": [*range(3)] * 10 + ["nan"]})
    assert len(load(options("--dataset", path, "--class-names", names)).everything) == 30


@pytest.mark.parametrize("cell", ["3", "-1", "World", "1.5"])
def test_a_number_without_a_name_is_named(cell: str, tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"label": [0, 1, 2, cell] * 10})
    said = stopped(path, "--class-names", write(tmp_path, "names.txt", FORMS["lines"]))
    assert (
        f"row 5, column 'label': expected a class number from 0 to 2, as in {tmp_path}/names.txt, got '{cell}'" in said
    )


def test_names_go_with_numbers_not_with_columns(tmp_path: Path) -> None:
    path = csv_file(tmp_path, {"a": [0, 1] * 10, "b": [1, 0] * 10})
    names = write(tmp_path, "names.txt", FORMS["lines"])
    assert "--class-names names class numbers" in stopped(path, "--class-names", names, "--label-columns", "a,b")


BAD: dict[str, tuple[str, str]] = {
    "empty": ("", "the file is empty"),
    "blank line": ("a\n\nb", "line 2: expected a name, got ''"),
    "twice": ("a\nb\na", "the name 'a' stands there twice"),
    "number twice": ("0\ta\n0\tb", "the number 0 stands there twice"),
    "no name": ('["a", 3]', "entry 2: expected a name, got 3"),
    "no numbers": ('{"a": "b"}', "from numbers to names"),
    "not json": ('{"a"', "not valid JSON"),
    "long": ("a\n" + "b" * 501, "line 2: a label of 501 characters"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_of_names_is_one_clear_message(case: str, tmp_path: Path) -> None:
    content, said = BAD[case]
    with pytest.raises(DataError) as caught:
        read_class_names(Path(write(tmp_path, "names.txt", content)))
    assert said in str(caught.value)
    with pytest.raises(DataError, match="no such file; --class-names takes"):
        read_class_names(tmp_path / "gone.txt")
