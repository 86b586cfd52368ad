"""Names in a file that has one a line: always as many lines as names, and each name can be had back.

A backslash is two; what ends a line in some program, can't be seen, or is a blank at an end, is `\\xNN`, `\\uNNNN` or
`\\UNNNNNNNN`, as in Python.
"""

from __future__ import annotations

import re

# All that `str.splitlines` ends a line at is among these.
_ESCAPED = re.compile("[\\\\\x00-\x1f\x7f-\x9f\xad\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]|^ | $")
_WRITTEN = re.compile(r"\\(\\|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def line_of(name: str) -> str:
    """One line, without its end, that `name_of` reads as the name; the empty name is an empty line."""
    return _ESCAPED.sub(lambda match: _escape(match[0]), name)


def name_of(line: str) -> str:
    """The inverse of `line_of`."""
    return _WRITTEN.sub(lambda match: "\\" if match[1] == "\\" else chr(int(match[1][1:], 16)), line)


def _escape(char: str) -> str:
    point = ord(char)
    return "\\\\" if char == "\\" else f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
