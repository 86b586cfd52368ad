"""What a long command shows while it works: the steps done, those under way, and the time left.

On a terminal that is a few lines that are drawn anew; elsewhere a line for each step that has ended, and one a minute
while nothing ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from baselines.classifier import Progress
from baselines.watching.time_left import TimeLeft, spent_words, words

# A step that was there already gets no line.
_SAID_FROM_S = 0.2
_SIGN_OF_LIFE_S = 60.0
_LOOK_EVERY_S = 5.0
_REFRESHES_PER_S = 4
_BAR, _NAME = 24, 26
_MOST_LINES = 6


@dataclass
class Watch:
    """Follows a command through its steps.

    Attributes:
        console: where it is shown.
        expected: seconds of the steps, in order; they set the first estimate of the time left, nothing else.
        whole: what the steps are together, for the line above all.
        planned: names of steps that take as long as they are meant to, such as measuring.
        clock: seconds from any zero.
    """

    console: Console
    expected: Sequence[tuple[str, float]]
    whole: str = "the whole study"
    planned: Collection[str] = ()
    clock: Callable[[], float] = time.monotonic
    _left: TimeLeft = field(init=False)
    _started: float = field(init=False)
    _said: float = field(init=False)
    _looked: float = field(init=False)
    _furthest: float = 0.0
    _step: str | None = None
    # Steps end in one thread and are drawn in another.
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._left = TimeLeft(self.expected, self.planned)
        self._started = self._said = self._looked = self.clock()

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show what is under way until the block ends, however it ends."""
        if self.console.is_interactive:
            live = Live(
                get_renderable=self.drawn, console=self.console, transient=True, refresh_per_second=_REFRESHES_PER_S
            )
            with live:
                yield
            return
        closed = threading.Event()
        thread = threading.Thread(target=self._give_signs, args=(closed,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            closed.set()
            thread.join()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step; when it ends, a line says how long it took."""
        begin = self.clock()
        self.begun(name)
        self._step = name
        yield
        self._step = None
        self.ended(name, self.clock() - begin)

    def begun(self, name: str) -> None:
        """A step begins, here or in another process."""
        with self._lock:
            self._left.begin(name, self.clock())

    def ended(self, name: str, taken: float) -> None:
        """A step has ended, here or in another process; what is found done afterwards takes no time and counts once."""
        with self._lock:
            now = self.clock()
            self._left.end(name, taken, now)
            done, total = self._left.count
            left = self._left.seconds(now)
            self._said = now if taken >= _SAID_FROM_S else self._said
        if taken >= _SAID_FROM_S:
            rest = "" if self.console.is_interactive or done == total else f", {words(left)}"
            self.say(f"[{done}/{total}] {name}: {spent_words(taken)}{rest}")

    def add(self, name: str, expected_s: float) -> None:
        """A step that wasn't known of before."""
        with self._lock:
            self._left.add(name, expected_s, self.clock())

    def skip(self, name: str) -> None:
        """A step that isn't made after all."""
        with self._lock:
            self._left.skip(name, self.clock())

    @contextmanager
    def side_by_side(self, after: Mapping[str, Collection[str]], lanes: int) -> Iterator[None]:
        """In the block several of these steps go at once, each after those it waits for."""
        with self._lock:
            self._left.side_by_side(after, lanes)
        yield
        with self._lock:
            self._left.one_by_one(self.clock())

    @property
    def under_way(self) -> str | None:
        """Name of the step that this process is at; None between two."""
        return self._step

    def inside(self, description: str = "") -> Progress:
        """Progress callback of something inside the step under way; `description` is for other watchers."""
        name = self._step

        def advance(done: int, total: int) -> None:
            if name is not None and total > 0:
                self.reached(name, done / total)

        return advance

    def reached(self, name: str, share: float) -> None:
        """So much of a step under way is done, in [0, 1]."""
        with self._lock:
            self._left.inside(name, share, self.clock())

    def say(self, line: str, style: str = "dim") -> None:
        """A line above what is under way."""
        self.console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)

    def warn(self, line: str) -> None:
        """What a user should look at."""
        self.say(f"warning: {line}", "yellow")

    def elapsed_s(self) -> float:
        """Seconds since the watch was made."""
        return self.clock() - self._started

    def drawn(self) -> RenderableType:
        """The lines that a terminal shows: the whole, and each step under way."""
        with self._lock:
            now = self._look()
            left, under_way = self._left.seconds(now), list(self._left.under_way(now))
        elapsed = max(0.0, now - self._started)
        # A bar that goes back would say that work was lost.
        self._furthest = max(self._furthest, elapsed / (elapsed + left) if elapsed + left else 0.0)
        table = Table.grid(padding=(0, 1))
        table.add_column(width=_NAME, no_wrap=True, overflow="ellipsis")
        table.add_column(width=_BAR)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True)
        _add_line(table, self.whole, self._furthest, elapsed, words(left))
        for name, share, spent in under_way[:_MOST_LINES]:
            _add_line(table, f"  {name}", share, spent, "")
        return table

    def _look(self) -> float:
        now = self.clock()
        if now - self._looked >= _LOOK_EVERY_S:
            self._looked = now
            self._left.look(now)
        return now

    def _give_signs(self, closed: threading.Event) -> None:
        """A line a minute while no step ends: a log that stands still looks like a command that hangs."""
        while not closed.wait(1.0):
            if sign := self.sign_of_life():
                self.say(sign)

    def sign_of_life(self) -> str:
        """What to say where a minute has passed without a line; "" where there is no need."""
        with self._lock:
            now = self._look()
            names = [name for name, *_ in self._left.under_way(now)]
            if now - self._said < _SIGN_OF_LIFE_S or not names:
                return ""
            self._said = now
            done, total = self._left.count
            return f"[{done}/{total}] {', '.join(names)}: under way, {words(self._left.seconds(now))}"


@contextmanager
def alive(console: Console, what: str, every_s: float = _SIGN_OF_LIFE_S) -> Iterator[None]:
    """A line a minute while the block lasts, for work that has no steps, such as reading a large file.

    The lines come from a thread: one call in C that keeps Python's lock for minutes delays them until it ends.

    Args:
        console: where they are shown.
        what: is done.
        every_s: seconds between two lines.
    """
    closed, begun = threading.Event(), time.monotonic()

    def give() -> None:
        while not closed.wait(every_s):
            spent = spent_words(time.monotonic() - begun)
            console.print(f"{what}: under way, {spent} so far", style="dim", highlight=False, markup=False)

    thread = threading.Thread(target=give, daemon=True)
    thread.start()
    try:
        yield
    finally:
        closed.set()
        thread.join()


def _add_line(table: Table, name: str, share: float, spent: float, left: str) -> None:
    minutes, seconds = divmod(int(spent), 60)
    bar = ProgressBar(total=1.0, completed=min(share, 1.0), width=_BAR)
    table.add_row(Text(name), bar, Text(f"{minutes}:{seconds:02d}"), Text(left))
