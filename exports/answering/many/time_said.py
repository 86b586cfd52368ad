"""How far a folder of shards is: on a terminal one line that is written anew, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from baselines.watching.time_left import words

_ANEW_S, _LINE_S = 0.5, 20.0


@dataclass
class Said:
    """Says on stderr which share of the texts' bytes is done, and the time left at the speed so far.

    Attributes:
        shards: in all.
        n_bytes: of their texts.
        clock: seconds from any zero.
    """

    shards: int
    n_bytes: int
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    _read: int = 0
    _begun: float = field(init=False)
    _last: float = field(init=False)
    _shown: bool = False

    def __post_init__(self) -> None:
        self._begun = self._last = self.clock()

    def advance(self, n_bytes: int) -> None:
        """So many more bytes of texts are answered."""
        self._read += n_bytes
        now = self.clock()
        terminal = sys.stderr.isatty()
        if self._read and now - self._last >= (_ANEW_S if terminal else _LINE_S):
            self._last = now
            line = self._line(now)
            sys.stderr.write(f"\r{line}\x1b[K" if terminal else f"{line}\n")
            sys.stderr.flush()
            self._shown = terminal

    def end(self) -> None:
        """Leave no half line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            self._shown = False

    def _line(self, now: float) -> str:
        share = min(1.0, self._read / max(1, self.n_bytes))
        left = (now - self._begun) * (1 - share) / share if share else 0.0
        return f"[{self.done}/{self.shards} shards] {share:.0%} of {self.n_bytes / 1e6:,.1f} MB, {words(left)}"
