"""How a command ends that can't go on: which sentence, and which exit code.

What the system refuses (a full disk, a folder that can't be written, too many open files, no memory left) is something
that the user can mend, whoever noticed it: Python, or a library that has its own exceptions for it.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import signal
import threading
from collections.abc import Iterator
from types import FrameType

# A mistake in the program; `EX_SOFTWARE` of sysexits.h, so that 1 only ever says that a gate failed.
MISTAKE = 70
# A signal's number is added.
SIGNALLED = 128
_SIGNALS = ("SIGTERM", "SIGHUP")
_NEXT = {
    errno.ENOSPC: "free some space and give the same command again",
    errno.EDQUOT: "free some space and give the same command again",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "choose a place that you may read and write, or change its permissions",
    errno.EPERM: "choose a place that you may read and write, or change its permissions",
    errno.EMFILE: "allow more open files, such as with `ulimit -n 1024`, and give the same command again",
    errno.ENFILE: "close other programs and give the same command again",
    errno.EAGAIN: "allow more processes, such as with `ulimit -u`, or use fewer with --threads 1",
}
_MEMORY = "not enough memory; close other programs, use fewer threads or less data, and give the same command again"
_NO_MEMORY = re.compile(r"can't allocate memory|cannot allocate memory|out of memory|bad_alloc|std::bad_alloc", re.I)
# Nothing of ours runs with fewer.
_FEW_FILES = 64
# The weights' library is written in Rust, and its errors hold the system's number as text.
_NUMBER_IN_TEXT = re.compile(r"Os \{ code: (\d+)")


class Stopped(BaseException):
    """Somebody asked the process to end; raised where it is, so that everything is left in order.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.number).name}"


def sentence_of(error: BaseException) -> str | None:
    """What is wrong with the machine or its settings and what to do; None where it is a mistake of the program."""
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _NO_MEMORY.search(str(error))):
        return _MEMORY
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return f"can't start another thread; {_NEXT[errno.EAGAIN]}"
    if isinstance(error, ImportError):
        return _of_import(error)
    if isinstance(error, OSError):
        return _of_system(error)
    if (found := _NUMBER_IN_TEXT.search(str(error))) is not None:
        return _of_system(OSError(int(found[1]), os.strerror(int(found[1]))))
    if (allowed := _open_files_allowed()) < _FEW_FILES:
        # Libraries say in words of their own that they couldn't open something.
        first = (str(error).splitlines() or [type(error).__name__])[0]
        return f"only {allowed} files may be open at once, and then: {first}; {_NEXT[errno.EMFILE]}"
    return None


def _open_files_allowed() -> float:
    try:
        import resource
    except ImportError:  # not on Windows
        return math.inf
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return math.inf if soft == resource.RLIM_INFINITY else soft


def _of_system(error: OSError) -> str:
    if error.errno == errno.ENOMEM:
        return _MEMORY
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
    said = error.strerror or str(error) or type(error).__name__
    words = [f"{place}: {said}" if place else said]
    if (following := _NEXT.get(error.errno or 0)) is not None:
        words.append(following)
    return "; ".join(words)


def _of_import(error: ImportError) -> str | None:
    """A package that is there, and can't be opened; what isn't there is no affair of the machine."""
    for number in (errno.EMFILE, errno.ENFILE):
        if os.strerror(number) in str(error):
            return f"{error.name or error.path}: {os.strerror(number)}; {_NEXT[number]}"
    return _MEMORY if _NO_MEMORY.search(str(error)) else None


@contextlib.contextmanager
def stopped_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP raise Stopped inside the block, the first of them; what is ignored stays so, as by `nohup`."""
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    before = {number: signal.getsignal(number) for number in numbers}
    ours = [number for number, handler in before.items() if handler is signal.SIG_DFL]

    def stop(number: int, frame: FrameType | None) -> None:
        # One is enough: a second one would interrupt the tidying up.
        for each in ours:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
