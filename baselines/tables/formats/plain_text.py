"""Text files of any layout: a table, `label text` lines, fastText's `__label__` lines, or one text a line."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from baselines.tables.encodings import decoded
from baselines.tables.formats.delimited import read_delimited
from baselines.tables.formats.dialects import DELIMITERS, HEAD_CHARACTERS, Dialect, delimiter_said, head_records
from baselines.tables.formats.headers import USUAL_NAMES
from baselines.tables.reading import Layout, Reading
from baselines.tables.table import Table

# Not splitlines(): U+0085 and U+2028 end no line of a file.
_LINE_END = re.compile(r"\r\n|\r|\n")
_FASTTEXT = "__label__"
_WORD = re.compile(r"\S+")
_WHOLE_NUMBER = re.compile(r"-?\d{1,6}")
_LEAST_LINES = 6

Line = tuple[int, str]


def read_plain_text(content: bytes, path: Path, reading: Reading) -> Table:
    """A text file as a table; what it was taken for stands in the notes.

    Columns are those of a delimited file; `label` and `text` of lines that begin with their label (a list of labels for
    fastText); else `text`, one a line. Blank lines are no records, rows are lines.
    """
    text, note = decoded(content, path, reading)
    delimiter = "\t" if reading.delimiter is not None else None if reading.layout else _delimiter_in(text)
    if delimiter is not None:
        return read_delimited(content, path, reading, delimiter)
    lines = [(number, line) for number, line in enumerate(_LINE_END.split(text), 1) if line.strip()]
    columns, layout, said = _columns(lines, reading.layout)
    says = f"{path.name}: {said}; give --delimiter if its fields end otherwise"
    rows = [number for number, _ in lines]
    notes = tuple(part for part in (note, says) if part)
    return Table(path, columns, rows, notes, has_header=False, layout=layout)


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


def _columns(lines: list[Line], layout: Layout) -> tuple[dict[str, list[object]], Layout, str]:
    """Columns, the layout of the lines (found where none is given), and what to say of it."""
    texts = [line for _, line in lines]
    pairs = [text.strip().split(None, 1) for text in texts]
    layout = layout or _layout_of(texts, pairs)
    if layout == "fasttext":
        found = [_fasttext(text) for text in texts]
        columns: dict[str, list[object]] = {
            "label": [labels for labels, _ in found],
            "text": [text for _, text in found],
        }
        return columns, layout, "lines of fastText: labels begin with __label__"
    if layout == "labelled":
        columns = {"label": [pair[0] for pair in pairs], "text": [pair[1] if len(pair) > 1 else "" for pair in pairs]}
        shown = ", ".join(sorted({pair[0] for pair in pairs})[:6])
        said = f"each line is a label and its text, without a header (labels {shown}{_and_more(pairs)})"
        return columns, layout, said
    return {"text": list(texts)}, layout, "each line is a text, without labels and without a header"


def _layout_of(texts: list[str], pairs: list[list[str]]) -> Layout:
    if sum(text.lstrip().startswith(_FASTTEXT) for text in texts) >= max(1, len(texts) / 2):
        return "fasttext"
    return "labelled" if _begins_with_labels(pairs) else "texts"


def _and_more(pairs: list[list[str]]) -> str:
    return ", …" if len({pair[0] for pair in pairs}) > 6 else ""


def _fasttext(line: str) -> tuple[list[str], str]:
    """Labels in front of the text or behind it, each once."""
    words = list(_WORD.finditer(line))
    marked = [word[0].startswith(_FASTTEXT) for word in words]
    front = next((i for i, is_label in enumerate(marked) if not is_label), len(words))
    behind = 0 if front == len(words) else next(i for i, is_label in enumerate(reversed(marked)) if not is_label)
    last = len(words) - behind
    labels = [word[0] for word in (*words[:front], *words[last:])]
    text = line[words[front].start() : words[last - 1].end()] if front < last else ""
    return list(dict.fromkeys(label.removeprefix(_FASTTEXT) for label in labels)), text


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
