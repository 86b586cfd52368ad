"""Delimited text of any dialect is read back as it was written; what is found is said, what doesn't fit has its row."""

import csv
import io
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from baselines.tables.formats.delimited import read_delimited
from baselines.tables.reading import Reading
from tests.cases.file_case import PUBLIC, columns, error_of, table_of

AWKWARD = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.text(',;\t|" \n\r\u2028\x85é😀a', max_size=8)
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"]


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(AWKWARD, min_size=3, max_size=3), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|:^"),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_round_trip_where_the_user_says_all(
    rows: list[list[str]], delimiter: str, encoding: str, quoting: int, end: str
) -> None:
    # Python's own writer leaves a lone \r unquoted where lines end in \n.
    assume(end == "\r\n" or quoting == csv.QUOTE_ALL or not any("\r" in cell for row in rows for cell in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows([["one", "two", "three"], *rows])
    reading = Reading(delimiter, encoding, header=True)
    table = read_delimited(out.getvalue().encode(encoding), Path("f.csv"), reading)
    assert [list(row) for row in zip(*table.columns.values(), strict=True)] == rows
    assert list(table.columns) == ["one", "two", "three"]


@settings(deadline=None)
@given(
    texts=st.lists(st.text("ab,;|\t\"é. '", min_size=1, max_size=12), min_size=3, max_size=12),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
)
def test_the_delimiter_is_found(texts: list[str], delimiter: str, encoding: str) -> None:
    out = io.StringIO(newline="")
    rows = [["id", "text", "kind"], *([str(i), text, "x"] for i, text in enumerate(texts))]
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    table = read_delimited(out.getvalue().encode(encoding), Path("f.csv"), Reading())
    assert list(table.columns["text"]) == texts
    assert any("fields end at" in note for note in table.notes) == (delimiter != ",")


TABLES: dict[str, tuple[str, str, dict[str, list[str]], str]] = {
    "sep= of Excel": (
        "f.csv",
        "sep=;\r\ntext;label\r\nhi, you;a\r\n",
        {"text": ["hi, you"], "label": ["a"]},
        "semicolon, as its first line says",
    ),
    "semicolons": (
        "f.csv",
        "text;label\nhi, you;a\nwell, no, yes;b\n",
        {"text": ["hi, you", "well, no, yes"], "label": ["a", "b"]},
        "a semicolon, found in it; --delimiter",
    ),
    "decimal commas": (
        "f.csv",
        "id;text;n\n1;x;0,5\n2;y, z, w;1,5\n",
        {"id": ["1", "2"], "text": ["x", "y, z, w"], "n": ["0,5", "1,5"]},
        "semicolon",
    ),
    "bars": ("f.csv", "text|label\nx|a\n", {"text": ["x"], "label": ["a"]}, "vertical bar"),
    "tabs in a .csv": ("f.csv", "text\tlabel\na, b\tx\n", {"text": ["a, b"], "label": ["x"]}, "a tab"),
    "commas in a .tsv": ("f.tsv", "text,label\nx,a\n", {"text": ["x"], "label": ["a"]}, "a comma"),
    "one column": ("f.csv", "text\nwell; then\nno\n", {"text": ["well; then", "no"]}, ""),
    "quotes that quote nothing": (
        "f.tsv",
        'label\ttext\nham\tsay "hi\nspam\t"win "now\n',
        {"label": ["ham", "spam"], "text": ['say "hi', '"win "now']},
        "double quotes enclose nothing (line 3)",
    ),
    "an open quote": (
        "f.csv",
        'text,label\n"ok,a\nfine,b\n',
        {"text": ['"ok', "fine"], "label": ["a", "b"]},
        "(line 2): they are read as characters",
    ),
    "quotes with a backslash": (
        "f.csv",
        'text,label\n"say \\"x\\", b",a\n',
        {"text": ['say "x", b'], "label": ["a"]},
        'written as \\"',
    ),
    "blanks after commas": ("f.csv", 'text, label\n"hi, you", a\n', {"text": ["hi, you"], "label": ["a"]}, ""),
    "a spreadsheet's empty columns": ("f.csv", "text;label;;\nhi;a;;\n", {"text": ["hi"], "label": ["a"]}, "semicolon"),
    "delimiters behind the last field": (
        "f.csv",
        "text,label\nhi,a,,\nyou,b\n",
        {"text": ["hi", "you"], "label": ["a", "b"]},
        "",
    ),
    "a column without a name": ("f.csv", ",text\n0,x\n1,y\n", {"": ["0", "1"], "text": ["x", "y"]}, ""),
    "line ends of an old Mac": ("f.csv", "text,label\rx,a\ry,b\r", {"text": ["x", "y"], "label": ["a", "b"]}, ""),
    "NEL and U+2028 end no line": (
        "f.csv",
        "text,label\nx\x85y\u2028z,a\n",
        {"text": ["x\x85y\u2028z"], "label": ["a"]},
        "",
    ),
    "NaN and N/A are texts": ("f.csv", "text,label\nNaN,a\nN/A,b\n", {"text": ["NaN", "N/A"], "label": ["a", "b"]}, ""),
}


@pytest.mark.parametrize("case", TABLES)
def test_what_people_have(case: str, tmp_path: Path) -> None:
    name, content, expected, said = TABLES[case]
    table = table_of(tmp_path, name, content)
    assert columns(table) == expected
    assert said in " ".join(table.notes)
    assert bool(said) == bool(table.notes)
    assert table.header_doubt == ""


@pytest.mark.parametrize("said", ["tab", "TAB", "\\t", "\t"])
def test_the_user_says_tab(said: str, tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.csv", "text\tlabel\na,b\tc,d\n", delimiter=said)
    assert columns(table) == {"text": ["a,b"], "label": ["c,d"]}
    assert table.notes == ()


@pytest.mark.parametrize("said", ["", "ab", "\n", '"'])
def test_a_delimiter_that_is_none(said: str, tmp_path: Path) -> None:
    assert "--delimiter: expected one character" in error_of(tmp_path, "f.csv", "text\nx\n", delimiter=said)


def test_rows_are_those_of_a_spreadsheet(tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.csv", 'text,label\n"two\nlines",a\n\nlast,b\n')
    assert list(table.rows) == [2, 4]
    assert "row 4 has 3 fields, the header has 2" in error_of(tmp_path, "f.csv", 'text,label\n"a\nb",x\n\n1,2,3\n')
    assert "row 2 has 1 fields" in error_of(tmp_path, "f.csv", "text,label\nok\n")


def test_a_quote_that_breaks_the_rules_has_its_line(tmp_path: Path) -> None:
    said = error_of(tmp_path, "f.csv", 'text,label\n"ok, then",a\n"he said "hi", well",b\n')
    assert "line 3: ',' expected after '\"'; check the double quotes" in said
    opened = error_of(tmp_path, "f.csv", 'text,label\nfine,a\n"never, closed,b\nmore,b\n')
    assert "line 3: a double quote is opened and never closed" in opened


def test_one_mistake_among_quoted_fields_is_no_other_dialect(tmp_path: Path) -> None:
    rows = "".join(f'"text {i}","a"\n' for i in range(20))
    assert "line 22: " in error_of(tmp_path, "f.csv", f'"text","label"\n{rows}"say "no" more","b"\n')


def test_quotes_that_fit_by_chance_swallow_no_rows(tmp_path: Path) -> None:
    rows = "".join(f"ham\tplain {i}\nspam\tmore {i}\n" for i in range(5))
    table = table_of(tmp_path, "f.tsv", f'kind\twords\n{rows}ham\t"unfinished\nspam\tWIN\nham\tnow "\n')
    assert len(table) == 13
    assert columns(table)["words"][-3:] == ['"unfinished', "WIN", 'now "']
    assert "enclose nothing" in table.notes[0]


def test_quotes_that_fit_by_chance_change_no_lengths(tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.tsv", 'kind\twords\tn\na\t"one\t1\nb\ttwo\t2\nc\tthree\t"\nd\tfour\t4\n')
    assert columns(table)["kind"] == ["a", "b", "c", "d"]
    assert "enclose nothing" in table.notes[0]


def test_one_quoted_column_stays_one(tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.csv", '"a, b"\n"c, d"\n"e\nf, g"\n', header=False)
    assert columns(table) == {"1": ["a, b", "c, d", "e\nf, g"]}


def test_quoted_line_ends_stay(tmp_path: Path) -> None:
    rows = "".join(f"text {i},a\n" for i in range(9))
    table = table_of(tmp_path, "f.csv", f'text,label\n{rows}"first\n\nsecond, third",a\n')
    assert columns(table)["text"][-1] == "first\n\nsecond, third"


def test_without_a_header_columns_are_numbered(tmp_path: Path) -> None:
    table = table_of(tmp_path, "f.csv", "hi,a\nyou,b\n", header=False)
    assert columns(table) == {"1": ["hi", "you"], "2": ["a", "b"]}
    assert (list(table.rows), table.has_header, table.header_doubt) == ([1, 2], False, "")
    assert "row 2 has 3 fields, the first row has 2" in error_of(tmp_path, "f.csv", "hi,a\na,b,c\n", header=False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,text\nok,a\n", "row 1: column 'text' occurs twice"),
        ("text, text\nok, a\n", "row 1: column 'text' occurs twice"),
        ("\nok,a\n", "row 1 is blank"),
        (",\nok,a\n", "row 1 is blank"),
        ("text,label\n", "no records"),
        ("sep=;\n", "no records"),
        ("\n\n", "no records"),
    ],
)
def test_a_header_that_is_none(content: str, said: str, tmp_path: Path) -> None:
    assert said in error_of(tmp_path, "f.csv", content)


def test_texts_of_any_length_and_a_large_file(tmp_path: Path) -> None:
    rows = "".join(f"text number {i}; with, commas|{i % 3}\n" for i in range(20_000))
    table = table_of(tmp_path, "f.csv", f"text|label\n{'x' * 300_000}|0\n{rows}")
    assert len(table) == 20_001
    assert len(columns(table)["text"][0]) == 300_000


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public data sets are not beside the project")
def test_published_delimited_files(tmp_path: Path) -> None:
    sms = table_of(tmp_path, "sms.tsv", (PUBLIC / "sms" / "sms.tsv").read_bytes(), header=False)
    assert (len(sms), set(sms.columns["1"])) == (5574, {"ham", "spam"})
    banking = table_of(tmp_path, "train.csv", (PUBLIC / "banking77" / "train.csv").read_bytes())
    assert (len(banking), len(set(banking.columns["category"]))) == (10003, 77)
    assert banking.notes == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (",".join(f"c{i}" for i in range(200_000)), "row 1 has 200,000 columns, at most 20,000 are allowed"),
        ("c," * 200_000, "row 1 has 200,001 columns"),
        ("text,label\n" + '"' * 1_000_001, "never closed"),
        ("," * 500_000, "row 1 is blank"),
        (",".join(["a", *(f"c{i}" for i in range(19_000)), "a"]), "column 'a' occurs twice"),
    ],
)
def test_a_header_of_any_width_is_judged_at_once(content: str, said: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    assert said in error_of(tmp_path, "f.csv", content)
    assert time.monotonic() - begun < 5


def test_one_giant_cell_is_read_once_over(tmp_path: Path) -> None:
    begun = time.monotonic()
    table = read_delimited(b'text,label\n"' + b"x y," * 2_000_000 + b'",a\n', tmp_path / "f.csv", Reading())
    assert len(table.columns["text"][0]) == 8_000_000
    assert time.monotonic() - begun < 5
