"""Text files of any layout: a table, `label text` lines, fastText's `__label__` lines, or one text a line."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from baselines.tables.encodings import decoded
from baselines.tables.formats.delimited import read_delimited
from baselines.tables.formats.dialects import DELIMITERS, HEAD_CHARACTERS, Dialect, delimiter_said, head_records
from baselines.tables.formats.headers import USUAL_NAMES
from baselines.tables.reading import Reading
from baselines.tables.table import Table

# Not splitlines(): U+0085 and U+2028 end no line of a file.
_LINE_END = re.compile(r"\r\n|\r|\n")
_FASTTEXT = "__label__"
_WHOLE_NUMBER = re.compile(r"-?\d{1,6}")
_LEAST_LINES = 6

Line = tuple[int, str]


def read_plain_text(content: bytes, path: Path, reading: Reading) -> Table:
    """A text file as a table; what it was taken for stands in the notes.

    Columns are those of a delimited file; `label` and `text` of lines that begin with their label (a list of labels for
    fastText); else `text`, one a line. Blank lines are no records, rows are lines.
    """
    text, note = decoded(content, path, reading)
    delimiter = "\t" if reading.delimiter is not None else _delimiter_in(text)
    if delimiter is not None:
        return read_delimited(content, path, reading, delimiter)
    lines = [(number, line) for number, line in enumerate(_LINE_END.split(text), 1) if line.strip()]
    columns, layout = _columns(lines)
    says = f"{path.name}: {layout}; give --delimiter if its fields end otherwise"
    rows = [number for number, _ in lines]
    return Table(path, columns, rows, tuple(part for part in (note, says) if part), has_header=False)


def _delimiter_in(text: str) -> str | None:
    """The delimiter that makes a table of the first lines; signs that texts hold too need names in row 1 as well."""
    if (said := delimiter_said(text)) is not None:
        return said
    head, cut = text[:HEAD_CHARACTERS], len(text) > HEAD_CHARACTERS
    for delimiter in ("\t", *DELIMITERS):
        for quoting in (True, False):
            records = head_records(head, cut, Dialect(delimiter, quoting))
            if not records or len(records[0]) < 2:
                continue
            even = sum(len(record) == len(records[0]) for record in records) >= 0.95 * len(records)
            named = any(name.strip().lower() in USUAL_NAMES for name in records[0])
            if even and (delimiter == "\t" or named):
                return delimiter
    return None


def _columns(lines: list[Line]) -> tuple[dict[str, list[object]], str]:
    texts = [line for _, line in lines]
    if sum(text.lstrip().startswith(_FASTTEXT) for text in texts) >= max(1, len(texts) / 2):
        found = [_fasttext(text) for text in texts]
        return (
            {"label": [labels for labels, _ in found], "text": [text for _, text in found]},
            "lines of fastText: labels begin with __label__",
        )
    pairs = [text.strip().split(None, 1) for text in texts]
    if _begins_with_labels(pairs):
        shown = ", ".join(sorted({pair[0] for pair in pairs})[:6])
        return (
            {"label": [pair[0] for pair in pairs], "text": [pair[1] if len(pair) > 1 else "" for pair in pairs]},
            f"each line is a label and its text, without a header (labels {shown}{_and_more(pairs)})",
        )
    return {"text": list(texts)}, "each line is a text, without labels and without a header"


def _and_more(pairs: list[list[str]]) -> str:
    return ", …" if len({pair[0] for pair in pairs}) > 6 else ""


def _fasttext(line: str) -> tuple[list[str], str]:
    """Labels in front of the text or behind it, each once."""
    words = line.split()
    front = next((i for i, word in enumerate(words) if not word.startswith(_FASTTEXT)), len(words))
    behind = next((i for i, word in enumerate(reversed(words)) if not word.startswith(_FASTTEXT)), 0)
    marked = words[:front] + (words[len(words) - behind :] if front < len(words) else [])
    text = line.strip()
    for word in words[:front]:
        text = text.removeprefix(word).lstrip()
    for word in reversed(marked[front:]):
        text = text.removesuffix(word).rstrip()
    return list(dict.fromkeys(word.removeprefix(_FASTTEXT) for word in marked)), text


def _begins_with_labels(pairs: list[list[str]]) -> bool:
    """Whether the first words are few, come again and again, and hardly stand elsewhere in the texts, as labels do."""
    counts = Counter(pair[0] for pair in pairs)
    if len(pairs) < _LEAST_LINES or sum(len(pair) > 1 for pair in pairs) < 0.98 * len(pairs):
        return False
    if not 2 <= len(counts) <= len(pairs) / 3:
        return False
    if all(_WHOLE_NUMBER.fullmatch(word) for word in counts):
        return True
    repeated = sum(count for count in counts.values() if count >= 3)
    if len(counts) > max(2, len(pairs) / 10) or repeated < 0.95 * len(pairs):
        return False
    others = (word.strip(".,;:!?") for pair in pairs for word in " ".join(pair[1:]).split())
    elsewhere = sum(word in counts for word in others)
    return elsewhere <= 0.05 * len(pairs)
