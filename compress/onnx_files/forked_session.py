"""An onnxruntime session that survives a fork of its process.

A forked process has the session's memory, but none of its threads: a graph that shares out its work waits for them for
ever, and so does the session's own end. Its locks may also be held by threads that don't exist there. So the child
leaves the session where it is, and opens its own when it is first asked.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_alive: weakref.WeakSet[ForkedSession] = weakref.WeakSet()
_watched = False


class ForkedSession:
    """What is used of `onnxruntime.InferenceSession`, in this process and in those forked from it."""

    def __init__(self, open_session: Callable[[], Any]) -> None:
        """`open_session` is called now, and again in each forked process; it holds the model."""
        self._open = open_session
        self._session: Any = open_session()
        _watch(self)

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any]) -> list[Any]:
        """The named outputs, or all."""
        session = self._session
        found: list[Any] = (self._own() if session is None else session).run(outputs, inputs)
        return found

    def get_inputs(self) -> Sequence[Any]:
        """Name, type and shape of each input."""
        inputs: Sequence[Any] = self._own().get_inputs()
        return inputs

    def get_outputs(self) -> Sequence[Any]:
        """Name, type and shape of each output."""
        outputs: Sequence[Any] = self._own().get_outputs()
        return outputs

    def get_modelmeta(self) -> Any:
        """What the graph says of itself."""
        return self._own().get_modelmeta()

    def leave_to_parent(self) -> None:
        """In a forked process: never touch the inherited session again, not even to end it."""
        if self._session is not None:
            # One reference that nobody gives back, so that the interpreter's end doesn't end the session.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._session))
            self._session = None

    def _own(self) -> Any:
        if self._session is None:
            self._session = self._open()
        return self._session


def _watch(session: ForkedSession) -> None:
    global _watched
    _alive.add(session)
    if not _watched and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork_in_child)
        _watched = True


def _after_fork_in_child() -> None:
    for session in list(_alive):
        session.leave_to_parent()
