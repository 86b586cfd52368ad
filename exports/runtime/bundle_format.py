"""What a bundle looks like on disk, and the checks it must pass before anything in it is used. NumPy alone.

A bundle is a flat folder: `manifest.json` (format version, form, sha256 and bytes of every other file, lineage,
metrics), `labels.json`, `alphabet.json` where characters are read, the model's own file, and two files for people
that predicting doesn't need: `MODEL_CARD.md` and `example.json`.
"""

from __future__ import annotations

import hashlib
import re
import stat
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from baselines.checked_reading import MAX_FILE_BYTES, MAX_JSON_BYTES, json_of, names_said, read_plain_file, shown
from baselines.errors import ArtifactError
from baselines.folder_kind import said_kind
from baselines.models.learned.average import MOST_MEMBERS
from baselines.rights import unreadable_is_said
from baselines.storage.artifact import labels_of
from baselines.task import LabelSpace, Thresholds

# 2: `labels.json` says the task, and what reads a text says its cleaning.
# 3: ONNX graphs of characters take long texts in stretches, and a batch of none.
FORMAT_VERSION = 3
MANIFEST = "manifest.json"
LABELS = "labels.json"
ALPHABET = "alphabet.json"
MODEL_CARD = "MODEL_CARD.md"
EXAMPLE = "example.json"
ONNX_FILE = "model.onnx"
TABLES_FILE = "tables.safetensors"
LINEAR_FILE = "linear.safetensors"
PACKED_LINEAR_FILE = "linear-int.safetensors"
VOCABULARY = "vocabulary.json"
TREES_FILE = "trees.safetensors"
NEIGHBOURS_FILE = "neighbours.safetensors"
GRU_FILE = "gru.safetensors"
RULES_FILE = "rules.json"
ENSEMBLE_FILE = "ensemble.json"
FOR_PEOPLE = (MODEL_CARD, EXAMPLE)

# Files of each form besides the manifest, the labels and those for people.
FORMS: Mapping[str, tuple[str, ...]] = {
    "onnx": (ALPHABET, ONNX_FILE),
    "table": (ALPHABET, TABLES_FILE),
    "linear": (VOCABULARY, LINEAR_FILE),
    "trees": (VOCABULARY, TREES_FILE),
    "neighbours": (VOCABULARY, NEIGHBOURS_FILE),
    "gru": (VOCABULARY, GRU_FILE),
    "rules": (RULES_FILE,),
    # Its members' files besides, each with a prefix of its own: see `member_prefix`.
    "ensemble": (ENSEMBLE_FILE,),
}
# The kind of classifier whose graph reads words, and of the linear model whose one file holds its vocabulary too.
WORD_KIND = "rnn"
PACKED_LINEAR_KIND = "linear-int"
# The kind of a linear model that was made elsewhere: float64, and perhaps a link of its own.
ADOPTED_KIND = "linear-adopted"
# All files together, and the manifest.
MAX_BUNDLE_BYTES = MAX_FILE_BYTES
MAX_MANIFEST_BYTES = 1 << 20
MAX_FILES = 64
_KIND = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class BundleContent:
    """A checked bundle.

    Attributes:
        folder: where it lies.
        form: one of FORMS.
        manifest: as read.
        space: what can be answered, in the order of the probabilities.
        thresholds: float32 (n_classes,).
        prefix: of the names of its files in the folder; "" unless it is a member of an ensemble.
    """

    folder: Path
    form: str
    manifest: Mapping[str, Any]
    space: LabelSpace
    thresholds: Thresholds
    _read: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    prefix: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.space.classes

    def data(self, name: str) -> bytes:
        """Bytes of one file, the very ones that were hashed; once a model is made from it they aren't kept any more.

        Raises:
            ArtifactError: read again after `forget`, and changed since.
        """
        content = self._read.get(name)
        facts = self.manifest["files"][name]
        return _checked(self.folder, self.prefix + name, facts) if content is None else content

    def json(self, name: str) -> Any:
        """Content of one JSON file of the bundle."""
        return json_of(self.data(name), self.place(name))

    def place(self, name: str) -> Path:
        """Where one of its files lies."""
        return self.folder / (self.prefix + name)

    def members(self) -> list[BundleContent]:
        """The bundles that an ensemble is made of, each checked as one of its own.

        Raises:
            ArtifactError: labels that are damaged, or of other classes or another task than the ensemble's.
        """
        return [self._member(member_prefix(number), facts) for number, facts in enumerate(self.manifest["members"])]

    def _member(self, prefix: str, facts: Mapping[str, Any]) -> BundleContent:
        place = self.place(prefix + LABELS)
        space, thresholds = labels_of(self.json(prefix + LABELS), place)
        if (space.classes, space.task) != (self.space.classes, self.space.task):
            raise ArtifactError(f"{place}: other classes, or another task, than the ensemble's; make the bundle again")
        own = {name.removeprefix(prefix): name for name in self.manifest["files"] if name.startswith(prefix)}
        manifest = {**facts, "task": space.task, "files": {n: self.manifest["files"][full] for n, full in own.items()}}
        read = {name: self.data(full) for name, full in own.items()}
        return BundleContent(self.folder, facts["form"], manifest, space, thresholds, read, prefix)

    def forget(self) -> None:
        """Let go of the bytes: a model was made from them."""
        self._read.clear()


def read_bundle(folder: Path) -> BundleContent:
    """Check a bundle from outside in: no links, known version, names that stay inside, sizes, hashes, labels.

    Each file is read once: what was hashed is what is used.

    Raises:
        ArtifactError: naming the file, what is allowed, and what came.
    """
    with unreadable_is_said(folder):
        return _read_bundle(folder)


def _read_bundle(folder: Path) -> BundleContent:
    if not (folder / MANIFEST).is_file():
        raise ArtifactError(
            f"{folder}: no {MANIFEST}; not a bundle{said_kind(folder)}. Make one: python -m exports.run ARTIFACT --out "
            "FOLDER"
        )
    paths = list(islice(folder.iterdir(), MAX_FILES + 1))
    for path in paths:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ArtifactError(f"{path}: only plain files are allowed in a bundle, no links, folders or devices")
    place = folder / MANIFEST
    manifest = json_of(read_plain_file(place, MAX_MANIFEST_BYTES, links=False), place)
    if isinstance(manifest, dict) and "kind" in manifest and "form" not in manifest:
        raise ArtifactError(
            f"{folder}: a saved classifier, not a bundle. Make one of it: python -m exports.run {folder} --out FOLDER"
        )
    if len(paths) > MAX_FILES:
        raise ArtifactError(
            f"{folder}: at most {MAX_FILES} files are allowed in a bundle; remove what isn't part of it"
        )
    check_manifest(manifest, place)
    form, files = str(manifest["form"]), manifest["files"]
    needed = needed_files(form, manifest["kind"], manifest.get("members", ()))
    found = _check_names(folder, form, files, needed, {path.name for path in paths} - {MANIFEST})
    space, thresholds = labels_of(json_of(found[LABELS], folder / LABELS), folder / LABELS)
    if manifest["task"] != space.task:
        raise ArtifactError(
            f"{place}: task {shown(manifest['task'])}, but {LABELS} says {space.task}; make the bundle again"
        )
    return BundleContent(folder, form, manifest, space, thresholds, found)


def check_manifest(manifest: Any, place: Path) -> None:
    """Raise ArtifactError unless a manifest has the version, and its fields what they may hold; others may stand there.

    Args:
        manifest: content of the file.
        place: named in errors.
    """
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    if type(version) is not int or version != FORMAT_VERSION:
        raise ArtifactError(
            f"{place}: format_version {FORMAT_VERSION} is supported, got {shown(version)}; make the bundle again from "
            "its artifact: python -m exports.run ARTIFACT --out FOLDER"
        )
    form, files = manifest.get("form"), manifest.get("files")
    if not isinstance(form, str) or form not in FORMS or not isinstance(files, dict):
        raise ArtifactError(
            f"{place}: form must be one of {', '.join(FORMS)} and files an object, got {shown(form)} and {shown(files)}"
        )
    for name, kind in (("kind", str), ("task", str)):
        if type(manifest.get(name)) is not kind:
            raise ArtifactError(f"{place}: {name}: a string is needed, got {shown(manifest.get(name))}")
    _check_kind(manifest["kind"], place)
    _check_members(form, manifest.get("members"), place)
    for name in ("lineage_sha256", "licence", "judged_by"):
        if not isinstance(manifest.get(name, ""), str):
            raise ArtifactError(f"{place}: {name}: a string is needed, got {shown(manifest[name])}")
    for name in ("lineage", "metrics"):
        if not isinstance(manifest.get(name, {}), dict):
            raise ArtifactError(f"{place}: {name}: an object is needed, got {shown(manifest[name])}")
    for name, value in manifest.get("metrics", {}).items():
        if not all(
            type(n) in (int, float, type(None)) for n in (value.values() if isinstance(value, dict) else [value])
        ):
            raise ArtifactError(
                f"{place}: metrics: {shown(name)}: a number, or an object of numbers, is needed, got {shown(value)}"
            )


def _check_kind(kind: Any, place: Path) -> None:
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise ArtifactError(f"{place}: kind: small letters, digits and - are allowed, got {shown(kind)}")


def _check_members(form: str, members: Any, place: Path) -> None:
    """An ensemble has a form and a kind for each member, none an ensemble itself; other forms have no members."""
    if form != "ensemble":
        if members is not None:
            raise ArtifactError(f"{place}: members: allowed for form ensemble alone, got {shown(members)}")
        return
    if not isinstance(members, list) or not 2 <= len(members) <= MOST_MEMBERS:
        raise ArtifactError(f"{place}: members: a list of 2 to {MOST_MEMBERS} is needed, got {shown(members)}")
    for member in members:
        own = member.get("form") if isinstance(member, dict) and set(member) == {"form", "kind"} else None
        if not isinstance(own, str) or own not in FORMS or own == "ensemble":
            raise ArtifactError(f"{place}: members: a form and a kind each are needed, got {shown(member)}")
        _check_kind(member["kind"], place)


def member_prefix(number: int) -> str:
    """What the names of the files of an ensemble's member begin with; numbers from 0 on."""
    return f"member-{number}."


def needed_files(form: str, kind: object, members: Sequence[Mapping[str, Any]] = ()) -> set[str]:
    """Files that predicting needs besides the manifest; graphs over words have a vocabulary in place of an alphabet."""
    if members:
        own = [needed_files(member["form"], member["kind"]) for member in members]
        return {member_prefix(n) + name for n, names in enumerate(own) for name in names} | {LABELS, ENSEMBLE_FILE}
    if form == "linear" and kind == PACKED_LINEAR_KIND:
        return {LABELS, PACKED_LINEAR_FILE}
    needed = {LABELS, *FORMS[form]}
    return needed - {ALPHABET} | {VOCABULARY} if form == "onnx" and kind == WORD_KIND else needed


def _check_names(
    folder: Path, form: str, listed: Mapping[str, Any], needed: set[str], found: set[str]
) -> dict[str, bytes]:
    """The bytes of the files that predicting needs; those for people are hashed too, and not kept."""
    for name in listed:
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise ArtifactError(f"{folder / MANIFEST}: {shown(name)} is not a plain file name inside the bundle")
    if missing := (set(listed) | needed) - found:
        raise ArtifactError(f"{folder}: missing: {names_said(missing)}; make the bundle again")
    if unlisted := needed - set(listed):
        raise ArtifactError(f"{folder / MANIFEST}: files: not listed: {names_said(unlisted)}; make the bundle again")
    if extra := (found - set(listed)) | (set(listed) - needed - set(FOR_PEOPLE)):
        raise ArtifactError(
            f"{folder}: not part of a bundle of form {form}: {names_said(extra)}; remove or make it again"
        )
    if (total := sum((folder / name).lstat().st_size for name in listed)) > MAX_BUNDLE_BYTES:
        raise ArtifactError(f"{folder}: at most {MAX_BUNDLE_BYTES} bytes are allowed in all files, got {total}")
    contents = {name: _checked(folder, name, listed[name]) for name in sorted(listed)}
    return {name: content for name, content in contents.items() if name in needed}


def _checked(folder: Path, name: str, facts: Any) -> bytes:
    """Bytes of one file, with the size and the hash that the manifest states."""
    path = folder / name
    content = read_plain_file(path, MAX_JSON_BYTES if name.endswith(".json") else MAX_FILE_BYTES, links=False)
    expected = facts if isinstance(facts, dict) else {}
    if len(content) != expected.get("bytes") or hashlib.sha256(content).hexdigest() != expected.get("sha256"):
        raise ArtifactError(f"{path}: size or sha256 differs from {MANIFEST}; the file was changed or damaged")
    return content


def bundle_bytes(folder: Path) -> tuple[int, int]:
    """Bytes needed to predict, as they lie and deflated (level 9, file by file); files for people don't count."""
    contents = [path.read_bytes() for path in sorted(folder.iterdir()) if path.name not in FOR_PEOPLE]
    return sum(map(len, contents)), sum(len(zlib.compress(content, 9)) for content in contents)
