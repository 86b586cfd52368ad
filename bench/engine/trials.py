"""Workers killed at random moments while they make steps: whoever watches sees whether all end right.

What a killed worker leaves behind is a half-written folder at worst; what a step is recognised by doesn't depend on who
made it. So every run has to come to the same steps as one that nobody disturbed.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.engine.on_ray import RayEngine

_LOOK_EVERY_S = 0.05


@dataclass
class Kill:
    """One worker that is killed.

    Attributes:
        after_s: seconds after its steps began.
        pid: of the process, None until it happened; `at` is the step it was at, "" for none.
    """

    after_s: float
    pid: int | None = None
    at: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def killing_one(engine: RayEngine, rng: random.Random, most_s: float) -> Iterator[Kill]:
    """Kill a random worker of this machine at a random moment of the block.

    Args:
        engine: whose workers run on this machine.
        rng: chooses both.
        most_s: the latest moment, in seconds after the first worker is at a step.
    """
    kill = Kill(rng.uniform(0.0, most_s))
    thread = threading.Thread(target=_kill, args=(engine, rng, kill), daemon=True)
    thread.start()
    try:
        yield kill
    finally:
        kill._ended.set()
        thread.join()


def _kill(engine: RayEngine, rng: random.Random, kill: Kill) -> None:
    while not engine.at_work():
        if kill._ended.wait(_LOOK_EVERY_S):
            return
    until = time.monotonic() + kill.after_s
    while time.monotonic() < until:
        if kill._ended.wait(_LOOK_EVERY_S):
            return
    if there := engine.at_work():
        pid, kill.at = rng.choice(sorted(there.items()))
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            kill.pid = pid
