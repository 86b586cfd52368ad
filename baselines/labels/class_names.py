"""Names of class numbers, from a file: one a line, a JSON list or object, or `number<TAB>name`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.inputs.counted import repeated
from baselines.inputs.json_files import parsed_json
from baselines.inputs.named_files import check_file
from baselines.labels.spellings import checked_name
from baselines.tables.encodings import read_text

# More classes than any model here could have a column for.
MOST_CLASSES = 1_000_000
_MOST_DIGITS = 18
_TAKES = "--class-names takes one name a line (the first for 0), a JSON list or object, or lines of number, tab, name"


@dataclass(frozen=True)
class ClassNames:
    """Names of class numbers.

    Attributes:
        path: of the file, for messages.
        by_number: name of each number.
        numbered: whether the file itself gives the numbers; else they follow from the order.
    """

    path: Path
    by_number: Mapping[int, str]
    numbered: bool = False

    def from_one(self) -> ClassNames:
        """The same names, the first for 1."""
        return ClassNames(self.path, {number + 1: name for number, name in self.by_number.items()}, self.numbered)

    def name(self, number: str, where: str) -> str:
        """The name of a number as it stands in a cell; raises DataError where there is none."""
        try:
            return self.by_number[int(number)]
        except (ValueError, KeyError):
            first, last = min(self.by_number), max(self.by_number)
            raise DataError(
                f"{where}: expected a class number from {first} to {last}, as in {self.path}, got {number!r:.60}; mend "
                "the cell, or the file of --class-names"
            ) from None


def read_class_names(path: Path) -> ClassNames:
    """A checked file of names; raises DataError naming file and line."""
    check_file(path, expected=_TAKES)
    content = read_text(path).strip()
    if not content:
        raise DataError(f"{path}: the file is empty; {_TAKES}")
    found = _from_json(path, content) if content[0] in "[{" else _from_lines(path, content)
    if len(found.by_number) > MOST_CLASSES:
        raise DataError(f"{path}: {len(found.by_number):,} names, at most {MOST_CLASSES:,} are allowed; {_TAKES}")
    if twice := repeated(found.by_number.values()):
        raise DataError(f"{path}: the name {twice[0]!r} stands there twice; every class needs a name of its own")
    return found


def for_numbers(names: ClassNames, numbers: Collection[str]) -> tuple[ClassNames, str]:
    """The names as the numbers in the data mean them, and the sentence that says so.

    Numbers begin with 0; with 1 where 0 never occurs and the number of names does.
    """
    shifted = not names.numbered and "0" not in numbers and str(len(names.by_number)) in numbers
    own = names.from_one() if shifted else names
    first = min(own.by_number)
    why = " as 0 never occurs and the last number does" if shifted else ""
    said = f"class numbers are named by {names.path} and begin with {first}{why}: {first} is {own.by_number[first]}"
    return own, said


def _from_json(path: Path, content: str) -> ClassNames:
    try:
        found = parsed_json(content, str(path), _TAKES)
    except DataError:
        if content[0] == "[":  # a name in brackets may open a list of lines too
            return _from_lines(path, content)
        raise
    if isinstance(found, list):
        return ClassNames(path, {i: _name(path, name, f"entry {i + 1}") for i, name in enumerate(found)})
    if all(isinstance(value, int) and not isinstance(value, bool) for value in found.values()):
        found = {number: name for name, number in found.items()}  # label2id is id2label turned round
    try:
        named = {
            _number(path, str(number), f"number {str(number)[:20]}"): _name(path, name, f"number {number}")
            for number, name in found.items()
        }
    except ValueError:
        raise DataError(f"{path}: expected an object from numbers to names, or from names to numbers") from None
    return ClassNames(path, named, numbered=True)


def _from_lines(path: Path, content: str) -> ClassNames:
    lines = [line.removesuffix("\r") for line in content.split("\n")]
    pairs = [line.split("\t", 1) for line in lines]
    if all(len(pair) == 2 and pair[0].strip().isdecimal() for pair in pairs):
        numbers = [_number(path, number, f"line {i}") for i, (number, _) in enumerate(pairs, 1)]
        if twice := repeated(numbers):
            raise DataError(f"{path}: the number {twice[0]} stands there twice; every class needs a number of its own")
        names = [_name(path, name, f"line {i}") for i, (_, name) in enumerate(pairs, 1)]
        named = dict(zip(numbers, names, strict=True))
        return ClassNames(path, named, numbered=True)
    return ClassNames(path, {i: _name(path, line, f"line {i + 1}") for i, line in enumerate(lines)})


def _number(path: Path, digits: str, where: str) -> int:
    if len(digits.strip()) > _MOST_DIGITS:
        raise DataError(f"{path}: {where}: expected a class number, got {digits.strip()[:20]!r}…; {_TAKES}")
    return int(digits)


def _name(path: Path, value: Any, where: str) -> str:
    name = checked_name(value, f"{path}: {where}") if isinstance(value, str) else ""
    if not name:
        raise DataError(f"{path}: {where}: expected a name, got {value!r:.60}; {_TAKES}")
    return name
