"""Which columns hold the texts and the labels: by their usual names, else proposed from what stands in them."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from typing import Any

from baselines.errors import DataError
from baselines.labels.flags import OFF, ON, word_of
from baselines.tables.table import Table

# In order: what is documented, then the names that published data sets use. Those that may as well name a label or
# a number, such as title alone, name, summary or comment_count, are not among them.
TEXT_COLUMNS = (
    ("text",),
    ("title", "description"),
    *((name,) for name in ("sentence", "content", "message", "review", "question", "body", "comment", "tweet")),
    *((name,) for name in ("utterance", "query", "document")),
)
LABELS_COLUMNS = (
    *("labels", "tags", "label", "category", "categories", "class", "target", "topic", "topics", "intent"),
    *("sentiment", "emotion"),
)
# Read without a word; every other choice is said.
_PLAIN = ("text", "title", "description", "labels", "tags", "label")
_LOOKED_AT = 2_000
# Of a column of labels: at most so many different cells, as a share of all.
_DIFFERENT = 0.5
_SHOWN_FLAGS = 8


def usual_texts(table: Table, taken: Collection[str]) -> tuple[str, ...]:
    """The first of `TEXT_COLUMNS` that the table has, exactly or in other case; empty: none."""
    return next((found for names in TEXT_COLUMNS if (found := _found(table, names, taken))), ())


def usual_labels(table: Table, taken: Collection[str]) -> str:
    """The first of `LABELS_COLUMNS` that the table has, exactly or in other case; "": none."""
    return next((found[0] for name in LABELS_COLUMNS if (found := _found(table, (name,), taken))), "")


def _found(table: Table, names: Sequence[str], taken: Collection[str]) -> tuple[str, ...]:
    free = [name for name in table.columns if name not in taken]
    if all(name in free for name in names):
        return tuple(names)
    found = [next((own for own in free if own.strip().casefold() == name), "") for name in names]
    return tuple(found) if all(found) else ()


def chosen_note(table: Table, texts: Sequence[str], labels: str, asked: Collection[str]) -> list[str]:
    """One sentence where columns were taken whose names nobody gave and the documentation doesn't give first."""
    if not (guessed := [name for name in (*texts, labels) if name and name not in _PLAIN and name not in asked]):
        return []
    where = f", labels from {labels!r}" if labels else ""
    others = [name for name in LABELS_COLUMNS if name in table.columns and name not in (*texts, labels)]
    also = f"; there is also {', '.join(map(repr, others))}" if others and labels in guessed else ""
    return [f"texts are read from column {' and '.join(map(repr, texts))}{where}, by their usual names{also}"]


def refuse_unknown(table: Table, texts: Sequence[str], labels: str, taken: Collection[str], flags: bool) -> None:
    """Raise DataError with the options to type, where texts or labels stand in columns of unusual names."""
    options = []
    text = "" if texts else _text_like(table, {*taken, labels})
    if not texts:
        options.append(f"--text-column {quoted(text)}" if text else "--text-column NAME")
    if not labels and not flags:
        options.append(_labels_option(table, {*taken, *texts, text}))
    missing = [] if texts else ["'text' (or 'title' and 'description', or another usual name of texts)"]
    missing += [] if labels or flags else [", ".join(map(repr, LABELS_COLUMNS))]
    doubt = getattr(table, "header_doubt", "")
    raise DataError(
        f"{table.path}: no column {' and none of '.join(missing)}; the columns: "
        f"{', '.join(map(repr, table.columns))}. {f'{doubt}. ' if doubt else ''}From what stands in them, try: "
        f"{' '.join(options)}"
    )


def quoted(name: str) -> str:
    """A name as it is typed in a shell."""
    return shlex.quote(name) if set(name) & set('"$`\\!') else f'"{name}"'


def _cells(table: Table, name: str) -> list[Any]:
    found = table.columns[name][:_LOOKED_AT]
    return [value for value in found if value is not None and not (isinstance(value, str) and not value.strip())]


def _text_like(table: Table, taken: Collection[str]) -> str:
    """The column with the longest cells on average that hold words; "": none."""
    lengths = {}
    for name in table.columns:
        words = [value for value in _cells(table, name) if isinstance(value, str) and any(map(str.isalpha, value))]
        if name not in taken and words:
            lengths[name] = sum(map(len, words)) / len(words)
    return max(lengths, key=lambda name: lengths[name], default="")


def _labels_option(table: Table, taken: Collection[str]) -> str:
    free = [name for name in table.columns if name not in taken]
    flags = [name for name in free if _is_flag(_cells(table, name))]
    repeated = {name: n for name in free if name not in flags and (n := _n_classes(_cells(table, name)))}
    if repeated:
        words = [name for name in repeated if any(isinstance(value, str) for value in _cells(table, name))]
        return f"--labels-column {quoted(min(words or repeated, key=lambda name: repeated[name]))}"
    if flags:
        return f"--label-columns {quoted(','.join(flags)) if len(flags) <= _SHOWN_FLAGS else 'rest'}"
    return "--labels-column NAME (or --label-columns NAME,NAME for yes/no columns)"


def _is_flag(cells: Sequence[Any]) -> bool:
    words = {word_of(value) for value in cells}
    return bool(words) and words <= ON | OFF


def _n_classes(cells: Sequence[Any]) -> int:
    """Number of different cells, where at least two recur often enough to be classes; else 0."""
    different = {str(value) for value in cells}
    return len(different) if 2 <= len(different) <= max(2, _DIFFERENT * len(cells)) else 0
