"""What a pipeline's numbers are, step by step: blocks of n-grams, and a linear map of them.

Before its classifier a pipeline that can be taken over computes `x = matrix · v + offset`, where v are the values of
blocks of n-grams, each group of them divided by its norm. Every step changes one of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from baselines.text.hashing import Hashing
from baselines.text.ngram_settings import MAX_BLOCKS, NgramSettings, Norm
from baselines.text.token_reading import TokenReading
from compress.foreign.pipelines.refusal import MAX_COLUMNS, MAX_NUMBERS, refused

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """n-grams of one vectorizer, before it is known which rows are needed.

    Attributes:
        settings: which n-grams.
        reading: of the texts.
        idf: float64, of each column.
        terms: of each column, sorted; empty for a hashed block.
        hashing: of a hashed block.
        buckets: int64, of each column of a hashed block, ascending.
    """

    settings: NgramSettings
    reading: TokenReading
    idf: Floats
    terms: tuple[str, ...] = ()
    hashing: Hashing | None = None
    buckets: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.idf)

    def only(self, keep: NDArray[Any]) -> Block:
        """Some of the columns, by number; the others have never been."""
        if self.hashing is None or self.buckets is None:
            return replace(self, idf=self.idf[keep], terms=tuple(self.terms[n] for n in keep.tolist()))
        hashing = self.hashing if len(keep) == len(self) else replace(self.hashing, counted=False)
        return replace(self, idf=self.idf[keep], buckets=self.buckets[keep], hashing=hashing)


@dataclass(frozen=True)
class Features:
    """`matrix · v + offset`.

    Attributes:
        blocks: whose values, side by side, are v.
        matrix: sparse or dense, (n_out, n_in).
        offset: (n_out,).
    """

    blocks: tuple[Block, ...]
    matrix: Any
    offset: Floats

    @classmethod
    def of(cls, block: Block, order: NDArray[Any]) -> Features:
        """A vectorizer's columns; `order` gives the block's column for each, or -1 for one that is always 0."""
        found = np.flatnonzero(order >= 0)
        shape = (len(order), len(block))
        matrix = sparse.csr_matrix((np.ones(len(found)), (found, order[found])), shape=shape)
        return cls((block,), matrix, np.zeros(len(order)))

    @property
    def n_out(self) -> int:
        return int(self.matrix.shape[0])

    def scaled(self, by: Floats) -> Features:
        """Each number times its own factor."""
        scale = sparse.diags(by) if sparse.issparse(self.matrix) else None
        matrix = self.matrix * by[:, None] if scale is None else (scale @ self.matrix).tocsr()
        return replace(self, matrix=matrix, offset=self.offset * by)

    def moved(self, by: Floats) -> Features:
        """A number added to each."""
        return replace(self, offset=self.offset + by)

    def chosen(self, keep: NDArray[Any]) -> Features:
        """Some of the numbers, by place."""
        return replace(self, matrix=self.matrix[keep], offset=self.offset[keep])

    def projected(self, step: Any, components: Floats) -> Features:
        """`components · x`; dense."""
        if components.shape[0] * self.matrix.shape[1] > MAX_NUMBERS:
            raise refused(
                step,
                f"{components.shape[0]} components of {self.matrix.shape[1]:,} n-grams exceed {MAX_NUMBERS:,} numbers",
                "use fewer components or n-grams",
            )
        matrix = np.asarray((self.matrix.T @ components.T).T)
        return replace(self, matrix=matrix, offset=components @ self.offset)

    def folded(self, weights: Floats) -> tuple[Floats, Floats]:
        """What a linear model over these numbers is over v: weights (n, n_in), and what its intercepts gain (n,)."""
        return np.asarray((self.matrix.T @ weights.T).T), weights @ self.offset

    def plain(self, step: Any, what: str) -> tuple[NDArray[Any], Floats]:
        """Which column of v each number is, -1 for none, and what it is multiplied by.

        Refuses where numbers are sums of several columns, or have an offset.
        """
        if not sparse.issparse(self.matrix) or self.offset.any():
            raise refused(step, f"{what} behind a step that mixes n-grams", "leave it out, or put it in front")
        matrix = self.matrix.tocoo()
        used, rows = matrix.data != 0, matrix.row
        rows, columns, data = rows[used], matrix.col[used], matrix.data[used]
        if len(np.unique(rows)) != len(rows) or len(np.unique(columns)) != len(columns):
            raise refused(step, f"{what} where an n-gram counts several times", "leave one of the two out of the union")
        place, factor = np.full(self.n_out, -1), np.zeros(self.n_out)
        place[rows], factor[rows] = columns, data
        return place, factor

    def reduced(self, place: NDArray[Any], factor: Floats) -> Features:
        """The same numbers by blocks without the columns that none of them is, their factors taken into the idf."""
        blocks, new, start, moved = [], np.full(self.matrix.shape[1] + 1, -1), 0, 0
        by_column = np.ones(self.matrix.shape[1])
        by_column[place[place >= 0]] = factor[place >= 0]
        used = np.zeros(self.matrix.shape[1], bool)
        used[place[place >= 0]] = True
        for block in self.blocks:
            keep = np.flatnonzero(used[start : start + len(block)])
            new[start + keep] = moved + np.arange(len(keep))
            own = block.only(keep)
            blocks.append(replace(own, idf=own.idf * by_column[start + keep]))
            start, moved = start + len(block), moved + len(keep)
        order = new[place]
        found = np.flatnonzero(order >= 0)
        matrix = sparse.csr_matrix((np.ones(len(found)), (found, order[found])), shape=(len(place), moved))
        return Features(tuple(blocks), matrix, np.zeros(len(place)))

    def normalised(self, step: Any, norm: str | None) -> Features:
        """Divided by the norm of all numbers of a text; a norm that all n-grams share already cancels out."""
        if norm is None:
            return self
        if norm not in ("l1", "l2"):
            raise refused(step, f"norm={norm!r}", "fit it with l2, l1 or None")
        groups = sum(not block.settings.joined for block in self.blocks)
        if groups > 1 and any(block.settings.norm != "none" for block in self.blocks):
            raise refused(step, "a norm over blocks that have norms of their own", "fit the vectorizers with norm=None")
        done = self.reduced(*self.plain(step, "a norm"))
        own: Norm = "l1" if norm == "l1" else "l2"
        blocks = [
            replace(block, settings=replace(block.settings, norm=own, joined=number > 0))
            for number, block in enumerate(done.blocks)
        ]
        return replace(done, blocks=tuple(blocks))

    def sublinear(self, step: Any) -> Features:
        """1 + ln(tf) in place of tf; of counts alone."""
        _, factor = self.plain(step, "sublinear_tf")
        touched = any(
            block.settings.sublinear or block.settings.norm != "none" or (block.idf != 1).any() for block in self.blocks
        )
        signed = any(block.hashing is not None and block.hashing.signed for block in self.blocks)
        if touched or signed or (factor[factor != 0] != 1).any():
            raise refused(
                step, "sublinear_tf of something else than counts", "put it right behind a vectorizer without signs"
            )
        blocks = [
            block if block.settings.binary else replace(block, settings=replace(block.settings, sublinear=True))
            for block in self.blocks
        ]
        return replace(self, blocks=tuple(blocks))

    def binarised(self, step: Any) -> Features:
        """1 for each number above 0, else 0."""
        place, factor = self.plain(step, "a threshold")
        signed = any(block.hashing is not None and block.hashing.signed for block in self.blocks)
        if signed or (factor < 0).any() or any((block.idf <= 0).any() for block in self.blocks):
            raise refused(step, "a threshold on numbers that may be negative", "use alternate_sign=False")
        done = self.reduced(place, factor)
        plain = [
            replace(
                block,
                settings=replace(block.settings, binary=True, sublinear=False, norm="none", joined=False),
                idf=np.ones(len(block)),
            )
            for block in done.blocks
        ]
        return replace(done, blocks=tuple(plain))


def side_by_side(step: Any, parts: Sequence[Features], *, shared: bool) -> Features:
    """What a union gives.

    Args:
        step: named in errors.
        parts: what each of its members gives, in order.
        shared: whether all were made from the same numbers, else each from the texts.
    """
    offset = np.concatenate([part.offset for part in parts])
    if shared:
        if any(part.blocks is not parts[0].blocks for part in parts):
            raise refused(
                step, "a union over numbers, a member of which has a norm or threshold", "put it behind the union"
            )
        stack = sparse.vstack if all(sparse.issparse(part.matrix) for part in parts) else None
        matrices = [part.matrix for part in parts]
        if stack is not None:
            return replace(parts[0], matrix=stack(matrices).tocsr(), offset=offset)
        full = [matrix.toarray() if sparse.issparse(matrix) else matrix for matrix in matrices]
        return replace(parts[0], matrix=np.concatenate(full), offset=offset)
    blocks = tuple(block for part in parts for block in part.blocks)
    if len(blocks) > MAX_BLOCKS or sum(map(len, blocks)) > MAX_COLUMNS:
        raise refused(
            step,
            f"{len(blocks)} vectorizers with {sum(map(len, blocks)):,} columns; up to {MAX_BLOCKS} with "
            f"{MAX_COLUMNS:,} are allowed",
            "use fewer",
        )
    return Features(blocks, sparse.block_diag([part.matrix for part in parts], format="csr"), offset)
