"""The table form in C. Where it wasn't built, `AVAILABLE` is false and the NumPy twin serves the same bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.task import Known, LabelSpace, Thresholds
from baselines.text.cleaning import STOP_WORDS, CleaningName
from baselines.text.tokenizer import Ids, Tokenizer
from compress.formats.tables import IntTables
from exports.kernel.deciding import Found, decider_of

try:
    from exports.kernel import _kernel as _extension  # type: ignore[attr-defined, unused-ignore]
except ImportError:
    _extension = None
_C: Any = _extension

AVAILABLE = _C is not None
# Numbers of the cleanings in tables.h; the course's is that of letters, with a list of stop words.
_CLEANINGS: dict[CleaningName, int] = {"course": 0, "letters": 0, "words": 1, "raw": 2}


def levels() -> tuple[str, ...]:
    """Instruction sets the extension can use on this CPU, best first; empty when it wasn't built."""
    return tuple(_C.levels()) if AVAILABLE else ()


class TableKernel:
    """One table model, copied into the extension's own layout and checked there."""

    def __init__(self, tables: IntTables, tokenizer: Tokenizer, level: str = "") -> None:
        shapes = np.array([(table.shape[0], table.shape[2]) for table in tables.tables], np.int32)
        stop_words = sorted(STOP_WORDS) if tokenizer.cleaning.name == "course" else []
        self._encode = tokenizer.encode
        self._cleans_ascii = not tokenizer.cleaning.stem
        self._n_classes = len(tables.bias)
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
            )
        except ValueError as error:
            raise ArtifactError(f"kernel: {error}") from None

    def prepare(self, texts: Sequence[str]) -> list[str | Ids]:
        """Plain ASCII as it is, to be cleaned and encoded in C; ids of everything else."""
        if not self._cleans_ascii:
            return [self._encode(text) for text in texts]
        return [text if text.isascii() else self._encode(text) for text in texts]

    def logits(self, texts: Sequence[str | Ids], threads: int = 1) -> NDArray[np.float32]:
        """float32 (n_texts, n_classes) of ASCII texts or ids, mixed as they come.

        Raises:
            ValueError: naming the text with an id that the tables don't have.
        """
        return self.answer(texts, threads)[0]

    def answer(self, texts: Sequence[str | Ids], threads: int = 1) -> tuple[NDArray[np.float32], Known | None]:
        """`logits`, and whether anything is known in each text: bool (n_texts,), or None where that is so in all."""
        out = np.empty((len(texts), self._n_classes), np.float32)
        known = _C.logits(self._model, texts, out, threads)
        return out, None if known is None else np.frombuffer(known, np.bool_)

    def names_of(
        self, space: LabelSpace, thresholds: Thresholds, threads: int
    ) -> Callable[[Sequence[str]], Found] | None:
        """Texts to names without an array in between, see `exports.kernel.deciding`; None where texts are stemmed."""
        if not self._cleans_ascii:
            return None
        model, decider, said = self._model, decider_of(_C, space, thresholds), _C.tables_said
        return lambda texts: said(model, decider, texts, threads)

    def encode(self, text: str) -> Ids:
        """Ids of one ASCII text as the kernel reads it; equal to `Tokenizer.encode`."""
        return np.frombuffer(_C.encode(self._model, text), np.uint8)
