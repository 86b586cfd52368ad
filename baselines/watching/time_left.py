"""When a list of steps will be done: arithmetic on what has ended, what is under way, and what was expected.

There is no clock in here: whoever asks says what time it is, in seconds of one clock from any zero.

A step's length is what was expected of it, times how slow this machine has been so far. Once a step says which share
of it is done, those shares speak for themselves, by the speed since the first of them: what came before may have been
of another kind. After a quarter at that speed nothing else counts. Past its length a step isn't done, but soon: what is
left of it then falls by a constant factor in equal times, and never reaches zero. Where that doesn't come true either,
a `look` says that the step is longer, and the machine slower, than was thought.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

# Of a step nobody expected.
_UNKNOWN_S = 2.0
# What is expected counts as if so many seconds of it had been seen to be right.
_TRUST_S = 5.0
_PACES = (0.02, 50.0)
# How much longer a step takes where others go beside it: 1.1 with cores of their own to 1.9 on threads of one core.
_BESIDE = 1.4
# A step that was expected to take a second and takes less than this was there already, and says nothing of the machine.
_FOUND_S = 0.2
# A step that is so much past its length is taken to need this much of what it has had.
_LATE, _LATE_LENGTH = 1.1, 1.25
_OWN_SHARE = 0.25
# The last reported share leaves something to do: thresholds, files.
_LEAST_LEFT = 0.02
# Reports nearer to each other say nothing of the speed.
_LEAST_SPAN = 0.02
_LANDING = 0.15
# A jump is passed on within these bounds of the new estimate; what lies inside them is made up for in small steps.
_SHOWN_WITHIN = (0.8, 1.6)
_CATCH_UP_S = 5.0


@dataclass
class _Step:
    expected_s: float
    begun: float | None = None
    taken: float | None = None
    share: float = 0.0
    phase: int = 0
    # Seconds from the begin of the step: where the phase began, and where the share was reported.
    phase_at: float = 0.0
    share_at: float = 0.0
    # Share and time of the first report of the phase.
    first: tuple[float, float] | None = None
    # Seconds it takes at least, as far as it was seen to be late.
    least_s: float = 0.0
    # Whether others go beside it; whether it is as long as it is meant to be.
    beside: bool = False
    planned: bool = False

    @property
    def ended(self) -> bool:
        return self.taken is not None

    @property
    def own_length_s(self) -> float:
        """What the reported share says; only where there is one."""
        share, at = self.first if self.first and self._span >= _LEAST_SPAN else (0.0, self.phase_at)
        return self.share_at + max(1 - self.share, _LEAST_LEFT) * (self.share_at - at) / (self.share - share)

    @property
    def trust(self) -> float:
        """How far the reported share is to be believed, in [0, 1]."""
        return min(1.0, max(self.share, self._span / _OWN_SHARE))

    @property
    def _span(self) -> float:
        return self.share - self.first[0] if self.first else 0.0

    def length_s(self, pace: float) -> float:
        expected = max(self.expected_s * pace, self.least_s)
        if not self.share:
            return expected
        if self.phase:  # of several, nobody knows how many: the share is one of the phase
            return max(expected, self.own_length_s)
        return self.trust * self.own_length_s + (1 - self.trust) * expected


@dataclass
class TimeLeft:
    """Seconds until the last step ends.

    Between two events `seconds` only falls: shown as often as one likes, it moves. An event (a step begins, reports or
    ends) may raise it.

    Attributes:
        expected: names with seconds on a usual machine, in order; they need not be right, only in proportion.
        planned: names of steps that take as long as they are meant to, on any machine.
    """

    expected: Sequence[tuple[str, float]]
    planned: Collection[str] = ()
    _steps: dict[str, _Step] = field(init=False)
    _after: Mapping[str, Collection[str]] = field(default_factory=dict)
    _lanes: int = 1
    _correction: float = 1.0
    _corrected_at: float | None = None

    def __post_init__(self) -> None:
        planned = set(self.planned)
        self._steps = {name: _Step(max(0.0, s), planned=name in planned) for name, s in self.expected}

    @property
    def count(self) -> tuple[int, int]:
        """Steps that have ended, and all that are known."""
        return sum(step.ended for step in self._steps.values()), len(self._steps)

    def add(self, name: str, expected_s: float, at: float) -> None:
        """One step more; what is there already stays as it is."""
        if name not in self._steps:
            with self._event(at):
                self._steps[name] = _Step(max(0.0, expected_s))

    def skip(self, name: str, at: float) -> None:
        """A step isn't made after all."""
        if name in self._steps and not self._steps[name].ended:
            with self._event(at):
                del self._steps[name]

    def side_by_side(self, after: Mapping[str, Collection[str]], lanes: int) -> None:
        """Some steps go several at once, each when those it waits for have ended.

        Args:
            after: of each such step, the names of those it waits for; no circles.
            lanes: steps at once.
        """
        self._after, self._lanes = after, max(1, lanes)
        for name in after:
            if name in self._steps:
                self._steps[name].beside = self._lanes > 1

    def one_by_one(self, at: float) -> None:
        """From here on one step follows the other; what was under way and hasn't ended is begun anew."""
        with self._event(at):
            self._after, self._lanes = {}, 1
            for name, step in self._steps.items():
                if step.begun is not None and not step.ended:
                    self._steps[name] = _Step(step.expected_s, planned=step.planned)

    def begin(self, name: str, at: float) -> None:
        """A step begins; one that has ended already, or is under way, isn't begun again."""
        self.add(name, _UNKNOWN_S, at)
        step = self._steps[name]
        if step.begun is None and not step.ended:
            with self._event(at):
                step.begun = at

    def inside(self, name: str, share: float, at: float) -> None:
        """So much of a step is done, in [0, 1]; a share that falls begins another phase of the step."""
        step = self._steps.get(name)
        if step is None or step.begun is None or step.ended or not 0 <= share <= 1 or share == step.share:
            return
        with self._event(at):
            spent = max(0.0, at - step.begun)
            if share < step.share:
                step.phase, step.phase_at, step.first = step.phase + 1, step.share_at, None
            step.share, step.share_at = share, max(spent, step.share_at)
            step.first = step.first or (share, step.share_at)

    def look(self, at: float) -> None:
        """An event of its own: steps that are late are seen to be. Call it every few seconds."""
        late = {}
        for name, step in self._steps.items():
            if step.begun is not None and not step.ended and at - step.begun > _LATE * self._length_s(step):
                late[name] = at - step.begun
        if late:
            with self._event(at):
                for name, spent in late.items():
                    self._steps[name].least_s = _LATE_LENGTH * spent

    def end(self, name: str, taken: float, at: float) -> None:
        """A step has ended and took so many seconds; the first end of a step counts."""
        self.add(name, taken, at)
        step = self._steps[name]
        if not step.ended:
            with self._event(at):
                step.taken = max(0.0, taken)

    def under_way(self, at: float) -> Iterator[tuple[str, float, float]]:
        """Name, share done and seconds spent of each step under way; the share is by time where none is reported."""
        for name, step in self._steps.items():
            if step.begun is not None and not step.ended:
                spent = max(0.0, at - step.begun)
                whole = spent + _left_of(self._length_s(step), spent)
                yield name, spent / whole if whole else 0.0, spent

    @property
    def pace(self) -> float:
        """How much longer steps take here than expected, as they go now: 2 is half as fast."""
        return self._pace(beside=self._lanes > 1)

    def _length_s(self, step: _Step) -> float:
        return step.length_s(1.0 if step.planned else self._pace(step.beside))

    def _pace(self, beside: bool) -> float:
        """Of steps that others go beside, or of those that go alone; each kind tells something of the other."""
        taken = expected = _TRUST_S
        for step in self._steps.values():
            # What a step of the other kind would have taken in this one's place.
            here = 1.0 if step.beside == beside else _BESIDE if beside else 1 / _BESIDE
            if step.planned:
                continue
            if step.taken is not None:
                if step.taken >= _FOUND_S or step.expected_s < 1:
                    taken, expected = taken + here * step.taken, expected + step.expected_s
            elif step.least_s and not step.share:
                taken, expected = taken + here * step.least_s, expected + step.expected_s
            elif step.share and not step.phase:
                weight = step.trust * step.share
                taken, expected = taken + here * weight * step.own_length_s, expected + weight * step.expected_s
        return min(max(taken / expected, _PACES[0]), _PACES[1])

    def estimate(self, at: float) -> float:
        """Seconds left as far as is known now; jumps with what becomes known."""
        left = {}
        for name, step in self._steps.items():
            if not step.ended:
                spent = 0.0 if step.begun is None else max(0.0, at - step.begun)
                left[name] = _left_of(self._length_s(step), spent)
        together = {name: left.pop(name) for name in self._after if name in left}
        # No order is faster than all lanes full, nor than the longest chain of steps that wait for each other.
        shortest = max(sum(together.values()) / self._lanes, self._longest_chain(together))
        return shortest + sum(left.values())

    def seconds(self, at: float) -> float:
        """Seconds left to show: the estimate, its jumps softened."""
        since = 0.0 if self._corrected_at is None else max(0.0, at - self._corrected_at)
        correction = self._correction
        if correction > 1:
            correction = 1 + (correction - 1) * math.exp(-since / _CATCH_UP_S)
        return self.estimate(at) * correction

    @contextmanager
    def _event(self, at: float) -> Iterator[None]:
        """What is shown after an event begins near what was shown before it."""
        before = self.seconds(at)
        begun = any(step.begun is not None or step.ended for step in self._steps.values())
        yield
        now = self.estimate(at)
        self._corrected_at, self._correction = at, 1.0
        if begun and now > 0:
            ratio, (low, high) = before / now, _SHOWN_WITHIN
            # What is shown too small stays so until something happens; then half of it is made good.
            self._correction = min(max((ratio + 1) / 2 if ratio < 1 else ratio, low), high)

    def _longest_chain(self, left: Mapping[str, float]) -> float:
        known: dict[str, float] = {}

        def until(name: str) -> float:
            if name not in known:
                known[name] = left[name] + max((until(one) for one in self._after[name] if one in left), default=0.0)
            return known[name]

        return max(map(until, left), default=0.0)


def _left_of(length_s: float, spent: float) -> float:
    """Seconds left of a step: length minus spent, and softly down where that comes near zero or below."""
    left, soft = length_s - spent, _LANDING * length_s
    if left >= soft or not soft:
        return max(0.0, left)
    return soft * math.exp((left - soft) / soft)


def words(seconds: float) -> str:
    """Seconds left, as coarse as they are known: "about 2 min left"."""
    if seconds < 1:
        return "nearly done"
    if seconds < 10:
        return f"about {math.ceil(seconds)} s left"
    if seconds < 57.5:
        return f"about {5 * round(seconds / 5)} s left"
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return f"about {minutes} min left"
    hours, rest = divmod(5 * round(minutes / 5), 60)
    return f"about {hours} h {rest} min left" if rest else f"about {hours} h left"


def spent_words(seconds: float) -> str:
    """Seconds a step took."""
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
