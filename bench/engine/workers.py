"""What runs on a cluster's nodes: one worker a processor, which makes the steps it is told one after the other."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypedDict

# What a training process of ten thousand texts takes.
BYTES_OF_ONE = 2_000_000_000


class MadeStep(TypedDict):
    """Whether a step is there, and how many seconds it took."""

    made: bool
    seconds: float


class Worker:
    """A process of a node, with one thread: steps go side by side, not threads."""

    def __init__(self) -> None:
        """Keep the libraries to one thread."""
        from threadpoolctl import threadpool_limits

        from baselines.networks.torch_state import keep_to_one_thread

        keep_to_one_thread()
        threadpool_limits(1)

    def where(self, shared: Mapping[str, Any]) -> dict[str, Any]:
        """Host and process, and whether what all steps share can be reached from here."""
        return {"host": socket.gethostname(), "pid": os.getpid(), "reaches": bool(root_of(shared))}

    def make(
        self,
        make: Callable[[Mapping[str, Any], Mapping[str, Any]], bool],
        shared: Mapping[str, Any],
        told: Mapping[str, Any],
    ) -> MadeStep:
        """Make a step; whatever goes wrong in it is raised where it was asked for."""
        begun = time.monotonic()
        return {"made": make(shared, told), "seconds": time.monotonic() - begun}


def root_of(shared: Mapping[str, Any]) -> str:
    """Where a worker has its run folder: the driver's, where this machine sees it, else one of its own beside a store.

    "" where there is neither.
    """
    sign = Path(str(shared["root"])) / SIGN
    try:
        if sign.read_text(encoding="ascii") == shared["sign"]:
            return str(shared["root"])
    except (OSError, UnicodeDecodeError):
        pass
    return str(shared.get("apart", "")) if shared.get("store") else ""


# A file of the run folder by which a worker sees that it is the same folder, and not one of the same name.
SIGN = ".engine-sign"


def is_for_memory(error: BaseException) -> bool:
    """Whether Ray ended a worker since its node had too little memory."""
    said = str(error).lower()
    return type(error).__name__ == "OutOfMemoryError" or "out of memory" in said or "oom" in said.split()
