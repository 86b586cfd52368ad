"""The table form in C. Where it wasn't built, `AVAILABLE` is false and the NumPy twin serves the same bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import Known, LabelSpace, Thresholds
from baselines.text.cleaning import STOP_WORDS, Cleaning, CleaningName
from baselines.text.tokenizer import Ids, Tokenizer
from compress.formats.tables import IntTables
from exports.kernel.deciding import Found, decider_of
from exports.kernel.extension import EXTENSION as _C
from exports.kernel.reading import NEEDS_PAGES, Alphabet

AVAILABLE = _C is not None
# Numbers of the cleanings in tables.h; the course's is that of letters, with a list of stop words.
_CLEANINGS: dict[CleaningName, int] = {"course": 0, "letters": 0, "words": 1, "raw": 2}
# As in tables.h: from here on a text wasn't read, for the reason that reader.h numbers from 0.
_KNOWN, _UNREAD = 1, 2
# A page takes a millisecond or more, a text in Python a tenth of that: no text waits for more pages than these.
_MOST_PAGES = 2


def levels() -> tuple[str, ...]:
    """Instruction sets the extension can use on this CPU, best first; empty when it wasn't built."""
    return tuple(_C.levels()) if AVAILABLE else ()


class TableKernel:
    """One table model, copied into the extension's own layout and checked there."""

    def __init__(self, tables: IntTables, tokenizer: Tokenizer, level: str = "") -> None:
        shapes = np.array([(table.shape[0], table.shape[2]) for table in tables.tables], np.int32)
        stop_words = sorted(STOP_WORDS) if tokenizer.cleaning.name == "course" else []
        self._encode = tokenizer.encode
        self._n_classes = len(tables.bias)
        # Stems are found in Python alone.
        self._reads = type(tokenizer.cleaning) is Cleaning and not tokenizer.cleaning.stem
        self._alphabet = Alphabet(tokenizer) if self._reads else None
        try:
            self._model = _C.load(
                shapes,
                b"".join(table.tobytes() for table in tables.tables),
                tables.head.tobytes(),
                np.ascontiguousarray(tables.scale, np.float32),
                np.ascontiguousarray(tables.bias, np.float32),
                tables.n_ids,
                self._n_classes,
                tokenizer.by_byte,
                "".join(f"{word}\n" for word in stop_words).encode("ascii"),
                _CLEANINGS[tokenizer.cleaning.name],
                level,
                b"" if tables.floors is None else np.ascontiguousarray(tables.floors, np.int16),
                self._alphabet and self._alphabet.reader.model,
                self._alphabet and self._alphabet.model,
            )
        except ValueError as error:
            raise ArtifactError(f"kernel: {error}") from None

    def logits(self, texts: Sequence[str | Ids], threads: int = 1) -> NDArray[np.float32]:
        """float32 (n_texts, n_classes) of texts or ids, mixed as they come.

        Raises:
            ValueError: naming the text with an id that the tables don't have.
        """
        return self.answer(texts, threads)[0]

    def answer(self, texts: Sequence[str | Ids], threads: int = 1) -> tuple[NDArray[np.float32], Known | None]:
        """`logits`, and whether anything is known in each text: bool (n_texts,), or None where that is so in all.

        Args:
            texts: cleaned and encoded in C, outside the interpreter's lock. What C can't read, because of pages of
                characters that it hasn't seen yet, or of characters that change their neighbours, is prepared here and
                given again. Each text teaches C two pages at most, so that the first of a script doesn't wait long.
                Ids, uint8 (L,), are taken as they are.
            threads: that share the texts.
        """
        given = texts if self._reads else [self._ids(text) for text in texts]
        out = np.empty((len(texts), self._n_classes), np.float32)
        known = _C.logits(self._model, given, out, threads)
        if known is None:
            return out, None
        found = np.frombuffer(known, np.uint8)
        unread = np.flatnonzero(found >= _UNREAD).tolist()
        if not unread:
            return out, found == _KNOWN
        prepared = [self._prepared(texts[place], int(found[place])) for place in unread]
        out[unread], again = self.answer(prepared, threads)
        whole = found == _KNOWN
        whole[unread] = True if again is None else again
        return out, whole

    def names_of(
        self, space: LabelSpace, thresholds: Thresholds, threads: int
    ) -> Callable[[Sequence[str]], Found] | None:
        """Texts to names without an array in between, see `exports.kernel.deciding`; None where texts are stemmed."""
        if not self._reads:
            return None
        model, decider, said = self._model, decider_of(space, thresholds), _C.tables_said
        return lambda texts: said(model, decider, texts, threads)

    def encode(self, text: str) -> Ids:
        """Ids of one ASCII text as the kernel reads it; equal to `Tokenizer.encode`."""
        return np.frombuffer(_C.encode(self._model, text), np.uint8)

    def _ids(self, text: str | Ids) -> Ids:
        return self._encode(text) if isinstance(text, str) else text

    def _prepared(self, text: str | Ids, status: int) -> str | Ids:
        """A text that C didn't read so that it does: as it is, if the pages that it needs are made now, or its ids."""
        alphabet = self._alphabet
        if isinstance(text, str) and alphabet is not None and status == _UNREAD + NEEDS_PAGES:
            return text if alphabet.reader.learn(text, _MOST_PAGES) else self._encode(text)
        return self._ids(text)
