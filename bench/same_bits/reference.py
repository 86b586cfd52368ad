"""What every engine is compared with: a bundle answered by NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.task import Known, answered, decide
from bench.same_bits.answers import NOT_UTF8, OK, TOO_LONG, Answers
from exports.targets.source import Source, open_source

# Whether an engine takes a text of so many bytes and this content at most; `exports.targets.c.text_part` has it.
Fits = Callable[[str], bool]


@dataclass(frozen=True)
class Limits:
    """What an engine must refuse.

    Attributes:
        longest: bytes of UTF-8 of the longest text it takes; None without a limit.
        strict: whether lone surrogates are refused.
        fits: whether a text within `longest` fits in its cleaned form too; None where every one does.
    """

    longest: int | None = None
    strict: bool = False
    fits: Fits | None = None

    def statuses(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """int32 (n,): how each text must be answered. A text that is too long isn't looked into."""
        return np.array([self._status(text) for text in texts], np.int32)

    def _status(self, text: str) -> int:
        if self.longest is not None and len(text.encode("utf-8", "surrogatepass")) > self.longest:
            return TOO_LONG
        if self.strict and not _is_utf8(text):
            return NOT_UTF8
        return OK if self.fits is None or self.fits(text) else TOO_LONG


NO_LIMITS = Limits()


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Reference:
    """A bundle in whole numbers and its answers.

    Attributes:
        folder: of the bundle.
        source: the model.
    """

    folder: Path
    source: Source

    @classmethod
    def open(cls, folder: Path) -> Reference:
        """Raises ArtifactError: no bundle, a damaged one, or one that isn't in whole numbers."""
        return cls(folder, open_source(folder))

    @property
    def kind(self) -> str:
        """`tables` or `rows`."""
        return "tables" if self.source.rows is None else "rows"

    @property
    def n_logits(self) -> int:
        return self.source.n_logits

    @property
    def n_classes(self) -> int:
        return len(self.source.space.classes)

    @cached_property
    def own(self) -> tuple[str, ...]:
        """What the model knows: its characters, or its n-grams."""
        if self.source.rows is None:
            tokenizer = self.source.tokenizer
            # Of bytes, the alphabet says which bytes occur, not which characters.
            return () if tokenizer.unit == "bytes" else tuple(tokenizer.alphabet)
        return tuple(term for block in self.source.rows.vectorizer.blocks for term in block.vocabulary)

    def answer(self, texts: Sequence[str]) -> Answers:
        """By NumPy alone."""
        return self.completed(*self.source.logits(texts))

    def completed(self, logits: NDArray[np.float32], known: Known) -> Answers:
        """Probabilities and decisions of logits (n, n_logits), by NumPy."""
        space, thresholds = self.source.space, self.source.thresholds
        probabilities = answered(self.source.link(logits, space.task), known, space, thresholds)
        decided = decide(probabilities, thresholds, space.task)
        return Answers(np.zeros(len(logits), np.int32), logits, probabilities, decided, known)

    def names(self, decided: NDArray[np.bool_]) -> list[str]:
        """What one row of decisions says."""
        return self.source.space.said(decided)

    def decided(self, said: Sequence[Sequence[str]]) -> NDArray[Any]:
        """The inverse of `names` for several texts; bool (n, n_classes)."""
        columns = {name: place for place, name in enumerate(self.source.space.classes)}
        out = np.zeros((len(said), self.n_classes), np.bool_)
        for row, names in enumerate(said):
            # Of a binary task, the name of what isn't the class is no column.
            out[row, [columns[name] for name in names if name in columns]] = True
        return out
