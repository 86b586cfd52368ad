"""What people know of the classes, from a file like tags.json: `[{"tag", "aliases": [...], "parents": [...]}]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.dataset import TaxonomyEntry
from baselines.errors import DataError
from baselines.inputs.json_files import parsed_json
from baselines.inputs.named_files import check_file
from baselines.labels.spellings import label_name
from baselines.tables.encodings import read_text


def read_taxonomy(path: Path) -> tuple[TaxonomyEntry, ...]:
    """A checked taxonomy from a file; raises DataError naming the file and the tag."""
    check_file(path, expected="--taxonomy expects a JSON file of tags, aliases and parents")
    content = parsed_json(read_text(path), str(path), "expected a list of tags")
    taxonomy = parse_taxonomy(content, str(path))
    check_taxonomy(taxonomy, str(path))
    return taxonomy


def parse_taxonomy(content: Any, where: str) -> tuple[TaxonomyEntry, ...]:
    """Entries from parsed JSON; `aliases` and `parents` may be left out."""
    if not isinstance(content, list):
        raise DataError(f"{where}: expected a list of tags, got {type(content).__name__}")
    return tuple(_entry(item, f"{where}: entry {number}") for number, item in enumerate(content, 1))


def _entry(item: Any, where: str) -> TaxonomyEntry:
    if not isinstance(item, dict) or not isinstance(item.get("tag"), str) or not item["tag"]:
        raise DataError(f'{where}: expected an object such as {{"tag": "…", "aliases": […], "parents": […]}}')
    lists = {}
    for field in ("aliases", "parents"):
        lists[field] = item.get(field) or []
        if not isinstance(lists[field], list) or not all(isinstance(name, str) for name in lists[field]):
            raise DataError(f"{where}: {field} of tag {item['tag']!r}: expected a list of strings")
    # Spelled as the classes are, or they would not be found among them.
    parents = tuple(map(label_name, lists["parents"]))
    return TaxonomyEntry(label_name(item["tag"]), tuple(lists["aliases"]), parents)


def check_taxonomy(taxonomy: Sequence[TaxonomyEntry], where: str) -> None:
    """Raise DataError naming a tag that occurs twice, has an unknown parent, shares a name, or stands above itself."""
    owner: dict[str, str] = {}
    for entry in taxonomy:
        if entry.tag in owner:
            raise DataError(f"{where}: tag {entry.tag!r} occurs twice; join the two entries")
        owner[entry.tag] = entry.tag
    for entry in taxonomy:
        for alias in dict.fromkeys(entry.aliases):
            if owner.setdefault(alias, entry.tag) != entry.tag:
                raise DataError(
                    f"{where}: alias {alias!r} of tag {entry.tag!r} also stands for {owner[alias]!r}; "
                    "keep it in one place"
                )
        for parent in entry.parents:
            if owner.get(parent) != parent:
                raise DataError(
                    f"{where}: parent {parent!r} of tag {entry.tag!r} is not a tag; add it, or remove it there"
                )
    _check_cycles({entry.tag: entry for entry in taxonomy}, where)


def _check_cycles(entries: Mapping[str, TaxonomyEntry], where: str) -> None:
    finished: set[str] = set()
    for tag in entries:
        # Depth first without recursion: a taxonomy may be deep.
        path: list[str] = []
        waiting = [(tag, False)]
        while waiting:
            name, leaving = waiting.pop()
            if leaving:
                finished.add(path.pop())
            elif name in path:
                cycle = " -> ".join([*path[path.index(name) :], name])
                raise DataError(f"{where}: the parents of tag {name!r} lead back to it ({cycle}); remove one of them")
            elif name not in finished:
                path.append(name)
                waiting.append((name, True))
                waiting.extend((parent, False) for parent in entries[name].parents)


def restrict(taxonomy: Iterable[TaxonomyEntry], classes: Sequence[str]) -> tuple[TaxonomyEntry, ...]:
    """The entries that say something about the classes, sorted by tag: theirs, and all that lie above or below them.

    A tag below a class is no class itself, but its names imply the class.
    """
    entries = {entry.tag: entry for entry in taxonomy}
    kept: set[str] = set()
    for above in (_above(tag, entries) for tag in entries):
        if not above.isdisjoint(classes):
            kept |= above
    return tuple(entries[tag] for tag in sorted(kept))


def _above(tag: str, entries: Mapping[str, TaxonomyEntry]) -> set[str]:
    found: set[str] = set()
    waiting = [tag]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(entries[name].parents)
    return found
