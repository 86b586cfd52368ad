"""Markdown in which stored names and texts are text alone: no link, picture, element, emphasis, code or formula.

A backslash before a sign of Markdown shows the sign; those of HTML are written as entities, since not every renderer
knows a backslash before them. Addresses are taken apart too, since GitHub makes links of them
without any markup.
"""

from __future__ import annotations

import re

from baselines.escaping.visible import cut, one_line

# Everything that Markdown or HTML could read as markup, backticks apart.
_SPECIAL = re.compile(r"[\\*_{}\[\]()#!|<>~&$]")
# In a sentence of ours, without what would make it hard to read as it stands.
_PROSE = re.compile(r"[\\*_\[\]|<>~&$]")
# What makes a heading, a list or a rule of a line that begins with it.
_OPENING = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|[-+=](?=[-+=\s]|$)|\d{1,9}[.)](?=\s|$))")
_ADDRESS = re.compile(r"(?i)(?<=\w):(?=//)|(?<=\bwww)\.|(?<=\bmailto):|(?<=\bxmpp):")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
LONGEST_CELL = 160


def inline(text: str, most: int = 0) -> str:
    """A stored name or text within a line; `most` characters of it, 0 for all."""
    line = one_line(str(text)).strip().replace("`", "'")
    return _opening(_address(_SPECIAL.sub(_escape, cut(line, most) if most else line)))


def cell(text: str) -> str:
    """A stored text for one cell of a table."""
    return inline(text, LONGEST_CELL)


def prose(text: str) -> str:
    """A sentence of ours that may hold stored texts: names between backticks stay code."""
    pieces = one_line(str(text)).strip().split("`")
    if len(pieces) % 2 == 0:
        return _opening(_plain("'".join(pieces)))
    return _opening("".join(f"`{p}`" if i % 2 else _plain(p) for i, p in enumerate(pieces)))


def code(text: str) -> str:
    """A stored text as code within a line, whatever backticks it holds."""
    line = one_line(str(text)) or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    around = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{around}{line}{around}{fence}"


def code_block(lines: list[str]) -> str:
    """Lines of stored texts as a block of code."""
    shown = [one_line(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *shown, fence])


def _escape(match: re.Match[str]) -> str:
    return _ENTITIES.get(match[0]) or f"\\{match[0]}"


def _plain(text: str) -> str:
    return _address(_PROSE.sub(_escape, text))


def _address(text: str) -> str:
    return _ADDRESS.sub(lambda match: f"\\{match[0]}", text)


def _opening(text: str) -> str:
    """The line with a backslash in what would open a heading or a list."""
    return _OPENING.sub(lambda match: f"{match[1]}{match[2][:-1]}\\{match[2][-1]}", text)
