"""What a bundle can be made into: an explicit table, one line a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exports.targets.source import Target


@dataclass(frozen=True)
class Form:
    """One target.

    Attributes:
        title: for `--help` and errors.
        write: (bundle, folder, what was asked) -> the files that were written, sizes to be shown to the user. The
            folder exists and is empty; it is renamed to its place when all is written.
        any_bundle: whether bundles of every form can be made into it, or those in whole numbers alone.
    """

    title: str
    write: Callable[[Path, Path, Target], list[Path]]
    any_bundle: bool = False


TARGETS: dict[str, Form] = {}
