"""Standard output and error as commands need them: nobody may be reading, and not every console has every character."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from baselines.errors import UserError

_RULE = "tagpress-plainly"
# What is read as easily; everything else is escaped as in Python and JSON.
_PLAIN = {
    "µ": "u",
    "μ": "u",
    "±": "+/-",
    "×": "x",
    "Δ": "d",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "≈": "~",
    "−": "-",
    **dict.fromkeys("–—‐‑─━╸╺╶╴═", "-"),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’", "'"),
    "…": "...",
    "•": "*",
    "·": ".",
    "✓": "+",
    "✗": "-",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
}


class Output:
    """A stream that goes on when nobody reads it any more, as behind `| head`: the work and its exit code count.

    Args:
        stream: what is written to.
        name: said where it can't be written; "" says nothing and goes on, for messages about errors.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self.stream, self._name = stream, name

    def write(self, text: str) -> int:
        """Write, unless nobody reads."""
        with self._unread():
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Let nothing wait, unless nobody reads."""
        with self._unread():
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @contextlib.contextmanager
    def _unread(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            to_nowhere(self.stream)
        except OSError as error:
            to_nowhere(self.stream)
            if self._name:
                error.filename = error.filename or self._name
                raise


def to_nowhere(stream: TextIO) -> None:
    """What is left in a stream's buffer would be written, and fail, when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def unwrapped(stream: TextIO) -> TextIO:
    """The stream itself, which says when nobody reads."""
    return stream.stream if isinstance(stream, Output) else stream


@contextlib.contextmanager
def readable_streams() -> Iterator[None]:
    """Inside the block everything can be written to both streams, whatever is read of it.

    Raises:
        UserError: standard output is closed, so what was asked for would be lost.
    """
    closed = _without_holes()
    before = sys.stdout, sys.stderr
    for stream in (sys.stdout, sys.stderr):
        # Another rule than these was chosen by whoever started the command.
        if getattr(stream, "errors", "") in ("strict", "surrogateescape", "backslashreplace"):
            with contextlib.suppress(AttributeError, ValueError, OSError):
                cast(Any, stream).reconfigure(errors=plain_rule())
    sys.stdout = cast(TextIO, Output(unwrapped(sys.stdout), "standard output"))
    sys.stderr = cast(TextIO, Output(unwrapped(sys.stderr), ""))
    try:
        if closed:
            raise UserError("standard output is closed; give it a place, such as > result.txt or > /dev/null")
        yield
    finally:
        sys.stdout, sys.stderr = before


def plain_rule() -> str:
    """Name of the rule by which characters are written that an encoding lacks, for `errors` of a stream."""
    codecs.register_error(_RULE, plainly)
    return _RULE


def plainly(error: UnicodeError) -> tuple[str, int]:
    """A readable stand-in for characters that an encoding lacks; a rule for `codecs.register_error`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode() for each in missing), error.end


def _without_holes() -> bool:
    """Open what is closed of the three standard streams; whether standard output was.

    Else the next file that is opened gets its number, and whatever a library prints goes there.
    """
    closed = sys.stdout is None
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Lives as long as the process.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    return closed
