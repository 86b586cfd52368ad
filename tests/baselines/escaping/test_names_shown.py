"""A stored name is text in every form it is shown in: Markdown, terminal, CSV, one a line, pictures."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from baselines.escaping.csv_cells import guarded, unguarded
from baselines.escaping.lines import line_of, name_of
from baselines.escaping.markdown import cell, code, code_block, inline, prose
from baselines.escaping.native import cleaned
from baselines.escaping.terminal import plain
from baselines.escaping.visible import one_line, visible
from tests.cases.hostile_case import CLASSES, TEXTS
from tests.cases.hostile_names import NAMES

markdown_it = pytest.importorskip("markdown_it")
ALL = (*NAMES, *CLASSES, *TEXTS)


class _Read(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(text: str) -> _Read:
    made = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    return _Read(made)


def words(text: str) -> list[str]:
    return one_line(text).replace("`", "'").split()


@pytest.mark.parametrize("name", ALL, ids=ascii)
def test_markdown_shows_it_as_text(name: str) -> None:
    shown = rendered(inline(name))
    assert set(shown.tags) <= {"p"}
    assert shown.text.split() == words(name)
    listed = rendered(f"- {inline(name)}\n- {inline(name)}: more\n")
    assert set(listed.tags) <= {"ul", "li"}
    row = rendered(f"| a | b |\n|---|---|\n| {cell(name)} | x |\n")
    assert set(row.tags) <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert row.tags.count("td") == 2
    assert row.text.split()[-1] == "x"


@pytest.mark.parametrize("name", ALL, ids=ascii)
def test_a_sentence_or_code_holds_it(name: str) -> None:
    for sentence in (name, f"`{name}` is taken, {name} is not", f"{name} and `x`", f"`{name}`"):
        assert set(rendered(prose(sentence)).tags) <= {"p", "code"}
        assert set(rendered(f"- {prose(sentence)}").tags) <= {"ul", "li", "code"}
    coded = rendered(f"- a {code(name)} b")
    assert coded.tags == ["ul", "li", "code"]
    assert coded.text.split() == ["a", *one_line(name).split(), "b"]
    block = rendered(f"- item\n\n{code_block([name, 'next'])}\n")
    assert set(block.tags) <= {"ul", "li", "pre", "code"}
    assert "pre" in block.tags


def test_addresses_are_no_links_where_links_are_made_without_markup() -> None:
    for text in ("see http://127.0.0.1/a", "www.example.com", "mailto:a@example.com"):
        assert not re.search(r"http://|www\.example|mailto:a", inline(text))
        assert rendered(inline(text)).text.strip() == text


@pytest.mark.parametrize("name", ALL, ids=ascii)
def test_a_terminal_gets_no_command(name: str) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=20_000)
    console.print(plain(name))
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", written)
    assert written.split() == visible(name).replace("\r", "\u240d").split()


@pytest.mark.parametrize("name", ALL, ids=ascii)
def test_a_line_holds_one_name_and_gives_it_back(name: str) -> None:
    line = line_of(name)
    assert len(f"{line}\n".splitlines()) == 1
    assert line == line.strip()
    line.encode("utf-8")
    assert name_of(line) == name


def test_usual_names_stand_in_a_line_as_they_are() -> None:
    for name in ("computer-vision", "深度学習", "Ça & là", "a 'b' \"c\"", "हिन्दी", "👩‍👩‍👧"):
        assert line_of(name) == name


@pytest.mark.parametrize("name", ALL, ids=ascii)
def test_a_cell_is_no_formula_and_comes_back(name: str) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow([guarded(name), "x"])
    stream.getvalue().encode("utf-8")
    (row,) = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(row[0]) == name.replace("\ud800", "\ufffd")


def test_a_picture_gets_no_character_that_xml_cannot_hold() -> None:
    made = cleaned({name: [name, 1, None, {"a": name}] for name in ALL})
    text = json.dumps(made, ensure_ascii=False)
    text.encode("utf-8")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e\ufffe\uffff]", "".join(made))


def test_what_scripts_need_stays() -> None:
    for text in ("שלום\u200f", "👩‍👩‍👧", "می‌خواهم", "naïve café"):
        assert visible(text) == text
