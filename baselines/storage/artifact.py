"""A classifier saved as a folder: its files, and a manifest with the sha256 of each.

Nothing is unpickled. Loading checks the manifest's version, that no file is missing or extra, and every hash,
before any file is read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from baselines.checked_reading import MAX_FILE_BYTES, is_plain_name, is_share, names_said, read_json_file, shown
from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.folder_kind import said_kind
from baselines.rights import unreadable_is_said
from baselines.task import LabelSpace, Thresholds
from baselines.whole_files import named, write_whole

# 2: a linear model's weights lie in `weights.safetensors`; the format was that before, the name said another.
# 3: `labels.json` says the task, and what reads a text says its cleaning.
FORMAT_VERSION = 3
MANIFEST = "manifest.json"
LABELS = "labels.json"
MAX_FILES = 10_000
_LABEL_FIELDS = {"classes", "task", "negative", "shares", "answers_unknown", "thresholds"}
# What a manifest holds besides its version.
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "kind": (str,),
    "config": (dict,),
    "files": (dict,),
    "name": (str,),
    "stage": (str,),
    "method": (str,),
    "parent": (str, type(None)),
    "recipe": (list,),
    "seed": (int,),
    "dataset": (dict,),
    "receipt": (dict,),
}


@dataclass(frozen=True)
class Lineage:
    """Where an artifact came from.

    Attributes:
        name: the model's name in the run, unique.
        stage: `baseline` or `compress`.
        method: the compression method, `""` for a baseline.
        parent: name of the parent artifact, None for a baseline.
        recipe: every step from the baseline to here: `{"method": ..., **config}`.
        seed: of the training.
        dataset: name, sha256 and licence of the data, and `copies` where some stood in two parts (`Removed.counts`).
        receipt: what the method did (parameters touched, bytes promised, ...); JSON types only.
    """

    name: str
    stage: str
    method: str = ""
    parent: str | None = None
    recipe: tuple[Mapping[str, Any], ...] = ()
    seed: int = 0
    dataset: Mapping[str, Any] = field(default_factory=dict)
    receipt: Mapping[str, Any] = field(default_factory=dict)

    def followed_by(self, name: str, step: Mapping[str, Any], receipt: Mapping[str, Any], seed: int) -> Lineage:
        """The lineage of what a compression method made of this artifact; `step` holds its name as `method`."""
        method, recipe = str(step["method"]), (*self.recipe, step)
        return Lineage(name, "compress", method, self.name, recipe, seed, self.dataset, receipt)


def lineage_from(
    name: str, dataset: Dataset | None, recipe: Sequence[Mapping[str, Any]] = (), seed: int = 0
) -> Lineage:
    """The lineage of a baseline; without a data set it says nothing of its data."""
    facts: dict[str, Any] = {}
    if dataset is not None:
        facts = {"name": dataset.name, "sha256": dataset.sha256, "licence": dataset.licence}
        counts = dataset.removed.counts()
        if any(counts.values()):
            facts["copies"] = counts
    return Lineage(name, "baseline", recipe=tuple(recipe), seed=seed, dataset=facts)


def write_json(path: Path, content: Any, *, compact: bool = False) -> None:
    """Write JSON with sorted keys and no NaN, the same bytes for the same content."""
    with named(path):
        path.write_text(_json_text(content, compact=compact), encoding="utf-8")


def write_json_whole(path: Path, content: Any) -> None:
    """The same whole or not at all, for a file that lies in no folder which takes its place as a whole."""
    write_whole(path, _json_text(content))


def _json_text(content: Any, *, compact: bool = False) -> str:
    layout: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 1}
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, **layout) + "\n"


def read_json(path: Path) -> Any:
    """Read JSON with the limits of `baselines.checked_reading`; raises ArtifactError naming the file."""
    return read_json_file(path)


def file_sha256(path: Path) -> str:
    """sha256 of a file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_files(folder: Path) -> dict[str, dict[str, Any]]:
    """sha256 and bytes of every file below `folder` but the manifest, by relative POSIX path."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / MANIFEST)
    return {p.relative_to(folder).as_posix(): {"sha256": file_sha256(p), "bytes": p.stat().st_size} for p in files}


def check_files(folder: Path, listed: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ArtifactError unless `folder` holds exactly the listed files with the listed hashes, all of them plain."""
    with unreadable_is_said(folder):
        _check_listed(folder, listed, _plain_files(folder))


def _plain_files(folder: Path) -> set[str]:
    """Names of all files but the manifest, relative to `folder`."""
    paths = list(islice(folder.rglob("*"), MAX_FILES + 1))
    if len(paths) > MAX_FILES:
        raise ArtifactError(f"{folder}: at most {MAX_FILES} files are allowed in an artifact")
    for path in paths:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            raise ArtifactError(f"{path}: links are not allowed in an artifact")
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ArtifactError(f"{path}: only plain files and folders are allowed in an artifact")
    return {p.relative_to(folder).as_posix() for p in paths if p.is_file() and p != folder / MANIFEST}


def _check_listed(folder: Path, listed: Mapping[str, Mapping[str, Any]], found: set[str]) -> None:
    if missing := set(listed) - found:
        raise ArtifactError(
            f"{folder}: listed in {MANIFEST} but missing: {names_said(missing)}; make the artifact again"
        )
    if extra := found - set(listed):
        raise ArtifactError(
            f"{folder}: not listed in {MANIFEST}: {names_said(extra)}; remove it or make the artifact again"
        )
    for name, facts in listed.items():
        size = (folder / name).stat().st_size
        if size > MAX_FILE_BYTES:
            raise ArtifactError(f"{folder / name}: at most {MAX_FILE_BYTES} bytes are allowed, got {size}")
        if not isinstance(facts, dict) or file_sha256(folder / name) != facts.get("sha256"):
            raise ArtifactError(f"{folder / name}: sha256 differs from {MANIFEST}; the file was changed or damaged")


def save(classifier: Classifier, folder: Path, lineage: Lineage) -> None:
    """Write a fitted classifier into an empty folder. The same classifier gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    classifier.save_state(folder)
    write_json(folder / LABELS, labels_content(classifier.space_, classifier.thresholds_))
    write_json(
        folder / MANIFEST,
        {
            "format_version": FORMAT_VERSION,
            "kind": classifier.kind,
            "config": dataclasses.asdict(classifier.config),
            **dataclasses.asdict(lineage),
            "files": describe_files(folder),
        },
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The checked manifest of an artifact: version known, files complete, hashes right, all of it readable."""
    with unreadable_is_said(folder):
        return _checked_manifest(folder)


def _checked_manifest(folder: Path) -> dict[str, Any]:
    if not (folder / MANIFEST).is_file():
        raise ArtifactError(
            f"{folder}: no {MANIFEST}; not an artifact{said_kind(folder)}. Make one with "
            "python -m baselines.train --baseline NAME --run RUN (runs/RUN/baselines/NAME/artifact) "
            "or python -m compress.run --run RUN (runs/RUN/compress/NAME/artifact)"
        )
    manifest = read_json(folder / MANIFEST)
    content = manifest if isinstance(manifest, dict) else {}
    if "form" in content:
        raise ArtifactError(f"{folder}: a bundle, which is for serving; give the artifact it was made from")
    version = content.get("format_version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise ArtifactError(
            f"{folder / MANIFEST}: format_version {FORMAT_VERSION} is supported, got {shown(version)}: made by another "
            "version; make the artifact again"
        )
    wrong = [name for name, types in _FIELDS.items() if type(content.get(name)) not in types]
    if wrong:
        raise ArtifactError(f"{folder / MANIFEST}: no artifact's; missing or malformed: {', '.join(wrong)}")
    check_files(folder, manifest["files"])
    return dict(manifest)


def load(folder: Path, kinds: Mapping[str, type[Classifier]]) -> Classifier:
    """Read an artifact.

    Args:
        folder: what `save` wrote.
        kinds: classifier classes by `kind`; `baselines.models.registry.KINDS`, or `compress.registry.KINDS` for all.

    Raises:
        ArtifactError: damaged, incomplete, or of a kind that isn't known.
    """
    manifest = read_manifest(folder)
    space, thresholds = read_labels(folder / LABELS)
    if manifest["kind"] not in kinds:
        raise ArtifactError(
            f"{folder / MANIFEST}: kind {shown(manifest['kind'])} unknown; known: {', '.join(sorted(kinds))}"
        )
    classifier = kinds[manifest["kind"]].load_state(folder, manifest["config"], space)
    classifier.thresholds_ = thresholds
    classifier.load_members(lambda name: load(_member(folder, name), kinds))
    return classifier


def _member(folder: Path, name: str) -> Path:
    """Folder of a member; a name that leads elsewhere could lead to a file of somebody else, or back to `folder`."""
    if not is_plain_name(name):
        raise ArtifactError(f"{folder / MANIFEST}: members: plain names of folders are allowed, got {shown(name)}")
    return folder / name


def labels_content(space: LabelSpace, thresholds: Thresholds) -> dict[str, Any]:
    """What `labels.json` says; the inverse of `read_labels`.

    Thresholds stand there as the shortest decimals that read back as the same float32, and not at all where the largest
    probability decides alone: they are shipped with every model.
    """
    content = space.to_json()
    if space.task != "multiclass" or thresholds.any():
        content["thresholds"] = [float(str(threshold)) for threshold in thresholds.astype(np.float32)]
    return content


def read_labels(path: Path) -> tuple[LabelSpace, Thresholds]:
    """What a `labels.json` holds: the label space, and float32 (n_classes,) thresholds between 0 and 1.

    Of task multiclass it may hold no thresholds: the largest probability decides.

    Raises:
        ArtifactError: naming the file, and what doesn't fit.
    """
    return labels_of(read_json(path), path)


def labels_of(content: Any, place: Path) -> tuple[LabelSpace, Thresholds]:
    """`read_labels` of what was read already; `place` is named in errors."""
    try:
        space = LabelSpace.from_json(content)
    except ArtifactError as error:
        raise ArtifactError(f"{place}: {error}") from None
    if unknown := sorted(set(content) - _LABEL_FIELDS):
        raise ArtifactError(f"{place}: {', '.join(sorted(_LABEL_FIELDS))} are allowed, got {shown(unknown[0])}")
    if "thresholds" not in content and space.task == "multiclass":
        return space, space.thresholds()
    given = content.get("thresholds")
    if not isinstance(given, list) or not all(map(is_share, given)):
        raise ArtifactError(f"{place}: thresholds are needed, a list of numbers between 0 and 1, got {shown(given)}")
    if len(given) != len(space.classes):
        raise ArtifactError(f"{place}: expected {len(space.classes)} thresholds, one for each class, got {len(given)}")
    return space, np.array(given, np.float32)


def kinds_within(folder: Path) -> frozenset[str]:
    """The kinds that loading an artifact needs: its own, and those of its members."""
    read_manifest(folder)
    return frozenset(str(read_json(path).get("kind")) for path in folder.rglob(MANIFEST))


def lineage_of(folder: Path) -> Lineage:
    """The lineage an artifact was saved with."""
    manifest = read_manifest(folder)
    return Lineage(**{f.name: manifest[f.name] for f in dataclasses.fields(Lineage)})
