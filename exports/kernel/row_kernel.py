"""The sum of rows in C: one linear model over n-grams, copied into the extension's own layout and checked there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import Known, LabelSpace, Thresholds
from baselines.text.cleaning import Cleaning
from baselines.text.readings import Reading
from compress.formats.integer_rows import IntRows
from exports.kernel.deciding import Found, decider_of
from exports.kernel.extension import EXTENSION as _C
from exports.kernel.reading import Reader, reader_of

# Numbers as rows.h has them.
_ANALYZERS = {"word": 0, "char_wb": 1, "char": 2, "char_bare": 3, "subword": 4}
_HASHES = {"murmur3": 1, "fnv1a": 2, "fnv1a_words": 3}
_NORMS = {"l2": 0, "l1": 1, "none": 2}
_UNREAD = 2
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
        self._readers = [_reader(reading) for reading in self._readings]
        try:
            self._model = _C.rows_load(
                tuple(self._block(place) for place in range(len(rows.vectorizer.blocks))),
                tuple(reader and reader.model for reader in self._readers),
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
            texts: read in C, outside the interpreter's lock. What C can't read, because of a page of characters that it
                hasn't seen yet, or of characters that change their neighbours, is prepared here and given again.
            threads: that share the texts.
        """
        out = np.empty((len(texts), self._n_logits), np.float32)
        known = _C.rows_logits(self._model, texts, out, threads)
        if known is None:
            return out, None
        found = np.frombuffer(known, np.uint8)
        unread = np.flatnonzero(found >= _UNREAD)
        return out, found == 1 if not len(unread) else self._again(out, found == 1, texts, unread.tolist(), threads)

    def names_of(self, space: LabelSpace, thresholds: Thresholds, threads: int) -> Callable[[Sequence[str]], Found]:
        """Texts to names without an array in between, see `exports.kernel.deciding`."""
        model, decider, said = self._model, decider_of(space, thresholds, self._rows.link), _C.rows_said
        return lambda texts: said(model, decider, texts, threads)

    def _again(
        self, out: NDArray[np.float32], known: Known, texts: Sequence[str], unread: list[int], threads: int
    ) -> Known:
        """Fill in the texts that weren't read; gives `known` with theirs."""
        prepared = {place: self._prepared(texts[place]) for place in unread}
        read = [place for place in unread if prepared[place] is not None]
        logits = np.empty((len(read), self._n_logits), np.float32)
        found = _C.rows_logits(self._model, [prepared[place] for place in read], logits, threads)
        out[read] = logits
        known[read] = True if found is None else np.frombuffer(found, np.uint8) == 1
        for place in set(unread) - set(read):
            by_twin, knows = self._rows.answer([texts[place]])
            out[place], known[place] = by_twin[0], knows[0]
        return known

    def _prepared(self, text: str) -> str | bytes | None:
        """A text so that C reads it; None where only the twin in NumPy does."""
        if len(text) > MOST_CHARACTERS:
            return None
        if all(reader is not None and reader.mend(text) is text for reader in self._readers):
            return text
        return self.given(text)

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


def _distinct(rows: IntRows) -> list[Reading]:
    """Every reading once."""
    found: list[Reading] = []
    for block in rows.vectorizer.blocks:
        reading = block.reading or rows.vectorizer.cleaning
        if not any(reading is each for each in found):
            found.append(reading)
    return found


def _reader(reading: Reading) -> Reader | None:
    """What reads in C; None where texts are read in Python: stems, and words that may hold blanks."""
    if isinstance(reading, Cleaning) and (reading.stem or type(reading) is not Cleaning):
        return None
    try:
        found = reader_of(reading)
    except (ArtifactError, KeyError):  # more classes of characters than C holds, or a reading that it doesn't know
        return None
    return None if found.holds_blanks else found


def _given(clean: str, words: Sequence[str], joined: str) -> tuple[bytes, bytes, bytes, bytes]:
    """One reading's sizes, spans of words, cleaned text and words."""
    text, between = clean.encode("utf-8", "surrogatepass"), joined.encode("utf-8", "surrogatepass")
    ascii_only = len(between) == len(joined)
    sizes = np.array([len(word if ascii_only else word.encode("utf-8", "surrogatepass")) for word in words], np.int64)
    ends = np.cumsum(sizes + 1) - 1
    spans = np.stack([ends - sizes, ends], axis=1).astype("<u4")
    return np.array([len(text), len(between), len(words)], "<u4").tobytes(), spans.tobytes(), text, between
