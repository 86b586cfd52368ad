"""The runtime's JavaScript: the pieces that a model needs, in order, and their text without comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from exports.targets.js.lanes import lanes_text

_FOLDER = Path(__file__).parent / "runtime"
# Strings and templates are kept as they stand; comments, empty lines and indentation go. A regular expression of the
# runtime holds neither quotes nor two slashes, which its test checks.
_STRING = r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)"""
_TOKENS = re.compile(rf"{_STRING}|(?:[ \t]*(?://[^\n]*)?\n)+[ \t]*")


def pieces_of(content: Mapping[str, Any], lanes: bool = True) -> list[str]:
    """Names of the pieces that answer, without those that explain.

    Args:
        content: from `content.content_of`.
        lanes: whether WebAssembly may be tried, which a page's policy can forbid.
    """
    link, rows = content["link"], "blocks" in content
    hashed = rows and any("hashing" in block for block in content["blocks"])
    pieces = ["coding", "unicode", "clean"]
    pieces += ["utf8"] if hashed or content.get("bytes") else []
    pieces += ["rows"] if rows else ["tables", "lanes" if lanes else "no_lanes"]
    pieces += ["hashes"] if hashed else []
    pieces += ["exponential"]
    pieces += ["log_logistic"] if link in ("logistic_shares", "tree") else []
    pieces += ["softmax"] if link in ("multiclass", "logistic_shares") else []
    return [*pieces, f"link_{link}", "answer"]


def explaining_pieces(content: Mapping[str, Any]) -> list[str]:
    """Names of the pieces that say why."""
    return ["explain_rows" if "blocks" in content else "explain_tables", "explain"]


def page_script(content: Mapping[str, Any]) -> str:
    """A script for a page: `tagpress.open(content)`, and `tagpress.explain` of a model that is open."""
    pieces = joined([*pieces_of(content, lanes=False), "open", *explaining_pieces(content)])
    return f'const tagpress = (() => {{\n"use strict";\n{pieces}return {{ open, explain: explainWith }};\n}})();\n'


@cache
def piece(name: str) -> str:
    """The text of one piece, as it is read by people."""
    text = (_FOLDER / f"{name}.js").read_text(encoding="utf-8")
    return text.replace("LANES", lanes_text()) if name == "lanes" else text


def joined(names: list[str]) -> str:
    """Pieces one behind the other, without comments and indentation."""
    return "".join(stripped(piece(name)) for name in names)


def stripped(code: str) -> str:
    """JavaScript of the runtime without comments, indentation and empty lines; strings stay as they are."""
    return _TOKENS.sub(lambda found: found[1] or "\n", code).lstrip("\n")
