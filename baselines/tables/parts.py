"""Parts of a data set by the names that people give them: `train`, `dev`, `val`, `test-00000-of-00002`."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal

Part = Literal["", "train", "validation", "test"]
# In any case; "" stands for records of which nobody said what part they are.
PART_OF_NAME: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "dev": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
}
_SEPARATOR = re.compile(r"[^A-Za-z]+")


def part_of(file: PurePath) -> Part:
    """The part that a file's name says, else the one of the nearest folder that says one; "" for none.

    Args:
        file: relative to the folder of the data set, so that folders above it have no say.
    """
    for place in (file.name.partition(".")[0] or file.name, *(folder.name for folder in file.parents)):
        found = {PART_OF_NAME[word] for word in _SEPARATOR.split(place.lower()) if word in PART_OF_NAME}
        if len(found) == 1:
            return found.pop()
    return ""
