"""What a bundle looks like on disk, and the checks it must pass before anything in it is used. NumPy alone.

A bundle is a flat folder: `manifest.json` (format version, form, sha256 and bytes of every other file, lineage,
metrics), `labels.json`, `alphabet.json` where characters are read, the model's own file, and two files for people
that predicting doesn't need: `MODEL_CARD.md` and `example.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import ArtifactError
from baselines.folder_kind import said_kind
from baselines.storage.artifact import read_labels
from baselines.task import LabelSpace, Thresholds

# 2: `labels.json` says the task, and what reads a text says its cleaning.
FORMAT_VERSION = 2
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
FOR_PEOPLE = (MODEL_CARD, EXAMPLE)

# Files of each form besides the manifest, the labels and those for people.
FORMS: Mapping[str, tuple[str, ...]] = {
    "onnx": (ALPHABET, ONNX_FILE),
    "table": (ALPHABET, TABLES_FILE),
    "linear": (VOCABULARY, LINEAR_FILE),
}
# The kind of classifier whose graph reads words, and of the linear model whose one file holds its vocabulary too.
WORD_KIND = "rnn"
PACKED_LINEAR_KIND = "linear-int"
MAX_FILE_BYTES = 1 << 30
MAX_JSON_BYTES = 64 << 20
MAX_CLASSES = 100_000
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
    """

    folder: Path
    form: str
    manifest: Mapping[str, Any]
    space: LabelSpace
    thresholds: Thresholds

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.space.classes

    def json(self, name: str) -> Any:
        """Content of one JSON file of the bundle."""
        return _read_json(self.folder / name)


def read_bundle(folder: Path) -> BundleContent:
    """Check a bundle from outside in: no links, known version, names that stay inside, sizes, hashes, labels.

    Raises:
        ArtifactError: naming the file, what is allowed, and what came.
    """
    if not (folder / MANIFEST).is_file():
        raise ArtifactError(
            f"{folder}: no {MANIFEST}; not a bundle{said_kind(folder)}. Make one: python -m exports.run ARTIFACT --out "
            "FOLDER"
        )
    for path in folder.iterdir():
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ArtifactError(f"{path}: only plain files are allowed in a bundle, no links, folders or devices")
    manifest = _read_json(folder / MANIFEST)
    if isinstance(manifest, dict) and "kind" in manifest and "form" not in manifest:
        raise ArtifactError(
            f"{folder}: a saved classifier, not a bundle. Make one of it: python -m exports.run {folder} --out FOLDER"
        )
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    if type(version) is not int or version != FORMAT_VERSION:
        raise ArtifactError(f"{folder / MANIFEST}: format_version {FORMAT_VERSION} is supported, got {version!r}")
    form, files = manifest.get("form"), manifest.get("files")
    if form not in FORMS or not isinstance(files, dict):
        raise ArtifactError(
            f"{folder / MANIFEST}: form must be one of {', '.join(FORMS)} and files an object, got {form!r}"
        )
    _check_files(folder, str(form), files, needed_files(str(form), manifest.get("kind")))
    space, thresholds = _labels(folder)
    return BundleContent(folder, str(form), manifest, space, thresholds)


def needed_files(form: str, kind: object) -> set[str]:
    """Files that predicting needs besides the manifest; graphs over words have a vocabulary in place of an alphabet."""
    if form == "linear" and kind == PACKED_LINEAR_KIND:
        return {LABELS, PACKED_LINEAR_FILE}
    needed = {LABELS, *FORMS[form]}
    return needed - {ALPHABET} | {VOCABULARY} if form == "onnx" and kind == WORD_KIND else needed


def _check_files(folder: Path, form: str, listed: Mapping[str, Any], needed: set[str]) -> None:
    for name in listed:
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise ArtifactError(f"{folder / MANIFEST}: {name!r} is not a plain file name inside the bundle")
    found = {path.name for path in folder.iterdir()} - {MANIFEST}
    if missing := sorted((set(listed) | needed) - found):
        raise ArtifactError(f"{folder}: missing: {', '.join(missing)}; make the bundle again")
    if extra := sorted((found - set(listed)) | (set(listed) - needed - set(FOR_PEOPLE))):
        raise ArtifactError(
            f"{folder}: not part of a bundle of form {form}: {', '.join(extra)}; remove or make it again"
        )
    for name, facts in listed.items():
        path = folder / name
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ArtifactError(f"{path}: at most {MAX_FILE_BYTES} bytes are allowed, got {size}")
        expected = facts if isinstance(facts, dict) else {}
        if size != expected.get("bytes") or _sha256(path) != expected.get("sha256"):
            raise ArtifactError(f"{path}: size or sha256 differs from {MANIFEST}; the file was changed or damaged")


def _labels(folder: Path) -> tuple[LabelSpace, Thresholds]:
    path = folder / LABELS
    if path.stat().st_size > MAX_JSON_BYTES:
        raise ArtifactError(f"{path}: at most {MAX_JSON_BYTES} bytes are allowed, got {path.stat().st_size}")
    space, thresholds = read_labels(path)
    if not 1 <= len(space.classes) <= MAX_CLASSES:
        raise ArtifactError(f"{path}: 1 to {MAX_CLASSES} class names are allowed, got {len(space.classes)}")
    return space, thresholds


def _read_json(path: Path) -> Any:
    size = path.stat().st_size
    if size > MAX_JSON_BYTES:
        raise ArtifactError(f"{path}: at most {MAX_JSON_BYTES} bytes are allowed, got {size}")
    try:
        return json.loads(path.read_bytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path}: not valid JSON ({error})") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bundle_bytes(folder: Path) -> tuple[int, int]:
    """Bytes needed to predict, as they lie and deflated (level 9, file by file); files for people don't count."""
    contents = [path.read_bytes() for path in sorted(folder.iterdir()) if path.name not in FOR_PEOPLE]
    return sum(map(len, contents)), sum(len(zlib.compress(content, 9)) for content in contents)
