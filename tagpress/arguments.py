"""What a caller gives, checked before anything is trained or written.

An argument that nobody understands is refused here. Passed on, it would be ignored, or would fail minutes later.
"""

from __future__ import annotations

from argparse import ArgumentError
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from baselines.errors import UserError

DEVICES = ("auto", "cpu", "cuda")


def one_of(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """The value; raises UserError listing what is allowed."""
    if value not in allowed:
        raise UserError(f"{name}: allowed: {', '.join(map(str, allowed))}; got {value!r}")
    return value


def names_of(value: str | Iterable[str]) -> tuple[str, ...]:
    """One name, or several; a string is one, not its characters."""
    return (value,) if isinstance(value, str) else tuple(value)


def device_and_threads(device: str, threads: int) -> tuple[str, int]:
    """Where to train: `cpu` or `cuda`, and with how many threads; 0 is as many as there are usable cores."""
    from baselines.cores import usable_core_count
    from baselines.fitting.options import device_of

    if threads < 0:
        raise UserError(f"threads: 0 for all usable cores, or more are allowed, got {threads}")
    return device_of(one_of("device", device, DEVICES)), threads or usable_core_count()


def free_folder(folder: str | Path, what: str) -> Path:
    """A folder that is new or empty; raises UserError where something is in the way."""
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        found = "not empty" if place.is_dir() else "a file"
        raise UserError(f"{place}: {found}; choose another folder for the {what}, or remove it")
    return place


def read_as_options(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Wishes as the command reads them, so that Python and the command line allow and refuse the same.

    Args:
        wishes: by the names of `bench.study.wishes.Wishes`; texts and values alike, so `"25k"` and 25000.

    Raises:
        UserError: a value that the command's option doesn't take; says which it takes.
    """
    from bench.study.parser import study_parser
    from bench.study.wishes import Wishes, wishes_of

    wishes_of(wishes)  # refuses names that it doesn't know
    defaults = {field.name: field.default for field in fields(Wishes)}
    parser = study_parser("tagpress study")
    parser.exit_on_error = False
    read = dict(wishes)
    for name, value in wishes.items():
        if isinstance(defaults[name], bool):
            one_of(name, value, (True, False))
        elif value not in (None, (), [], defaults[name]) and not isinstance(value, Mapping):
            try:
                read[name] = getattr(parser.parse_args(_words(name, value)), name)
            except ArgumentError as error:
                raise UserError(f"{name}: {error.message}") from None
    return read


def _words(name: str, value: Any) -> list[str]:
    """The option as it would be typed; a time that is a number is in seconds."""
    option = "--" + name.replace("_", "-")
    if isinstance(value, list | tuple):
        return [option, *map(str, value)]
    if name == "time" and isinstance(value, int | float):
        return [f"{option}={value:f}s"]
    return [f"{option}={value}"]
