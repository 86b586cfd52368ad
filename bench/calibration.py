"""`python -m bench.calibration`: simulations that try the project's own claims, with seeds."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: every rate is within what is promised; 1: one isn't; 2: an option can't be used."""
    raise NotImplementedError


if __name__ == "__main__":
    sys.exit(main())
