"""`python -m bench.gpu_check`: everything that needs CUDA, in some minutes, into one JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: done, what the machine lacks is skipped with a reason; 2: an option can't be used."""
    raise NotImplementedError


if __name__ == "__main__":
    sys.exit(main())
