"""The one door of every command: its errors, its exit codes, and what an option on the command line may hold.

Standard library only: what serves a bundle has no packages for colours, and must still say what is wrong.

Exit codes: 0 done; 1 a gate failed, or no model keeps a budget; 2 something that the user can mend: an input, a missing
package, a full disk; 70 a mistake of the program; 129, 130, 143 stopped by SIGHUP, the keyboard, SIGTERM.
"""

from __future__ import annotations

import math
import os
import shlex
import sys
import traceback
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from baselines.endings import MISTAKE, SIGNALLED, Stopped, sentence_of, stopped_in_order
from baselines.errors import UserError
from baselines.streams import readable_streams, to_nowhere, unwrapped

STOPPED = 130
# Seeds of libraries have 32 bits, and something is added to ours.
MOST = 2_000_000_000
# A command's work: its options, and the whole command as typed; gives the exit code.
Body = Callable[[Namespace, str], int]
# The extra that brings a package, by the name it is imported under; tests hold it against pyproject.toml.
EXTRA_OF_PACKAGE: dict[str, str] = {
    "onnxruntime": "onnx",
    **dict.fromkeys(("charset_normalizer", "pyarrow", "python_calamine", "zstandard"), "data"),
    "optuna": "tune",
    "huggingface_hub": "transformers",
    "transformers": "transformers",
    "pynvml": "gpu",
    **dict.fromkeys(
        (
            "altair",
            "jinja2",
            "jsonschema",
            "nltk",
            "onnx",
            "pytest",
            "rich",
            "safetensors",
            "scipy",
            "shtab",
            "sklearn",
            "skmultilearn",
            "threadpoolctl",
            "torch",
            "vl_convert",
            "yaml",
        ),
        "study",
    ),
}


def run_command(
    parser: Callable[[str], ArgumentParser],
    load: Callable[[], Body],
    argv: Sequence[str] | None,
    prog: str,
    *,
    continues: bool = False,
) -> int:
    """Run a command and turn what a user can mend into one sentence on stderr and an exit code.

    Args:
        parser: makes the command's options; they are read before the work is imported, so that `--help` and a mistyped
            option take no time.
        load: imports the command's work. What isn't installed here is missed here, before anything was done.
        argv: the words after the command's name; None takes those of this process.
        prog: how the command is called in its own help.
        continues: whether the same command goes on where it was stopped, from what it keeps on disk.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    command = shlex.join([*prog.split(), *words])
    later = "; the same command continues where it was" if continues else ""
    try:
        with readable_streams():
            try:
                with stopped_in_order():
                    args = parser(prog).parse_intermixed_args(words)
                    code = load()(args, command)
                    sys.stdout.flush()
                    return code
            except KeyboardInterrupt:
                say_error(f"stopped{later}")
                return STOPPED
            except Stopped as stop:
                say_error(f"{stop}{later}")
                return SIGNALLED + stop.number
            except BaseException as error:
                # Libraries in Rust panic with what is no Exception.
                if isinstance(error, Exception) or type(error).__name__ == "PanicException":
                    return _code_of(error, prog, command)
                raise
    except UserError as error:  # no place to write to
        say_error(str(error))
        return error.exit_code


def _code_of(error: BaseException, prog: str, command: str) -> int:
    """Say what went wrong; gives the exit code."""
    if isinstance(error, UserError):
        say_error(str(error))
        return error.exit_code
    if isinstance(error, ModuleNotFoundError):
        extra = EXTRA_OF_PACKAGE.get((error.name or "").partition(".")[0])
        if extra is not None:
            say_error(f"{prog}: needs {error.name}, which isn't installed; pip install 'tagpress[{extra}]' brings it")
            return UserError.exit_code
    said = sentence_of(error)
    if said is not None:
        say_error(said)
        return UserError.exit_code
    sys.stderr.write("".join(traceback.format_exception(error)))
    asked = "please report it where you have it from, with the lines above and the command"
    say_error(f"this is a mistake of tagpress, not yours; {asked}: {command}")
    return MISTAKE


def until_closed(work: Callable[[], int]) -> int:
    """The exit code of what writes to stdout; it ends where nobody reads on, as behind `| head`: that is no mistake."""
    ours = sys.stdout
    sys.stdout = unwrapped(ours)
    try:
        code = work()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        to_nowhere(sys.stdout)
        return 0
    finally:
        sys.stdout = ours


def say_error(text: str) -> None:
    """One line on stderr, red where somebody looks at it."""
    red = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    sys.stderr.write(f"\x1b[31merror: {text}\x1b[0m\n" if red else f"error: {text}\n")


def whole_number(least: int) -> Callable[[str], int]:
    """The type of an option that takes a whole number of at least `least`, which fits 32 bits as libraries want it."""

    def whole(text: str) -> int:
        digits = text.lstrip("0") or "0"
        if not (text.isascii() and text.isdecimal()) or int(digits[:20]) < least:
            raise ArgumentTypeError(f"expected a whole number of at least {least}, got {text!r}")
        if len(digits) > len(str(MOST)) or int(digits) > MOST:
            shown = text if len(text) < 30 else f"{text[:30]}…"
            raise ArgumentTypeError(f"expected a whole number from {least} to {MOST:,}, got {shown!r}")
        return int(digits)

    return whole


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ArgumentTypeError(f"expected a number such as 0.01, got {text!r}")
    return value


def above_zero(text: str) -> float:
    """A finite number above 0."""
    value = number(text)
    if value <= 0:
        raise ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def price(text: str) -> float:
    """A finite number of at least 0."""
    value = number(text)
    if value < 0:
        raise ArgumentTypeError(f"expected a price of at least 0, got {text!r}")
    return value


def share(text: str) -> float:
    """A number in [0, 1)."""
    value = number(text)
    if not 0 <= value < 1:
        raise ArgumentTypeError(f"expected a number from 0 up to but not including 1, got {text!r}")
    return value


def size_in_bytes(text: str) -> int:
    """`25k` and `25000` alike; k is 1,000 and M 1,000,000."""
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    try:
        value = float(text[:-1] if scale > 1 else text) * scale
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise ArgumentTypeError(f"expected a size such as 25000, 25k or 1.5M, got {text!r}")
    return int(value)


def plain_name(text: str) -> str:
    """The name of a folder, not a path."""
    if not text or Path(text).name != text or text.startswith("."):
        raise ArgumentTypeError(f"expected a plain name, the folder is made below runs/, got {text!r}")
    return text


def names(text: str) -> tuple[str, ...]:
    """`a, b` as names; empty ones are left out."""
    return tuple(name for name in (part.strip() for part in text.split(",")) if name)
