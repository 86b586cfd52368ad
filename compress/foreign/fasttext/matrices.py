"""A fastText file's matrices, dense or product-quantised, read in stretches of rows.

Source: Jégou et al., "Product quantization" (2011), as in Joulin et al., "FastText.zip" (2016): a row's columns are cut
into parts of `dsub`, each part is one of 256 centroids, and where norms are stored apart a row is multiplied by one of
256 norms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from compress.foreign.fasttext.source import Source

Floats = NDArray[np.float32]
CENTROIDS = 256
# Of a stretch: 16 MB of float32.
_STRETCH = 1 << 22
# No number that a training ends with is near this, and products of such stay finite.
_MOST = 1e10


class Rows(Protocol):
    """A matrix in a file."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    def read(self, start: int, stop: int) -> Floats:
        """Some of its rows; float32 (stop - start, columns)."""


@dataclass(frozen=True)
class DenseRows:
    """float32 rows as they are."""

    source: Source
    offset: int
    shape: tuple[int, int]

    def read(self, start: int, stop: int) -> Floats:
        width = 4 * self.shape[1]
        content = self.source.stretch(self.offset + start * width, (stop - start) * width, "matrix")
        return np.frombuffer(content, "<f4").reshape(-1, self.shape[1])


@dataclass(frozen=True)
class Quantiser:
    """Centroids of each part of a row; the last part may be narrower.

    Attributes:
        columns: of a whole row.
        width: columns of a part.
        centroids: float32, those of one part after those of another, each (256, columns of the part).
    """

    columns: int
    width: int
    centroids: Floats

    @property
    def parts(self) -> int:
        """Bytes that a row takes."""
        return -(-self.columns // self.width)

    def rows(self, codes: NDArray[np.uint8]) -> Floats:
        """What codes (n, parts) stand for; float32 (n, columns)."""
        found = np.empty((len(codes), self.columns), np.float32)
        for part in range(self.parts):
            start, stop = part * self.width, min((part + 1) * self.width, self.columns)
            own = self.centroids[CENTROIDS * start : CENTROIDS * stop].reshape(CENTROIDS, stop - start)
            found[:, start:stop] = own[codes[:, part]]
        return found


@dataclass(frozen=True)
class CodedRows:
    """Rows as numbers of centroids; `norms` (256,) with their codes where those are stored apart."""

    source: Source
    offset: int
    shape: tuple[int, int]
    quantiser: Quantiser
    norms: Floats | None
    norms_offset: int

    def read(self, start: int, stop: int) -> Floats:
        width = self.quantiser.parts
        content = self.source.stretch(self.offset + start * width, (stop - start) * width, "codes")
        rows = self.quantiser.rows(np.frombuffer(content, np.uint8).reshape(-1, width))
        if self.norms is not None:
            codes = self.source.stretch(self.norms_offset + start, stop - start, "codes of norms")
            rows *= self.norms[np.frombuffer(codes, np.uint8)][:, None]
        return rows


def read_matrix(source: Source, what: str, columns: int, *, coded: bool) -> Rows:
    """Where a matrix lies, its sizes checked against the file's; the rows stay there.

    Args:
        what: its name for errors.
        columns: that it must have.
        coded: whether it is product-quantised.

    Raises:
        ArtifactError: other columns, sizes that contradict each other, or more than the file holds.
    """
    if not coded:
        rows, found = source.numbers("qq", what)
        _check_shape(source, what, rows, found, columns)
        return DenseRows(source, source.skip(4 * rows * columns, what), (rows, columns))
    apart = source.flag(f"{what}: whether norms are apart")
    rows, found, n_codes = source.numbers("qqi", what)
    _check_shape(source, what, rows, found, columns)
    offset = source.skip(n_codes, f"{what}: codes")
    quantiser = _read_quantiser(source, what, columns)
    if n_codes != rows * quantiser.parts:
        raise source.wrong(f"{what}: {rows} rows of {quantiser.parts} parts are needed, got {n_codes} codes")
    norms, norms_offset = None, 0
    if apart:
        norms_offset = source.skip(rows, f"{what}: codes of norms")
        norms = _read_quantiser(source, f"{what}: norms", 1).centroids
    return CodedRows(source, offset, (rows, columns), quantiser, norms, norms_offset)


def stretches(rows: Rows, numbers: NDArray[np.int64]) -> Iterator[tuple[slice, Floats]]:
    """The rows of ascending numbers, some at a time, with their places among the numbers; raises as `checked`."""
    size = max(1, _STRETCH // rows.shape[1])
    done = 0
    while done < len(numbers):
        first = int(numbers[done])
        end = int(np.searchsorted(numbers, first + size))
        chosen = numbers[done:end]
        found = rows.read(first, int(chosen[-1]) + 1)
        yield slice(done, end), checked(found[chosen - first], "input")
        done = end


def checked(numbers: Floats, what: str) -> Floats:
    """The same numbers; raises ArtifactError unless all are finite and none far too large."""
    if not bool((np.abs(numbers) <= _MOST).all()):
        raise ArtifactError(f"{what}: every number must be finite and at most {_MOST:g}; copy the file again")
    return numbers


def _check_shape(source: Source, what: str, rows: int, found: int, columns: int) -> None:
    if not 0 <= rows <= source.size or found != columns:
        raise source.wrong(f"{what}: rows of {columns} columns are needed, got {rows} of {found}")


def _read_quantiser(source: Source, what: str, columns: int) -> Quantiser:
    found, parts, width, last = source.numbers("4i", f"{what}: sizes of its parts")
    if found != columns or not 1 <= width <= columns or parts != -(-columns // width):
        raise source.wrong(f"{what}: parts of {columns} columns are needed, got {parts} of {width} for {found}", 16)
    if last != (columns % width or width):
        raise source.wrong(f"{what}: a last part of {columns % width or width} is needed, got {last}", 16)
    content = source.take(4 * CENTROIDS * columns, f"{what}: centroids")
    return Quantiser(columns, width, np.frombuffer(content, "<f4"))
