"""The table form of the character CNN: rows are added, nothing is multiplied. NumPy only, to be served anywhere.

With E the embedding (V, d) and W_f the filters of width f (N_f, d, f), the response of a filter at position t is
`sum_k T_f[k, x[t + k - left]]` with `T_f[k] = E @ W_f[:, :, k].T` (V, N_f); the text is surrounded by padding (id 0,
a zero row), `left = (f - 1) // 2`, and the maximum runs over t = 0 .. max(L, 1) - 1. The convolution's bias and `fc2
· fc1` fold into one matrix and one bias.

A floor for each filter holds a ReLU, before or behind the maximum: `relu(max_t r + b) = max(-b, max_t r) + b`, so the
response is `max(floor, max_t r)` with the floor -b, and b folds into the one bias as it does without a ReLU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.text.tokenizer import PAD_ID, Ids

# int16 accumulators hold width * 127 exactly up to this width.
MAX_WIDTH = 32767 // 127
# int32 sums of the head hold every product exactly up to this sum of width * filters, over all widths.
MAX_REACH = 0x7FFFFFFF // (127 * 127)
# Ids fit in one byte. With the reach it bounds the tables: 34 million values.
MAX_IDS = 256
# Classes times filters. What explains an answer takes 24 bytes for each.
MAX_HEAD_VALUES = 1 << 24
# What two digits of base 255 hold, as floors are stored; only filters of the two largest widths reach further.
MAX_FLOOR = 127 * 255 + 127
# Positions summed at once, so that what lies between the sums stays in the cache however long a text is.
STRETCH = 1024
# Sums of all filters at the positions of a stretch: a model of very many filters has shorter stretches.
MAX_SUMS = 1 << 22


def check_sizes(tables: Sequence[tuple[int, ...]], head: tuple[int, ...]) -> None:
    """Raise ArtifactError unless tables and head of these shapes fit together and can be run; nothing else is needed.

    Args:
        tables: (width, V, filters) of each table, in any order.
        head: (classes, filters).
    """
    if not tables or not all(len(shape) == 3 and min(shape) >= 1 for shape in tables) or len(head) != 2:
        raise ArtifactError(
            "tables: at least one of shape (width, ids, filters) is needed, and a head (classes, filters)"
        )
    widths, n_ids = [shape[0] for shape in tables], tables[0][1]
    if len(set(widths)) != len(widths) or max(widths) > MAX_WIDTH:
        raise ArtifactError(f"tables: distinct widths of at most {MAX_WIDTH} (int16 accumulators) are needed")
    if not 2 <= n_ids <= MAX_IDS or any(shape[1] != n_ids for shape in tables):
        raise ArtifactError(
            f"tables: 2 to {MAX_IDS} ids are allowed, as many in each, got {[s[1] for s in tables][:9]}"
        )
    if (reach := sum(width * count for width, _, count in tables)) > MAX_REACH:
        raise ArtifactError(
            f"head: the sum could reach {127 * 127 * reach}, more than int32 holds; use fewer or narrower filters"
        )
    if head[1] != sum(shape[2] for shape in tables):
        raise ArtifactError(f"head: expected (classes, {sum(shape[2] for shape in tables)}) of all filters, got {head}")
    if not 1 <= head[0] * head[1] <= MAX_HEAD_VALUES:
        raise ArtifactError(f"head: 1 to {MAX_HEAD_VALUES} values are allowed, got {head[0]} x {head[1]}")


def check_floors(floors: NDArray[np.int16] | None, n_filters: int) -> None:
    """Raise ArtifactError unless there are none, or one for each filter that can be stored."""
    if floors is None:
        return
    if floors.dtype != np.int16 or floors.shape != (n_filters,):
        raise ArtifactError(f"floors: expected int16 ({n_filters},), got {floors.dtype} {floors.shape}")
    if int(floors.min()) < -MAX_FLOOR or int(floors.max()) > MAX_FLOOR:
        raise ArtifactError(f"floors: values must lie in {-MAX_FLOOR}..{MAX_FLOOR}")


@dataclass(frozen=True)
class FloatTables:
    """Exact table form.

    Attributes:
        tables: per width f ascending, float32 (f, V, N_f); row 0 of each (padding) is zero.
        head: float32 (C, N), filters in the order of `tables`.
        bias: float32 (C,), the filters' biases folded in.
        floors: float32 (N,) that no response is below, finite; None where there are none.
    """

    tables: tuple[NDArray[np.float32], ...]
    head: NDArray[np.float32]
    bias: NDArray[np.float32]
    floors: NDArray[np.float32] | None = None

    def pooled(self, ids: Ids) -> NDArray[np.float32]:
        """Largest response of each filter or its floor, without bias; (N,)."""
        largest = np.concatenate([_max_over_time(table, ids) for table in self.tables])
        return largest if self.floors is None else np.maximum(largest, self.floors)

    def logits(self, ids: Ids) -> NDArray[np.float32]:
        """(C,) for one text."""
        logits: NDArray[np.float32] = self.head @ self.pooled(ids) + self.bias
        return logits


@dataclass(frozen=True)
class IntTables:
    """Weight-only int8 table form: integers up to the last step, so every implementation agrees bit for bit.

    `logits[c] = scale[c] * sum_n head[c, n] * pooled[n] + bias[c]`, the sum in int32, the rest in float32.
    The scale of each filter is folded into `head` before `head` is rounded.

    Attributes:
        tables: per width f ascending, int8 (f, V, N_f) in -127..127; row 0 of each is zero.
        head: int8 (C, N) in -127..127.
        scale: float32 (C,).
        bias: float32 (C,).
        floors: int16 (N,) that no response is below, in the units of the filter's table, -MAX_FLOOR to MAX_FLOOR; None
            where there are none.
    """

    tables: tuple[NDArray[np.int8], ...]
    head: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    floors: NDArray[np.int16] | None = None

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(table.shape[0] for table in self.tables)

    @property
    def n_ids(self) -> int:
        return int(self.tables[0].shape[1])

    @property
    def n_filters(self) -> int:
        return int(self.head.shape[1])

    @cached_property
    def _by_offset(self) -> tuple[tuple[int, NDArray[np.int16]], ...]:
        # A wider window covers a narrower one on both sides, and widths ascend: the filters that look at one offset
        # from the centre are the last ones. One gather an offset serves all of them; int16 (V, N - start) each.
        reach = self.widths[-1]
        found = []
        for offset in range(-((reach - 1) // 2), reach - (reach - 1) // 2):
            looking = [t[offset + (len(t) - 1) // 2] for t in self.tables if 0 <= offset + (len(t) - 1) // 2 < len(t)]
            rows = np.concatenate(looking, axis=1).astype(np.int16)
            found.append((self.n_filters - rows.shape[1], rows))
        return tuple(found)

    def check(self) -> None:
        """Raise ArtifactError unless shapes fit together, padding rows are zero, and no accumulator can overflow."""
        check_sizes([table.shape for table in self.tables], self.head.shape)
        if list(self.widths) != sorted(set(self.widths)):
            raise ArtifactError(f"tables: widths must ascend, got {self.widths}")
        for table in self.tables:
            if table.dtype != np.int8:
                raise ArtifactError(f"tables: expected int8 (width, ids, filters), got {table.dtype} {table.shape}")
            if table[:, PAD_ID].any():
                raise ArtifactError("tables: the padding row must be zero")
            if (table == -128).any():
                raise ArtifactError("tables: values must lie in -127..127")
        n_classes = len(self.head)
        if self.head.dtype != np.int8 or int(self.head.min()) == -128:
            raise ArtifactError(f"head: expected int8 (classes, filters) in -127..127, got {self.head.dtype}")
        if self.scale.shape != (n_classes,) or self.bias.shape != (n_classes,):
            raise ArtifactError(
                f"scale and bias: expected ({n_classes},), got {self.scale.shape} and {self.bias.shape}"
            )
        if not (np.isfinite(self.scale).all() and np.isfinite(self.bias).all()):
            raise ArtifactError("scale and bias: every value must be finite")
        check_floors(self.floors, self.n_filters)

    def responses(self, ids: Ids) -> NDArray[np.int16]:
        """Response of every filter at every position; int16 (max(L, 1), N), contiguous by position."""
        return self._responses(_padded(ids, self.widths[-1]), 0, max(len(ids), 1))

    def pooled(self, ids: Ids) -> NDArray[np.int16]:
        """Largest response of each filter, or its floor; int16 (N,)."""
        padded, length = _padded(ids, self.widths[-1]), max(len(ids), 1)
        stretch = stretch_of(self.n_filters)
        largest: NDArray[np.int16] = self._responses(padded, 0, min(stretch, length)).max(axis=0)
        for start in range(stretch, length, stretch):
            np.maximum(largest, self._responses(padded, start, min(stretch, length - start)).max(axis=0), out=largest)
        return largest if self.floors is None else np.maximum(largest, self.floors)

    def _responses(self, padded: NDArray[np.intp], start: int, length: int) -> NDArray[np.int16]:
        """Responses at `length` positions from `start` on; int16 (length, N)."""
        total = np.zeros((length, self.n_filters), np.int16)
        for offset, (first, rows) in enumerate(self._by_offset, start):
            total[:, first:] += rows[padded[offset : offset + length]]
        return total

    def winners(self, ids: Ids) -> NDArray[np.int64]:
        """Position t of each filter's first largest response, whatever its floor; (N,)."""
        first: NDArray[np.int64] = self.responses(ids).argmax(axis=0)
        return first

    def logits(self, ids: Ids) -> NDArray[np.float32]:
        """(C,) for one text; the reference that the C kernel equals bit for bit."""
        total = self.head.astype(np.int32) @ self.pooled(ids).astype(np.int32)  # (C,)
        return self.scale * total.astype(np.float32) + self.bias


def _max_over_time(table: NDArray[np.float32], ids: Ids) -> NDArray[np.float32]:
    """Maximum over all windows of one width; (N_f,)."""
    width, length = len(table), max(len(ids), 1)
    padded = _padded(ids, width)
    stretches = []
    for start in range(0, length, STRETCH):
        stop = min(start + STRETCH, length)
        total = table[0][padded[start:stop]]  # (positions, N_f)
        for k in range(1, width):
            total += table[k][padded[start + k : stop + k]]
        stretches.append(total.max(axis=0))
    largest: NDArray[np.float32] = np.max(stretches, axis=0)
    return largest


def stretch_of(n_filters: int) -> int:
    """Positions that are summed at once where there are so many filters."""
    return max(1, min(STRETCH, MAX_SUMS // n_filters))


def _padded(ids: Ids, width: int) -> NDArray[np.intp]:
    """Ids with the padding that the windows of this width at the first and the last position look into."""
    left = (width - 1) // 2
    padded = np.full(max(len(ids), 1) + width - 1, PAD_ID, np.intp)
    padded[left : left + len(ids)] = ids
    return padded
