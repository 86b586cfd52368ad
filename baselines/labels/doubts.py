"""What looks wrong in labels: said before anything is trained, and where it would change the classes, stopped at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baselines.errors import DataError

# What may be accepted by name, with what the data are then taken as.
DOUBTS: dict[str, str] = {
    "lists": "cells that look like lists are single labels",
    "variants": "labels that differ in case, blanks or Unicode form alone are classes of their own",
    "missing": "labels such as nan, NULL and N/A are classes",
    "rare": "classes with too few texts are dropped",
}
EVERYTHING = "all"


@dataclass(frozen=True)
class Doubt:
    """One thing that looks wrong.

    Attributes:
        name: in DOUBTS.
        said: place, count and examples, one sentence without its full stop.
        options: what may be done to go on besides accepting it, each with what that does.
    """

    name: str
    said: str
    options: tuple[str, ...]


def refuse_doubts(doubts: Sequence[Doubt], accepted: Sequence[str]) -> None:
    """Raise one DataError that names every doubt that isn't accepted, each with the ways to go on."""
    open_ones = [doubt for doubt in doubts if doubt.name not in accepted and EVERYTHING not in accepted]
    if open_ones:
        found = "; ".join(f"{doubt.said} ({' or '.join(doubt.options)})" for doubt in open_ones)
        names = list(dict.fromkeys(doubt.name for doubt in open_ones))
        meant = ", ".join(DOUBTS[name] for name in names)
        raise DataError(f"{found}. Mend the data, say what is meant, or go on by --accept {','.join(names)}: {meant}")
