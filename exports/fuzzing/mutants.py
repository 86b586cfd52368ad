"""A mutant: a sound folder changed one to four times, with its manifest's hashes put right.

Seed and number say everything about a mutant, so that one can be made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from exports.fuzzing.graph_changes import changed_graph
from exports.fuzzing.hostile import changed_bytes, some_bytes
from exports.fuzzing.json_changes import changed_json
from exports.fuzzing.tensor_changes import changed_tensors

MANIFEST = "manifest.json"
MOST_CHANGES = 4
# What a name may stand for in place of a plain file.
ODD_FILES = ("link", "folder", "pipe", "unreadable")
# By the ending of a file's name.
_CHANGES: Mapping[str, Callable[[Random, bytes], tuple[bytes, str] | None]] = {
    ".json": changed_json,
    ".safetensors": changed_tensors,
    ".onnx": changed_graph,
}
# A share of changes that know nothing of the format, and of those that change which files there are.
_OF_BYTES, _OF_FILES = 0.15, 0.12
# Hardly worth a change: nothing that loads looks into them.
_FOR_PEOPLE = (".md", "example.json")
# Manifests that are left with wrong hashes.
_UNSIGNED = 0.03


@dataclass(frozen=True)
class Mutant:
    """What is tried.

    Attributes:
        number: of the mutant.
        source: name of the sound folder.
        files: content by relative name.
        odd: by relative name, one of ODD_FILES.
        changes: what was done, in order.
    """

    number: int
    source: str
    files: Mapping[str, bytes]
    odd: Mapping[str, str]
    changes: tuple[str, ...]

    def write(self, folder: Path) -> None:
        """Lay the files down."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, kind in self.odd.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # A later change may have put a file where an earlier one had something odd.
            path.unlink(missing_ok=True)
            if kind == "link":
                path.symlink_to("labels.json")
            elif kind == "folder":
                path.mkdir()
            elif kind == "pipe":
                os.mkfifo(path)
            else:
                path.write_bytes(b"{}")
                path.chmod(0)


def files_of(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder, by its relative name."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def mutant(sources: Sequence[tuple[str, Mapping[str, bytes]]], seed: int, number: int) -> Mutant:
    """The mutant of this seed and number; its source is the next in turn."""
    random = Random(f"{seed} {number}")
    name, sound = sources[number % len(sources)]
    files, odd = dict(sound), dict[str, str]()
    changes, of_manifest = list[str](), list[str]()
    for _ in range(random.choice((1, 1, 1, 2, 3, MOST_CHANGES))):
        places = [name for name in sorted(files) if not name.endswith(_FOR_PEOPLE) or random.random() < _OF_FILES]
        place = random.choice(places or sorted(files))
        if random.random() < _OF_FILES:
            changes.append(_change_files(random, files, odd, place, sources))
        elif place.endswith(MANIFEST):
            of_manifest.append(place)
        else:
            changes.append(_change(random, files, place))
        if not files:
            break
    if random.random() >= _UNSIGNED:
        sign(files)
    changes += [_change(random, files, place) for place in of_manifest if place in files]
    return Mutant(number, name, files, odd, tuple(changes))


def _change(random: Random, files: dict[str, bytes], name: str) -> str:
    change = next((made for ending, made in _CHANGES.items() if name.endswith(ending)), None)
    found = None
    if change is not None and random.random() >= _OF_BYTES:
        try:
            found = change(random, files[name])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            found = None  # an earlier change has left nothing of the structure that this one looks for
    files[name], said = found or changed_bytes(random, files[name])
    return f"{name}: {said}"


def _change_files(
    random: Random,
    files: dict[str, bytes],
    odd: dict[str, str],
    name: str,
    sources: Sequence[tuple[str, Mapping[str, bytes]]],
) -> str:
    what = random.choice(("missing", "more", "odd", "odd", "other", "other", "other", "swapped"))
    if what == "more":
        new = random.choice(("x", "model.onnx", "vocabulary.json", "alphabet.json", "MODEL_CARD.md", "a/b"))
        files.setdefault(new, some_bytes(random))
        return f"{new}: added"
    if what == "other":
        source, others = random.choice(sources)
        same = [each for each in others if each.rpartition(".")[2] == name.rpartition(".")[2]]
        if same:
            other = name if name in others else random.choice(same)
            files[name] = others[other]
            return f"{name}: {other} of {source}"
    if what == "swapped":
        other = random.choice(sorted(files))
        files[name], files[other] = files[other], files[name]
        return f"{name}: swapped with {other}"
    del files[name]
    if what == "odd":
        odd[name] = random.choice(ODD_FILES)
        return f"{name}: a {odd[name]}"
    return f"{name}: missing"


def sign(files: dict[str, bytes]) -> None:
    """Sizes and hashes in every manifest as the files are; the innermost folders first."""
    for place in sorted((name for name in files if name.endswith(MANIFEST)), key=lambda name: -name.count("/")):
        folder = place.removesuffix(MANIFEST)
        try:
            manifest = json.loads(files[place])
            listed = manifest["files"]
            for name in list(listed):
                content = files.get(folder + name)
                if content is not None:
                    listed[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            files[place] = json.dumps(manifest).encode("utf-8", "surrogatepass")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
