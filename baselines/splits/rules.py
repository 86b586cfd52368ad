"""What a split has to respect besides the shares of the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Copies = Literal["drop", "keep"]


@dataclass(frozen=True)
class SplitWishes:
    """What the user asks of the split, as names of columns.

    Attributes:
        part_column: says which part a row belongs to: train, validation or test.
        group_column: rows with the same value never stand in two parts.
        time_column: training is on the past; validation is later, the test part the latest.
        copies: of texts that stand in two parts: `drop` takes the copy in training (or validation) out, `keep` doesn't.
    """

    part_column: str = ""
    group_column: str = ""
    time_column: str = ""
    copies: Copies = "drop"


@dataclass(frozen=True)
class SplitRules:
    """The same, as arrays over all texts.

    Attributes:
        groups: number of each text's group, or None; (n_texts,).
        times: moment of each text, any unit, or None; (n_texts,).
    """

    groups: NDArray[np.intp] | None = None
    times: NDArray[np.float64] | None = None


NO_RULES = SplitRules()
