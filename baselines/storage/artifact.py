"""A classifier saved as a folder: its files, and a manifest with the sha256 of each.

Nothing is unpickled. Loading checks the manifest's version, that no file is missing or extra, and every hash,
before any file is read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.folder_kind import said_kind
from baselines.task import LabelSpace, Thresholds
from baselines.whole_files import named, write_whole

# 2: a linear model's weights lie in `weights.safetensors`; the format was that before, the name said another.
# 3: `labels.json` says the task, and what reads a text says its cleaning.
FORMAT_VERSION = 3
MANIFEST = "manifest.json"
LABELS = "labels.json"
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
    """Read JSON; raises ArtifactError naming the file and the line."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: file missing") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ArtifactError(f"{path}: not valid JSON ({error})") from None


def file_sha256(path: Path) -> str:
    """sha256 of a file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_files(folder: Path) -> dict[str, dict[str, Any]]:
    """sha256 and bytes of every file below `folder` but the manifest, by relative POSIX path."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / MANIFEST)
    return {p.relative_to(folder).as_posix(): {"sha256": file_sha256(p), "bytes": p.stat().st_size} for p in files}


def check_files(folder: Path, listed: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ArtifactError unless `folder` holds exactly the listed files with the listed hashes, and no links."""
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise ArtifactError(f"{path}: links are not allowed in an artifact")
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p != folder / MANIFEST}
    if missing := sorted(set(listed) - found):
        raise ArtifactError(
            f"{folder}: listed in {MANIFEST} but missing: {', '.join(missing)}; make the artifact again"
        )
    if extra := sorted(found - set(listed)):
        raise ArtifactError(
            f"{folder}: not listed in {MANIFEST}: {', '.join(extra)}; remove it or make the artifact again"
        )
    for name, facts in listed.items():
        if file_sha256(folder / name) != facts.get("sha256"):
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
    """The checked manifest of an artifact: version known, files complete, hashes right."""
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
    if version != FORMAT_VERSION:
        raise ArtifactError(
            f"{folder / MANIFEST}: format_version {FORMAT_VERSION} is supported, got {version!r}: made by another "
            "version; make the artifact again"
        )
    wrong = [name for name, types in _FIELDS.items() if not isinstance(content.get(name), types)]
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
            f"{folder / MANIFEST}: kind {manifest['kind']!r} unknown; known: {', '.join(sorted(kinds))}"
        )
    classifier = kinds[manifest["kind"]].load_state(folder, manifest["config"], space)
    classifier.thresholds_ = thresholds
    classifier.load_members(lambda name: load(folder / name, kinds))
    return classifier


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
    content = read_json(path)
    try:
        space = LabelSpace.from_json(content)
        given = content.get("thresholds") if space.task == "multiclass" else content["thresholds"]
        thresholds = space.thresholds() if given is None else np.asarray(given, np.float32)
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {error}") from None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ArtifactError(f"{path}: thresholds are needed ({type(error).__name__}: {error})") from None
    if thresholds.shape != (len(space.classes),) or not ((thresholds >= 0) & (thresholds <= 1)).all():
        raise ArtifactError(f"{path}: expected {len(space.classes)} thresholds between 0 and 1, one for each class")
    return space, thresholds


def kinds_within(folder: Path) -> frozenset[str]:
    """The kinds that loading an artifact needs: its own, and those of its members."""
    read_manifest(folder)
    return frozenset(str(read_json(path).get("kind")) for path in folder.rglob(MANIFEST))


def lineage_of(folder: Path) -> Lineage:
    """The lineage an artifact was saved with."""
    manifest = read_manifest(folder)
    return Lineage(**{f.name: manifest[f.name] for f in dataclasses.fields(Lineage)})
