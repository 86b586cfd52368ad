"""Workbooks: the first sheet with cells, numbers as they are meant, titles above the header left out, rows as shown."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from baselines.errors import DataError, MissingExtra
from baselines.tables.formats.workbook_area import sheet_areas
from baselines.tables.read_table import read_table
from baselines.tables.reading import Reading
from tests.cases.file_case import columns, error_of, workbook


def test_cells_are_plain_values(tmp_path: Path) -> None:
    rows = [["text", "n", "share", "flag"], ["a", 3, 0.5, True], [None, 4.0, None, False], ["NaN", None, 1, None]]
    table = read_table(workbook(tmp_path / "f.xlsx", {"Sheet1": rows}))
    assert columns(table) == {
        "text": ["a", None, "NaN"],
        "n": [3, 4, None],
        "share": [0.5, None, 1],
        "flag": [True, False, None],
    }
    assert all(isinstance(value, int | None) for value in table.columns["n"])
    assert (list(table.rows), table.notes, table.header_doubt) == ([2, 3, 4], (), "")


def test_titles_and_blank_rows_above_the_header(tmp_path: Path) -> None:
    rows = [[], ["Survey of 2026"], [], ["text", "label"], ["a", "x"], [], ["b", "y"]]
    table = read_table(workbook(tmp_path / "f.xlsx", {"Sheet1": rows}))
    assert columns(table) == {"text": ["a", "b"], "label": ["x", "y"]}
    assert list(table.rows) == [5, 7]
    assert table.notes == ("f.xlsx: row 2 is a title, the table begins in row 4",)


def test_a_table_that_begins_elsewhere(tmp_path: Path) -> None:
    rows = [[], [None, None, "text", "label"], [None, None, "a", "x"]]
    table = read_table(workbook(tmp_path / "f.xlsx", {"Sheet1": rows}))
    assert columns(table) == {"text": ["a"], "label": ["x"]}
    assert list(table.rows) == [3]


def test_one_column_keeps_its_header(tmp_path: Path) -> None:
    table = read_table(workbook(tmp_path / "f.xlsx", {"Sheet1": [["text"], ["a"], ["b"]]}))
    assert columns(table) == {"text": ["a", "b"]}


def test_the_first_sheet_that_holds_something(tmp_path: Path) -> None:
    own = [["text", "label"], ["a", "x"]]
    table = read_table(workbook(tmp_path / "f.xlsx", {"Empty": [], "Data": own, "More": own}))
    assert columns(table) == {"text": ["a"], "label": ["x"]}
    assert table.notes == ("f.xlsx: read from the first sheet, 'Data'; not from 'More'",)


def test_without_a_header(tmp_path: Path) -> None:
    rows = [["what a lovely day it is", "a"], ["no", "b"], ["never", "a"]]
    path = workbook(tmp_path / "f.xlsx", {"Sheet1": rows})
    assert "--no-header --text-column 1 --labels-column 2" in read_table(path).header_doubt
    table = read_table(path, Reading(header=False))
    assert columns(table) == {"1": ["what a lovely day it is", "no", "never"], "2": ["a", "b", "a"]}
    assert (list(table.rows), table.has_header) == ([1, 2, 3], False)


def test_a_packed_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", {"Sheet1": [["text", "label"], ["a", "x"]]})
    (tmp_path / "f.xlsx.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert columns(read_table(tmp_path / "f.xlsx.gz")) == {"text": ["a"], "label": ["x"]}


def test_a_spreadsheet_of_open_document(tmp_path: Path) -> None:
    def cell(text: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

    rows = "".join(
        f"<table:table-row>{cell(a)}{cell(b)}</table:table-row>"
        for a, b in (("text", "label"), ("hi", "x"), ("yo", "y"))
    )
    name = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{name}:office:1.0" xmlns:table="{name}:table:1.0" '
        f'xmlns:text="{name}:text:1.0"><office:body><office:spreadsheet><table:table table:name="S">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "f.ods", "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", content)
        book.writestr("META-INF/manifest.xml", "<manifest/>")
    assert columns(read_table(tmp_path / "f.ods")) == {"text": ["hi", "yo"], "label": ["x", "y"]}


def test_what_is_none_is_named(tmp_path: Path) -> None:
    assert "not a readable workbook" in error_of(tmp_path, "f.xlsx", "text,label\na,x\n")
    assert "not a readable workbook" in error_of(tmp_path, "f.xls", b"\xd0\xcf\x11\xe0" + b"x" * 100)
    with pytest.raises(DataError, match="no sheet holds anything"):
        read_table(workbook(tmp_path / "f.xlsx", {"Sheet1": []}))
    with pytest.raises(DataError, match="row 1: column 'text' occurs twice"):
        read_table(workbook(tmp_path / "f.xlsx", {"Sheet1": [["text", "text"], ["a", "b"]]}))
    with pytest.raises(DataError, match="no records"):
        read_table(workbook(tmp_path / "f.xlsx", {"Sheet1": [["text", "label"]]}))


def test_a_workbook_that_expands_beyond_measure(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * 70_000_000)
    assert "expand to 70,000,000; no workbook of texts does" in error_of(tmp_path, "f.xlsx", out.getvalue())


def test_without_calamine_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "f.xlsx", {"Sheet1": [["text"], ["a"]]})
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(MissingExtra, match=r"needs python-calamine: pip install 'tagpress\[data\]'"):
        read_table(path)


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
CELL = '<row r="{row}"><c r="{column}{row}" t="inlineStr"><is><t>x</t></is></c></row>'
ODS = (
    '<office:document-content><table:table-row table:number-rows-repeated="{rows}">'
    '<table:table-cell table:number-columns-repeated="{columns}"{value}/></table:table-row>'
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
    "</table:table-row></office:document-content>"
)


@pytest.mark.parametrize(
    ("member", "content", "cells"),
    [
        ("xl/worksheets/sheet1.xml", SHEET.format(CELL.format(row=1, column="A")), 1),
        (
            "xl/worksheets/sheet1.xml",
            SHEET.format(CELL.format(row=1, column="A") + CELL.format(row=1_048_576, column="XFD")),
            16_384 * 1_048_576,
        ),
        ("content.xml", ODS.format(rows=3, columns=2, value=' office:value-type="string"'), 6),
        (
            "content.xml",
            ODS.format(rows=1_000_000, columns=16_000, value=' office:value-type="string"'),
            16_000_000_000,
        ),
        ("content.xml", ODS.format(rows=1_000_000, columns=16_000, value=""), 0),
    ],
)
def test_the_rectangle_around_the_cells_is_known_before_it_is_made(
    member: str, content: str, cells: int, tmp_path: Path
) -> None:
    path = tmp_path / "far.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    with zipfile.ZipFile(path) as archive:
        assert list(sheet_areas(archive)) == [(member, cells)]
    if cells > 20_000_000:
        with pytest.raises(DataError, match="its cells span"):
            read_table(path)
