"""Sparse rows of many texts as one matrix in CSR form, cut into blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.text.ngrams import Row

# Texts answered at once: enough that NumPy's calls are shared by many, few enough that no block is large.
BLOCK_TEXTS = 256


@dataclass(frozen=True)
class Rows:
    """Rows of several texts.

    Attributes:
        starts: int64 (n_texts + 1,), where each text's columns begin.
        columns: whole numbers (n_values,), each once a text.
        values: float32 (n_values,).
    """

    starts: NDArray[np.int64]
    columns: NDArray[Any]
    values: NDArray[Any]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Rows:
        """Of single rows."""
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)], dtype=np.int64)
        if not rows:
            return cls(starts, np.zeros(0, np.intp), np.zeros(0, np.float32))
        columns = np.concatenate([columns for columns, _ in rows])
        return cls(starts, columns, np.concatenate([values for _, values in rows]).astype(np.float32, copy=False))

    def __len__(self) -> int:
        """Texts."""
        return len(self.starts) - 1

    def block(self, start: int) -> Rows:
        """BLOCK_TEXTS texts from number `start` on, fewer at the end."""
        starts = self.starts[start : start + BLOCK_TEXTS + 1]
        span = slice(starts[0], starts[-1])
        return Rows(starts - starts[0], self.columns[span], self.values[span])

    def row(self, number: int) -> Row:
        """One text's columns and values."""
        span = slice(self.starts[number], self.starts[number + 1])
        return self.columns[span], self.values[span]

    def dense(self, number: int, width: int) -> NDArray[np.float32]:
        """One text's row with its zeros; float32 (width,)."""
        columns, values = self.row(number)
        out = np.zeros(width, np.float32)
        out[columns] = values
        return out
