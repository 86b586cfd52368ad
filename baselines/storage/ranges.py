"""What a field of a config may hold, declared where the field stands: `epochs: Annotated[int, Between(1, 100_000)]`.

The upper ends are far beyond what helps, and below what would take a machine's memory or would never be done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Between:
    """A finite number from `low` to `high`.

    Attributes:
        above: whether `low` itself is left out.
        below: whether `high` itself is left out.
        also: single numbers outside that are allowed too, such as 0 for "take another field's".
    """

    low: float
    high: float
    above: bool = False
    below: bool = False
    also: tuple[float, ...] = ()

    def holds(self, value: float) -> bool:
        """Whether the number lies inside; NaN never does."""
        over = value > self.low if self.above else value >= self.low
        under = value < self.high if self.below else value <= self.high
        return (over and under) or value in self.also

    def __str__(self) -> str:
        low, high = (f"{end:,}" if isinstance(end, int) else f"{end:g}" for end in (self.low, self.high))
        start = f"above {low}" if self.above else f"from {low}"
        end = f"up to but not including {high}" if self.below else f"up to {high}" if self.above else f"to {high}"
        return " or ".join([f"{start} {end}", *(f"{number:g}" for number in self.also)])


@dataclass(frozen=True)
class Named:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Length:
    """How many characters a text, or entries a list or object, may have."""

    low: int
    high: int


# NumPy's and scikit-learn's generators take seeds below 2**32; those counted on from one need room above it.
MOST_SEED = 4_000_000_000
# float32, with the gradients and moments of training: 1.6 GB.
MOST_PARAMETERS = 100_000_000

Seed = Annotated[int, Between(0, MOST_SEED)]
Threads = Annotated[int, Between(0, 1024)]
Device = Annotated[str, Named(("cpu", "cuda"))]
Epochs = Annotated[int, Between(1, 100_000)]
EpochsOrNone = Annotated[int, Between(0, 100_000)]
Rate = Annotated[float, Between(0, 10, above=True)]
ShareBelowOne = Annotated[float, Between(0, 1, below=True)]
WholeShare = Annotated[float, Between(0, 1)]
Penalty = Annotated[float, Between(0, 1_000_000_000, above=True)]
Dimension = Annotated[int, Between(1, 4096)]
DimensionOrNone = Annotated[int, Between(0, 16_384)]
# Of one text, times that something occurs in training, steps of a solver.
Count = Annotated[int, Between(1, 1_000_000)]
# Of a sample of training texts; fewer make no model.
Texts = Annotated[int, Between(10, 1_000_000_000)]
MostTrees = Annotated[int, Between(1, 10_000)]
Mixtures = Annotated[float, Between(0, 1000)]
Filters = tuple[tuple[Annotated[int, Between(1, 256)], Annotated[int, Between(1, 8192)]], ...]
Words = Annotated[str, Length(0, 4096)]
