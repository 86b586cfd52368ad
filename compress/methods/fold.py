"""Fold (exact): embedding and convolution become tables, `fc2 · fc1` one matrix, filters that cannot matter go.

With E the embedding (V, d) and W_f the filters of width f (N_f, d, f): `T_f[k] = E @ W_f[:, :, k].T` (V, N_f). No
non-linearity stands between the maximum and the logits but perhaps a ReLU, so `head = W2 @ W1`, and the filters'
biases join its bias. The ReLU becomes a floor for each filter: `relu(m + b) = max(m, -b) + b`.
Everything is computed in float64 and rounded once; what remains is float rounding (parity about 1e-6).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from baselines.classifier import Classifier
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNN, CharCNNClassifier
from baselines.storage.configs import CheckedFields
from baselines.text.tokenizer import PAD_ID
from compress.formats.packed import Factors, StoredTables, pack
from compress.formats.tables import FloatTables
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier
from compress.method import Context, Outcome, Receipt, require_touched

Float64 = NDArray[np.float64]
# Tables that differ by less, relative to their largest value, are one table: below float32 rounding.
SAME = 1e-7


@dataclass(frozen=True)
class FoldConfig(CheckedFields):
    """Settings of `fold`.

    Attributes:
        remove_filters: leave out filters with a zero head column, all-zero tables, a floor that no response is above,
            or tables and floor proportional to another's.
    """

    remove_filters: bool = True


@dataclass(frozen=True)
class Folded:
    """Result of the pure function: the tables and what was left out."""

    tables: FloatTables
    dead: int
    merged: int


def apply(parent: Classifier, config: FoldConfig, context: Context) -> Outcome:
    """Fold a character CNN, or leave out the filters of an integer table model whose head columns became zero.

    Raises:
        NotCompressible: nothing to fold.
    """
    if isinstance(parent, IntTableClassifier):
        return _fold_integers(parent)
    if not isinstance(parent, CharCNNClassifier):
        raise NotCompressible(
            f"fold: needs a character CNN, got {parent.kind!r}; it applies to the CNN, pruned or distilled, before or "
            "after quantize"
        )
    folded = fold_module(parent.module, remove_filters=config.remove_filters)
    child = FloatTableClassifier(folded.tables, parent.tokenizer, parent.space_)
    child.thresholds_ = parent.thresholds_.copy()
    before = sum(p.numel() for p in parent.module.parameters())
    after = count_parameters(folded.tables)
    notes = [
        f"exact: {before} parameters became {after}",
        f"{folded.dead} dead and {folded.merged} duplicate filters left out",
    ]
    if after > before:
        notes.append("the tables are larger than the layers they stand for: faster, not smaller, until quantized")
    facts = {"parameters_before": before, "parameters_after": after, "dead": folded.dead, "merged": folded.merged}
    return child, Receipt("fold", before, 4 * after, tuple(notes), facts)


def fold_module(module: CharCNN, *, remove_filters: bool = True) -> Folded:
    """The table form of a character CNN; the module is only read.

    Returns:
        tables per width f ascending (f, V, N_f), head (C, N), bias (C,), floors (N,) or None, in float32.
    """
    embedding, filters, head, bias = float_parts(module)
    model = _Exact(tuple(embedding @ weights for weights in filters), head, bias, float_floors(module))
    dead = merged = 0
    if remove_filters:
        model, dead = _without_dead(model)
        model, merged = _without_duplicates(model)
    single = [np.ascontiguousarray(each, np.float32) for each in (*model.tables, model.head, model.bias)]
    floors = None if model.floors is None else model.floors.astype(np.float32)
    return Folded(FloatTables(tuple(single[:-2]), single[-2], single[-1], floors), dead, merged)


@dataclass(frozen=True)
class _Exact:
    """Tables as in `FloatTables`, in float64."""

    tables: tuple[Float64, ...]
    head: Float64
    bias: Float64
    floors: Float64 | None

    def keep(self, keep: NDArray[np.bool_]) -> _Exact:
        """Some of the filters, bool (N,); a width without any is left out."""
        parts = np.split(keep, np.cumsum([table.shape[2] for table in self.tables])[:-1])
        tables = tuple(table[:, :, part] for table, part in zip(self.tables, parts, strict=True) if part.any())
        return _Exact(tables, self.head[:, keep], self.bias, None if self.floors is None else self.floors[keep])


def float_floors(module: CharCNN) -> Float64 | None:
    """Float64 (N,) by width: what no filter's response without its bias is below; None without a ReLU."""
    if not module.shape.relu:
        return None
    return -np.concatenate([_numpy(module.biases[i]) for i in _by_width(module)])


def _by_width(module: CharCNN) -> list[int]:
    """Numbers of the convolutions, widths ascending."""
    return sorted(range(len(module.convs)), key=lambda i: module.shape.filters[i][0])


def float_parts(module: CharCNN) -> tuple[Float64, tuple[Float64, ...], Float64, Float64]:
    """Float64 copies: embedding (V, d) with a zero padding row, filters (f, d, N_f) by width, folded head and bias."""
    order = _by_width(module)
    embedding = _numpy(module.embedding.weight)
    embedding[PAD_ID] = 0.0
    filters = tuple(_numpy(module.weights[i]).transpose(2, 1, 0) for i in order)
    head, bias = _numpy(module.fc2.weight), _numpy(module.fc2.bias)
    if module.fc1 is not None:
        bias = bias + head @ _numpy(module.fc1.bias)
        head = head @ _numpy(module.fc1.weight)
    ends = np.cumsum([0] + [count for _, count in module.shape.filters])
    columns = np.concatenate([np.arange(ends[i], ends[i + 1]) for i in order])
    conv_bias = np.concatenate([_numpy(module.biases[i]) for i in order])
    head = head[:, columns]
    return embedding, filters, head, bias + head @ conv_bias


def count_parameters(tables: FloatTables) -> int:
    """Numbers stored: tables, head, bias, floors."""
    n_floors = 0 if tables.floors is None else tables.floors.size
    return int(sum(table.size for table in tables.tables) + tables.head.size + tables.bias.size + n_floors)


def _numpy(tensor: Any) -> Float64:
    assert isinstance(tensor, Tensor)
    return np.array(tensor.detach().cpu().numpy(), np.float64)


def _without_dead(model: _Exact) -> tuple[_Exact, int]:
    # The largest response that any text can reach: of all-zero tables 0. A zero column of the head ignores it anyhow.
    reach = np.concatenate([table.max(axis=1).sum(axis=0) for table in model.tables])
    constant = np.concatenate([np.abs(table).max(axis=(0, 1)) == 0 for table in model.tables])
    value = np.zeros(len(reach))
    if model.floors is not None:
        constant |= model.floors >= reach
        value = np.maximum(model.floors, reach)
    alive = ~constant & np.abs(model.head).any(axis=0)
    alive[0] |= not alive.any()  # a model needs one filter
    bias = model.bias + model.head @ np.where(constant & ~alive, value, 0.0)
    return replace(model, bias=bias).keep(alive), int((~alive).sum())


def _without_duplicates(model: _Exact) -> tuple[_Exact, int]:
    # Proportional tables (with a positive factor) win at the same place: their head columns add up, scaled. So must be
    # their floors.
    head, keep = model.head.copy(), np.ones(model.head.shape[1], bool)
    first = 0
    for table in model.tables:
        flat = table.reshape(-1, table.shape[2]).T  # (N_f, f V)
        size = np.abs(flat).max(axis=1)
        if model.floors is not None:
            flat = np.concatenate([flat, model.floors[first : first + len(flat), None]], axis=1)
        directions = flat / np.where(size > 0, size, 1.0)[:, None]
        seen: dict[bytes, int] = {}
        for n, direction in enumerate(directions):
            # Rounded keys find candidates; the comparison decides.
            other = seen.setdefault((np.rint(direction * 1e5) + 0.0).tobytes(), n)
            if other != n and np.abs(direction - directions[other]).max() <= SAME:
                head[:, first + other] += head[:, first + n] * size[n] / size[other]
                keep[first + n] = False
        first += len(directions)
    return replace(model, head=head).keep(keep), int((~keep).sum())


def _fold_integers(parent: IntTableClassifier) -> Outcome:
    stored = parent.stored
    alive = np.abs(stored.tables.head.astype(np.int16)).any(axis=0)
    # All-zero tables respond with 0, or with their floor where that is higher: then it stays, as no bias is moved here.
    responds = np.concatenate([table.any(axis=(0, 1)) for table in stored.tables.tables])
    alive &= responds if stored.tables.floors is None else responds | (stored.tables.floors > 0)
    alive[0] |= not alive.any()
    touched = int((~alive).sum())
    smaller = keep_filters(stored, alive)
    promised = sum(len(pack(values)) for values in smaller.parts().values()) + 4 * 2 * len(parent.classes_)
    receipt = Receipt("fold", touched, promised, (f"exact: {touched} dead filters left out",), {"dead": touched})
    require_touched(receipt, "it is in table form already, and every filter matters")
    child = IntTableClassifier(smaller, parent.tokenizer, parent.space_)
    child.thresholds_ = parent.thresholds_.copy()
    return child, receipt


def keep_filters(stored: StoredTables, keep: NDArray[np.bool_]) -> StoredTables:
    """The same integer model with some of its filters, bool (N,); exact where the others don't matter."""
    ends = np.cumsum([table.shape[2] for table in stored.tables.tables])
    parts = list(np.split(keep, ends[:-1]))
    tables = tuple(t[:, :, p] for t, p in zip(stored.tables.tables, parts, strict=True) if p.any())
    factors = stored.factors
    if factors is not None:
        filters = tuple(f[:, :, p] for f, p in zip(factors.filters, parts, strict=True) if p.any())
        factors = Factors(factors.embedding, filters)
    floors = None if stored.tables.floors is None else stored.tables.floors[keep]
    return StoredTables(replace(stored.tables, tables=tables, head=stored.tables.head[:, keep], floors=floors), factors)
