"""What a long command shows while it works: the steps done, the one under way, and the time left."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from baselines.classifier import Progress


@dataclass
class Watch:
    """One bar for the whole, moved by the steps' expected seconds, and one for the step under way.

    Attributes:
        console: where it is shown; on something that is no terminal each finished step is one line.
        weights: expected seconds of the steps, in order; they set the pace of the bar, nothing else.
    """

    console: Console
    weights: Sequence[tuple[str, float]]
    _bars: Bars | None = None
    _whole: TaskID | None = None
    _done: float = 0.0
    _ended: set[str] = field(default_factory=set)
    _started: float = field(default_factory=time.monotonic)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Draw the bars until the block ends."""
        columns = (
            TextColumn("{task.description:<34}"),
            BarColumn(),
            TextColumn("{task.fields[left]}"),
            TimeElapsedColumn(),
        )
        with Bars(
            *columns, console=self.console, transient=True, refresh_per_second=2, disable=not self.console.is_terminal
        ) as bars:
            self._bars = bars
            self._whole = bars.add_task("the whole study", total=sum(w for _, w in self.weights), left="")
            yield
        self._bars = None

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step; when it ends, the bar of the whole moves on and a line says how long it took."""
        begin = time.monotonic()
        yield
        self.ended(name, time.monotonic() - begin)

    def ended(self, name: str, taken: float) -> None:
        """A step has ended, here or in another process; what is found done afterwards takes no time and counts once."""
        if name not in self._ended:
            self._ended.add(name)
            self._done += dict(self.weights).get(name, 0.0)
        if self._bars is not None and self._whole is not None:
            self._bars.update(self._whole, completed=self._done, left=self._left())
        if taken >= 0.2:
            self.console.print(f"  {name}: {taken:.1f} s", style="dim", highlight=False)

    def inside(self, description: str) -> Progress:
        """Progress callback of something inside the step under way."""
        bars = self._bars
        if bars is None:
            return lambda done, total: None
        task = bars.add_task(description, total=None, left="")

        def advance(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total, visible=done < total)

        return advance

    def say(self, line: str) -> None:
        """A line above the bars."""
        self.console.print(line, style="dim", highlight=False, markup=False)

    def elapsed_s(self) -> float:
        """Seconds since the watch was made."""
        return time.monotonic() - self._started

    def _left(self) -> str:
        total = sum(w for _, w in self.weights)
        if not self._done or self._done >= total:
            return ""
        seconds = (time.monotonic() - self._started) * (total - self._done) / self._done
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d} left"
