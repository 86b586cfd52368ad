"""A first row that is a record is noticed, with the options that read it as one; names are left alone."""

from pathlib import Path

import pytest

from tests.cases.file_case import PUBLIC, columns, table_of

TEXTS = ["what a lovely day it is today", "see you", "well then, my dear friend", "no", "never again", "fine by me"]
NO_HEADER: dict[str, tuple[str, str, str]] = {
    "label first": (
        "".join(f"{'ab'[i % 2]}\t{text}\n" for i, text in enumerate(TEXTS)),
        "column 1 'a' occurs in that column again (2 times)",
        "--no-header --text-column 2 --labels-column 1",
    ),
    "text first": (
        "".join(f"{text}\t{i % 2}\n" for i, text in enumerate(TEXTS)),
        "column 2 '0'",
        "--no-header --text-column 1 --labels-column 2",
    ),
    "class names that are usual names": (
        "".join(f"{text}\t{'question' if i % 2 == 0 else 'statement'}\n" for i, text in enumerate(TEXTS)),
        "column 2 'question'",
        "--no-header --text-column 1 --labels-column 2",
    ),
    "an id that is counted": (
        "".join(f"{i}\t{text}\t{'xyz'[i % 3]}\n" for i, text in enumerate(TEXTS)),
        "column 1 '0' is a number",
        "--no-header --text-column 2 --labels-column 3",
    ),
    "only texts": (
        "this is the first text of all of them here\n" + "and here is another one that goes on and on\n" * 3,
        "looks like a text",
        "--no-header --text-column 1,",
    ),
    "fastText": ("__label__a\tone\n__label__b\ttwo\n", "is a label of fastText", "--text-column"),
}


@pytest.mark.parametrize("case", NO_HEADER)
def test_a_record_in_row_1_is_noticed(case: str, tmp_path: Path) -> None:
    content, why, advice = NO_HEADER[case]
    doubt = table_of(tmp_path, "f.tsv", content).header_doubt
    assert "f.tsv: no header? Row 1, " in doubt
    assert why in doubt
    assert advice in doubt
    assert "--header if it is a name" in doubt
    assert "\n" not in doubt


@pytest.mark.parametrize("case", NO_HEADER)
@pytest.mark.parametrize("header", [True, False])
def test_what_the_user_says_is_not_doubted(case: str, header: bool, tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.tsv", NO_HEADER[case][0], header=header)
    assert table.header_doubt == ""
    assert table.has_header == header


@pytest.mark.parametrize(
    "content",
    [
        "text\tlabel\n" + "some longer text here\ta\n" * 3,
        "comment_text\ttoxic\thate\n" + "some longer text here\t0\t1\n" * 3,
        "Was gesagt wurde\tArt\n" + "ein Satz, der etwas länger ist\tFrage\n" * 3,
        "id\tsentence1\tgold\n" + "7\tshort\tyes\n" * 3,
        "text\t1\t2\n" + "words\t0\t1\n" * 3,
    ],
)
def test_names_are_names(content: str, tmp_path: Path) -> None:
    assert table_of(tmp_path, "f.tsv", content).header_doubt == ""


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public data sets are not beside the project")
@pytest.mark.parametrize(("name", "text", "label"), [("sms/sms.tsv", 2, 1), ("thuc/train.txt", 1, 2)])
def test_published_files_without_header(name: str, text: int, label: int, tmp_path: Path) -> None:
    content = (PUBLIC / name).read_bytes()
    table = table_of(tmp_path, Path(name).name, content)
    assert f"--no-header --text-column {text} --labels-column {label}" in table.header_doubt
    again = table_of(tmp_path, Path(name).name, content, header=False)
    assert len(again) == len(table) + 1
    assert len(set(columns(again)[str(label)])) in (2, 10)
