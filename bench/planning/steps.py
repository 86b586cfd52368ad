"""What a study under way asks of its deadline: whether a model is begun, and what is left out at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from baselines.watching.watch import Watch
from bench.making.workshop import Workshop
from bench.planning.deadline import Deadline, OutOfTime


def leave_out(workshop: Workshop, watch: Watch, name: str, reason: str) -> None:
    """A model isn't made, or isn't measured: its row says why, and the watch counts it no more."""
    workshop.skipped[name] = ("skipped", reason)
    watch.skip(name)
    watch.say(f"{name}: left out, {reason}")


def make_in_time(
    deadline: Deadline | None, workshop: Workshop, watch: Watch, name: str, make: Callable[[], None]
) -> None:
    """Make a model as a step of the watch, unless it is left out or there is no time for it."""
    if name in workshop.skipped:
        return
    if deadline is not None and (reason := deadline.refuses(name)):
        leave_out(workshop, watch, name, reason)
        return
    try:
        with watch.step(name):
            make()
    except OutOfTime:
        assert deadline is not None
        leave_out(workshop, watch, name, deadline.drop(name))


def trim(deadline: Deadline | None, workshop: Workshop, watch: Watch, names: Sequence[str]) -> None:
    """Leave out what is made, but can't be measured in the time that is left."""
    if deadline is None:
        return
    for name, reason in deadline.trimmed([name for name in names if name not in workshop.skipped]).items():
        leave_out(workshop, watch, name, reason)


def skipped_step(deadline: Deadline | None, watch: Watch, name: str, seconds: float, made: Collection[str]) -> str:
    """Why a step that no verdict needs is left out; "" where there is time for it."""
    if deadline is None or deadline.has_time_for(seconds, [*made]):
        return ""
    watch.skip(name)
    return f"no time was left for it in the {deadline.given_s / 60:.3g} minutes of --time"
