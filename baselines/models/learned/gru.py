"""A bidirectional GRU over words that answers by NumPy alone, one text at a time, so that no text depends on others.

With PyTorch's gates: `r = σ(W_r x + U_r h)`, `z = σ(W_z x + U_z h)`, `n = tanh(W_n x + r · (U_n h))`,
`h' = n + z · (h - n)`, biases left out here. What a word adds to the gates depends on the word alone, so it is computed
once a word, and a look-up afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.storage.weights import require_array

Array = NDArray[np.float32]

NAMES = ("embedding", "input", "input_bias", "hidden", "hidden_bias", "head", "head_bias")
# So that no sum leaves float32: a word's gates are at most this squared times the embedding's numbers.
_MOST = 1e9
# Numbers of the look-up, and what of them is computed in one product.
MAX_LOOKUP, _AT_ONCE = 1 << 26, 1 << 16


@dataclass(frozen=True)
class Gru:
    """Weights in the order of PyTorch's gates, reset, update, new; both directions, forward and backward.

    Attributes:
        embedding: float32 (n_ids, d).
        input: float32 (2, 3 H, d), and `input_bias` (2, 3 H).
        hidden: float32 (2, 3 H, H), and `hidden_bias` (2, 3 H).
        head: float32 (n_classes, 4 H) over mean and maximum, and `head_bias` (n_classes,).
    """

    embedding: Array
    input: Array
    input_bias: Array
    hidden: Array
    hidden_bias: Array
    head: Array
    head_bias: Array

    @classmethod
    def of(cls, weights: Mapping[str, NDArray[Any]]) -> Gru:
        """From the names of PyTorch's parameters (`baselines.models.rnn.WordGRU`)."""

        def both(name: str) -> Array:
            return np.stack([np.asarray(weights[f"gru.{name}_l0{way}"], np.float32) for way in ("", "_reverse")])

        return cls(
            np.asarray(weights["embedding.weight"], np.float32),
            both("weight_ih"),
            both("bias_ih"),
            both("weight_hh"),
            both("bias_hh"),
            np.asarray(weights["head.weight"], np.float32),
            np.asarray(weights["head.bias"], np.float32),
        )

    def check(self, n_ids: int, n_classes: int) -> None:
        """Raise ArtifactError unless the arrays fit together, and the look-up into memory."""
        size = self.hidden.shape[-1] if self.hidden.ndim == 3 else 0
        dim = self.embedding.shape[-1] if self.embedding.ndim == 2 else 0
        if min(size, dim) < 1 or n_ids * 6 * size > MAX_LOOKUP:
            raise ArtifactError(
                f"hidden and embedding: 1 number a word at least, and at most {MAX_LOOKUP} of all words' gates are "
                f"allowed, got {n_ids} words of {6 * size}"
            )
        shapes: Mapping[str, tuple[int, ...]] = {
            "embedding": (n_ids, dim),
            "input": (2, 3 * size, dim),
            "input_bias": (2, 3 * size),
            "hidden": (2, 3 * size, size),
            "hidden_bias": (2, 3 * size),
            "head": (n_classes, 4 * size),
            "head_bias": (n_classes,),
        }
        for name, shape in shapes.items():
            require_array(name, getattr(self, name), "float32", shape)
            if (largest := float(np.abs(getattr(self, name)).max())) > _MOST:
                raise ArtifactError(f"{name}: numbers up to {_MOST:g} are allowed, got {largest:g}")

    def prepare(self) -> None:
        """Compute what doesn't depend on a text: once, before several threads ask."""
        _ = self._gates, self._recurrent

    @cached_property
    def _gates(self) -> Array:
        """What each word adds to the gates of both directions; float32 (n_ids, 2, 3 H).

        The halves of reset and update: `σ(x) = tanh(x / 2) / 2 + 1 / 2`, so that one call serves both.
        """
        out = np.empty((len(self.embedding), 2, self.input.shape[1]), np.float32)
        weights = np.concatenate(list(self.input)).T  # (d, 6 H)
        rows = max(1, _AT_ONCE // weights.shape[1])
        for start in range(0, len(out), rows):
            part = slice(start, start + rows)
            out[part] = (self.embedding[part] @ weights).reshape(-1, *out.shape[1:]) + self.input_bias
        out[:, :, : 2 * self._size] *= np.float32(0.5)
        return out

    @cached_property
    def _recurrent(self) -> tuple[Array, Array]:
        """(2, H, 3 H) and (2, 3 H), with the same halves."""
        halves = np.repeat(np.array([0.5, 0.5, 1.0], np.float32), self._size)
        return np.ascontiguousarray(self.hidden.transpose(0, 2, 1)) * halves, self.hidden_bias * halves

    @property
    def _size(self) -> int:
        return int(self.hidden.shape[2])

    def logits(self, ids: NDArray[np.int64]) -> Array:
        """Of one text's words (length,); float32 (n_classes,). A text without words is read as one of padding."""
        if not len(ids):
            ids = np.zeros(1, np.int64)
        states = self._states(ids)
        pooled = np.concatenate([states.mean(axis=0), states.max(axis=0)])
        logits: Array = (self.head @ pooled + self.head_bias).astype(np.float32)
        return logits

    def _states(self, ids: NDArray[np.int64]) -> Array:
        """Of each word; float32 (length, 2 H), forward beside backward."""
        size, (weights, bias) = self._size, self._recurrent
        given = np.stack([self._gates[ids, 0], self._gates[ids[::-1], 1]], axis=1)  # (length, 2, 3 H)
        states, state = np.empty((len(ids), 2, size), np.float32), np.zeros((2, size), np.float32)
        half = np.float32(0.5)
        for at, own in enumerate(given):
            past = (state[:, None] @ weights)[:, 0] + bias
            gates = half * np.tanh(own[:, : 2 * size] + past[:, : 2 * size]) + half
            new = np.tanh(own[:, 2 * size :] + gates[:, :size] * past[:, 2 * size :])
            state = new + gates[:, size:] * (state - new)
            states[at] = state
        return np.concatenate([states[:, 0], states[::-1, 1]], axis=1)
