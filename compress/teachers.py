"""A saved artifact as teacher: whether it may teach here, and what its students' figures are then worth.

A teacher that was fitted elsewhere may have seen this run's test texts, and its students' scores then flatter. Its
lineage holds the hash of the data it was made from, split included; as much as follows from that is said in the
receipts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.errors import NotCompressible, UserError
from baselines.fitting.fit import ARTIFACT
from baselines.models.registry import BASELINES
from baselines.splits.split import split
from baselines.storage import artifact
from baselines.storage.artifact import MANIFEST, Lineage
from compress.method import Context
from compress.methods.distill.out_of_fold import check_teacher
from compress.registry import KINDS

_MAY_FLATTER = "it may have seen the test texts, and then the scores of its students flatter"


@dataclass(frozen=True)
class SavedTeacher:
    """An artifact whose answers students learn. Two are the same where their hashes are, wherever they lie.

    Attributes:
        sha256: of its manifest, which holds the hash of every other file.
        name: from its lineage.
        classifier: as loaded.
        method: the compression method that made it, "" for a baseline.
        saw_labels: whether it is known to have been made from this data set, however that was split.
        notes: what the receipts of its students have to say, as sentences.
    """

    sha256: str
    name: str = field(compare=False)
    classifier: Classifier = field(compare=False)
    method: str = field(compare=False, default="")
    saw_labels: bool = field(compare=False, default=True)
    notes: tuple[str, ...] = field(compare=False, default=())

    def __str__(self) -> str:
        return f"the saved {self.name}"

    def teaching(self, context: Context) -> Context:
        """The context of a student of this teacher."""
        return replace(
            context,
            teacher=self.classifier,
            make_teacher=None,
            teacher_saw_labels=self.saw_labels,
            teacher_notes=self.notes,
        )


def read_teacher(place: str | Path, dataset: Dataset) -> SavedTeacher:
    """Load an artifact and see whether it can teach students of this data set.

    Args:
        place: the artifact's folder, or the step folder that holds it.
        dataset: what the students are trained and judged on.

    Raises:
        UserError: no artifact there. ArtifactError: a damaged one.
        NotCompressible: another task, other classes, an abstaining model; or a kind that can't be fitted and that has
            seen the labels of these texts.
    """
    folder = _artifact_folder(Path(place))
    classifier, lineage = artifact.load(folder, KINDS), artifact.lineage_of(folder)
    check_teacher(classifier, dataset.everything.space)
    known = _as_split_there(lineage, dataset)
    if known is not None and not classifier.can_fit:
        raise NotCompressible(_has_seen_them(classifier, lineage))
    sha256 = artifact.file_sha256(folder / MANIFEST)
    notes = (*_about_test_texts(lineage, known, dataset), *_inherited(lineage))
    return SavedTeacher(sha256, lineage.name, classifier, lineage.method, known is not None, notes)


def check_over_folds(teacher: SavedTeacher) -> None:
    """Raise NotCompressible unless the teacher can be fitted anew on each fold."""
    if not teacher.classifier.can_fit:
        raise NotCompressible(
            f"teacher: over folds a fresh one is fitted in each, since {teacher} may have seen the fold's test texts, "
            f"and {teacher.classifier.kind!r} can't be fitted; give a kind that can be, or leave out --folds"
        )


def _artifact_folder(place: Path) -> Path:
    for folder in (place, place / ARTIFACT):
        try:
            if (folder / MANIFEST).is_file():
                return folder
        except OSError:  # a name that is too long, a folder that may not be entered
            continue
    raise UserError(
        f"teacher {str(place)!r}: neither a baseline nor the folder of an artifact. Allowed: {', '.join(BASELINES)}; "
        "or a folder, which `python -m baselines.train --baseline NAME --run RUN` makes: runs/RUN/baselines/NAME"
    )


def _as_split_there(lineage: Lineage, dataset: Dataset) -> Dataset | None:
    """This data set as it was split for the artifact; None where the artifact isn't known to be made from it."""
    sha256 = lineage.dataset.get("sha256")
    if sha256 in (dataset.sha256, None):
        return dataset if sha256 else None
    # The hash covers the split too, which follows from the seed.
    found = [lineage.seed, *(step.get("seed") for step in lineage.recipe if isinstance(step, dict))]
    for seed in sorted({seed for seed in found if isinstance(seed, int) and seed >= 0}):
        other = replace(dataset, split=split(dataset.everything.labels, seed))
        if other.sha256 == sha256:
            return other
    return None


def _has_seen_them(classifier: Classifier, lineage: Lineage) -> str:
    instead = f"its parent {lineage.parent!r}" if lineage.parent else "the model it was made from"
    return (
        f"teacher: {lineage.name!r} was made from this same data, so its answers for the training texts are memory of "
        f"their labels, and {classifier.kind!r} can't be fitted again without them; give {instead}, or another "
        "artifact of a kind that can be fitted"
    )


def _about_test_texts(lineage: Lineage, known: Dataset | None, dataset: Dataset) -> tuple[str, ...]:
    """Whether the artifact may have seen the test texts; nothing where it was made from this very split."""
    sha256 = lineage.dataset.get("sha256")
    if known is not None:
        test = dataset.split.test
        n_seen = int(np.isin(test, [*known.split.train, *known.split.validation]).sum())
        own = f"{n_seen} of the {len(test)} test texts were among its own, so the scores of its students flatter"
        return (f"the saved {lineage.name} learned from another split of this data: {own}",) if n_seen else ()
    if not sha256:
        return (f"the saved {lineage.name} doesn't say which data it was made from; {_MAY_FLATTER}",)
    named = str(lineage.dataset.get("name", "unknown"))
    other = f"another state or split of {named}" if named == dataset.name else f"other data, {named}"
    return (f"the saved {lineage.name} was made from {other} (sha256 {str(sha256)[:12]}…); {_MAY_FLATTER}",)


def _inherited(lineage: Lineage) -> tuple[str, ...]:
    """What the artifact's own receipt has to say of the teacher it learned from itself."""
    facts = lineage.receipt.get("facts")
    notes = facts.get("teacher_notes") if isinstance(facts, dict) else None
    return tuple(str(note) for note in notes) if isinstance(notes, list) else ()
