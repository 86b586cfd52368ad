"""Texts of the code as Markdown: nothing in them may be taken for Markdown or HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARKDOWN = re.compile(r"[|*_`\[\]\\{}<>&]")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def plain(text: str) -> str:
    """A text as it is, on one line."""
    return _MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", " ".join(text.split()))


def code(text: str) -> str:
    """A text as code."""
    return f"<code>{plain(text)}</code>"


def prose(text: str) -> str:
    """A description: what stands between backticks is code, the rest plain."""
    return "".join(code(part) if number % 2 else plain(part) for number, part in enumerate(text.split("`")))
