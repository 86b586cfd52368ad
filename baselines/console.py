"""The one door of every command: its errors, its exit codes, and what an option on the command line may hold.

Standard library only: what serves a bundle has no packages for colours, and must still say what is wrong.

Exit codes: 0 done; 1 a gate failed, or no model keeps a budget; 2 something that the user can mend: an input, a missing
package, a full disk; 70 a mistake of the program; 129, 130, 143 stopped by SIGHUP, the keyboard, SIGTERM.
"""

from __future__ import annotations

import math
import os
import re
import shlex
import sys
import time
import traceback
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from baselines.endings import MISTAKE, SIGNALLED, Stopped, sentence_of, stopped_in_order
from baselines.errors import UserError
from baselines.streams import readable_streams, to_nowhere, unwrapped

STOPPED = 130
# NumPy's and scikit-learn's generators take seeds below 2**32; half of that leaves room for those counted on from it.
MOST_SEED = 2**31 - 1
# More threads than any machine has processors; starting a million would take all memory.
MOST_THREADS = 1024
# Folds, trials, texts: more of them would never be done.
MOST_FOLDS = 1000
MOST_COUNT = 1_000_000
MOST_NUMBER = 1e15
_begun: float | None = None
_NUMERAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DURATION = re.compile(r"(?:([0-9]+\.?[0-9]*)h)?(?:([0-9]+\.?[0-9]*)m)?(?:([0-9]+\.?[0-9]*)s)?")
_MOST_PATH = 4096
_MOST_DIGITS, _MOST_NUMERAL, _MOST_SHOWN = 18, 60, 60
# A command's work: its options, and the whole command as typed; gives the exit code.
Body = Callable[[Namespace, str], int]
# The extra that brings a package, by the name it is imported under; tests hold it against pyproject.toml.
EXTRA_OF_PACKAGE: dict[str, str] = {
    "onnxruntime": "onnx",
    **dict.fromkeys(("charset_normalizer", "pyarrow", "python_calamine", "zstandard"), "data"),
    **dict.fromkeys(("joblib", "pandas", "skops"), "sklearn"),
    "optuna": "tune",
    "huggingface_hub": "transformers",
    "transformers": "transformers",
    "pynvml": "gpu",
    "fsspec": "storage",
    **dict.fromkeys(("grpc", "ray"), "ray"),
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
    # Before any library that brings threads: they wait asleep, instead of taking a core from whoever else needs one.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    words = list(sys.argv[1:] if argv is None else argv)
    global _begun
    _begun = time.monotonic()
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


def command_begun_at() -> float:
    """When the command of this process began, by the monotonic clock; now, where none runs."""
    return time.monotonic() if _begun is None else _begun


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


def whole_number(least: int, most: int = MOST_COUNT) -> Callable[[str], int]:
    """The type of an option that takes a whole number from `least` to `most`."""

    def whole(text: str) -> int:
        # Digits are counted before they are read: Python takes minutes over millions of them.
        plain = text.isascii() and text.isdecimal() and len(text.lstrip("0")) <= _MOST_DIGITS
        if not plain or not least <= int(text) <= most:
            raise ArgumentTypeError(f"expected a whole number from {least:,} to {most:,}, got {_cut(text)}")
        return int(text)

    return whole


def number_between(least: float, most: float) -> Callable[[str], float]:
    """The type of an option that takes a number from `least` to `most`, written with the digits 0 to 9."""

    def number(text: str) -> float:
        value = _number(text)
        if not least <= value <= most:
            raise ArgumentTypeError(f"expected a number from {least:g} to {most:g}, got {_cut(text)}")
        return value

    return number


def above_zero(text: str) -> float:
    """A number above 0."""
    value = _number(text)
    if not 0 < value <= MOST_NUMBER:
        raise ArgumentTypeError(f"expected a number above 0 and at most {MOST_NUMBER:g}, got {_cut(text)}")
    return value


def price(text: str) -> float:
    """A number of at least 0."""
    value = _number(text)
    if not 0 <= value <= MOST_NUMBER:
        raise ArgumentTypeError(f"expected a price from 0 to {MOST_NUMBER:g}, got {_cut(text)}")
    return value


def share(text: str) -> float:
    """A number in [0, 1)."""
    value = _number(text)
    if not 0 <= value < 1:
        raise ArgumentTypeError(f"expected a number from 0 up to but not including 1, got {_cut(text)}")
    return value


def duration(text: str) -> float:
    """Seconds of `90s`, `30m`, `2h`, `1h30m`: hours, minutes and seconds in this order, at least one second in all."""
    found = _DURATION.fullmatch(text.strip().lower()) if len(text) <= _MOST_NUMERAL else None
    hours, minutes, seconds = (_number(part or "0") for part in found.groups()) if found else (0.0, 0.0, 0.0)
    value = 3600 * hours + 60 * minutes + seconds
    if not 1 <= value <= MOST_NUMBER:
        raise ArgumentTypeError(f"expected a time such as 90s, 30m, 2h or 1h30m, at least 1s, got {_cut(text)}")
    return value


def size_in_bytes(text: str) -> int:
    """`25k` and `25000` alike; k is 1,000, M a million, G a thousand millions."""
    scale = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}.get(text[-1:].lower(), 1)
    value = _number(text[:-1] if scale > 1 else text) * scale
    if not 1 <= value <= MOST_NUMBER:
        raise ArgumentTypeError(f"expected a size such as 25000, 25k, 1.5M or 8G, got {_cut(text)}")
    return int(value)


def _number(text: str) -> float:
    """What is written; NaN, which fits no range, where that is no plain number. `float` reads digits of any script."""
    return float(text) if len(text) <= _MOST_NUMERAL and _NUMERAL.fullmatch(text) else math.nan


def _cut(text: str) -> str:
    """An answer for a message: one line of it, however long it is."""
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…")


def plain_name(text: str) -> str:
    """The name of a folder, not a path; it goes into pages and titles."""
    if not text or Path(text).name != text or text.startswith(".") or not text.isprintable() or len(text) > 200:
        raise ArgumentTypeError(f"expected a plain name, the folder is made below runs/, got {text!r}")
    return text


def path_given(text: str) -> Path:
    """A path that a file system can hold; whether something is there is found out when it is read."""
    parts = Path(text).parts
    if not text or "\0" in text or len(os.fsencode(text)) > _MOST_PATH or any(len(os.fsencode(p)) > 255 for p in parts):
        raise ArgumentTypeError(
            f"expected the path of a file or folder, each name of it at most 255 bytes, got {_cut(text)}"
        )
    return Path(text)


def path_or_name(text: str) -> str:
    """What may be a path, or a name that is known without one."""
    path_given(text)
    return text


def names(text: str) -> tuple[str, ...]:
    """`a, b` as names; empty ones are left out."""
    return tuple(name for name in (part.strip() for part in text.split(",")) if name)
