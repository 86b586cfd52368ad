"""The sum of rows in C: one linear model over n-grams, copied into the extension's own layout and checked there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import Known
from baselines.text.cleaning import STOP_WORDS, Cleaning
from baselines.text.readings import Reading
from compress.formats.integer_rows import IntRows

try:
    from exports.kernel import _kernel as _extension  # type: ignore[attr-defined, unused-ignore]
except ImportError:
    _extension = None
_C: Any = _extension

# Numbers as rows.h has them.
_ANALYZERS = {"word": 0, "char_wb": 1, "char": 2, "char_bare": 3, "subword": 4}
_HASHES = {"murmur3": 1, "fnv1a": 2, "fnv1a_words": 3}
_NORMS = {"l2": 0, "l1": 1, "none": 2}
_CLEANINGS = {"course": 0, "letters": 0, "words": 1, "raw": 2}
_GIVEN = 3
# Characters of a text that the extension takes; longer ones, which nothing waits for, are answered by NumPy.
MOST_CHARACTERS = 1 << 20


def row_levels() -> tuple[str, ...]:
    """Instruction sets that rows can be added with on this CPU, best first; empty when the extension wasn't built."""
    return () if _C is None else tuple(_C.rows_levels())


class RowKernel:
    """One model of rows; answers with the bits of `IntRows`.

    Args:
        rows: the model.
        level: an instruction set of `row_levels`; "" for the best.
    """

    def __init__(self, rows: IntRows, level: str = "") -> None:
        self._rows = rows
        self._n_logits = len(rows.scale)
        self._readings = _distinct(rows)
        codes = _codes(self._readings)
        self._cleans_ascii = _GIVEN not in codes
        stop_words = sorted(STOP_WORDS) if any(_is_course(reading) for reading in self._readings) else []
        try:
            self._model = _C.rows_load(
                tuple(self._block(place) for place in range(len(rows.vectorizer.blocks))),
                np.array(codes, np.int32),
                "".join(f"{word}\n" for word in stop_words).encode("ascii"),
                np.ascontiguousarray(rows.levels),
                np.ascontiguousarray(rows.idf, np.int32),
                np.ascontiguousarray(rows.scale, np.float32),
                np.ascontiguousarray(rows.intercept, np.float32),
                rows.bits,
                rows.without,
                level,
            )
        except ValueError as error:
            raise ArtifactError(f"kernel: {error}") from None

    def answer(self, texts: Sequence[str], threads: int = 1) -> tuple[NDArray[np.float32], Known | None]:
        """Logits (n_texts, n_logits), and whether any row occurs in each text (n_texts,), or None where in all.

        Args:
            texts: plain ASCII is cleaned in C, outside the interpreter's lock; everything else in Python before.
            threads: that share the texts.
        """
        out = np.empty((len(texts), self._n_logits), np.float32)
        if self._cleans_ascii and all(map(_is_plain, texts)):
            prepared: Sequence[str | bytes] = texts
            left: list[int] = []
        else:
            prepared, left = self._prepared(texts)
        known = _C.rows_logits(self._model, prepared, out, threads)
        found = None if known is None else np.frombuffer(known, np.bool_)
        return (out, found) if not left else self._with_left(out, found, texts, left)

    def _prepared(self, texts: Sequence[str]) -> tuple[list[str | bytes], list[int]]:
        """What C reads, and the numbers of texts that it doesn't: empty ones stand in their places."""
        prepared: list[str | bytes] = []
        left: list[int] = []
        for place, text in enumerate(texts):
            if self._cleans_ascii and _is_plain(text):
                prepared.append(text)
            elif (given := self.given(text)) is not None:
                prepared.append(given)
            else:
                prepared.append(self.given("") or "")
                left.append(place)
        return prepared, left

    def given(self, text: str) -> bytes | None:
        """A text as every reading cleans it, as rows.h describes it; None where it is too long or parted otherwise."""
        parts: list[bytes] = []
        for reading in self._readings:
            clean = reading(text)
            words = reading.words(clean)
            joined = " ".join(words)
            # An n-gram of words that hold blanks could be cut in several ways.
            if (
                len(clean) > MOST_CHARACTERS
                or len(joined) > MOST_CHARACTERS
                or joined.count(" ") != max(len(words) - 1, 0)
            ):
                return None
            parts += [*_given(clean, words, joined)]
        return b"".join(parts)

    def _with_left(
        self, out: NDArray[np.float32], known: Known | None, texts: Sequence[str], left: list[int]
    ) -> tuple[NDArray[np.float32], Known]:
        every = np.ones(len(texts), np.bool_) if known is None else known.copy()
        for place in left:
            logits, knows = self._rows.answer([texts[place]])
            out[place], every[place] = logits[0], knows[0]
        return out, every

    def _block(self, place: int) -> tuple[Any, ...]:
        block = self._rows.vectorizer.blocks[place]
        own, hashing = block.settings, block.hashing
        cleaning = block.reading or self._rows.vectorizer.cleaning
        reading = next(i for i, each in enumerate(self._readings) if each is cleaning)
        hashed: tuple[int, ...] = (0, 1, 0, 0)
        if hashing is not None:
            hashed = (_HASHES[hashing.name], hashing.buckets, hashing.signed, hashing.counted)
        numbers = (
            *(_ANALYZERS[own.analyzer], own.low, own.high, own.shortest_word),
            *(_NORMS[own.norm], own.joined, own.binary, reading, *hashed),
        )
        terms = [term.encode("utf-8", "surrogatepass") for term in block.vocabulary]
        starts = np.cumsum([0, *map(len, terms)]).astype(np.uint64)
        buckets = np.zeros(0, np.int64) if block.buckets is None else block.buckets
        tf = self._rows.tf_table(place).astype(np.int32)
        return np.array(numbers, np.int64), b"".join(terms), starts, np.ascontiguousarray(buckets, np.int64), tf


def _is_plain(text: str) -> bool:
    return text.isascii() and len(text) <= MOST_CHARACTERS


def _distinct(rows: IntRows) -> list[Reading]:
    """Every reading once."""
    found: list[Reading] = []
    for block in rows.vectorizer.blocks:
        reading = block.reading or rows.vectorizer.cleaning
        if not any(reading is each for each in found):
            found.append(reading)
    return found


def _is_course(reading: Reading) -> bool:
    return type(reading) is Cleaning and reading.name == "course"


def _codes(readings: Sequence[Reading]) -> list[int]:
    """How each is read in C. One list of stop words is for all, so that `letters` beside `course` is read in Python."""
    course = any(map(_is_course, readings))
    codes = []
    for reading in readings:
        ours = type(reading) is Cleaning and not reading.stem and not (course and reading.name == "letters")
        codes.append(_CLEANINGS[reading.name] if ours and isinstance(reading, Cleaning) else _GIVEN)
    return codes


def _given(clean: str, words: Sequence[str], joined: str) -> tuple[bytes, bytes, bytes, bytes]:
    """One reading's sizes, spans of words, cleaned text and words."""
    text, between = clean.encode("utf-8", "surrogatepass"), joined.encode("utf-8", "surrogatepass")
    ascii_only = len(between) == len(joined)
    sizes = np.array([len(word if ascii_only else word.encode("utf-8", "surrogatepass")) for word in words], np.int64)
    ends = np.cumsum(sizes + 1) - 1
    spans = np.stack([ends - sizes, ends], axis=1).astype("<u4")
    return np.array([len(text), len(between), len(words)], "<u4").tobytes(), spans.tobytes(), text, between
