"""A study's parent that was made elsewhere: a pipeline or a fastText model, with the classes of the data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.errors import UserError
from baselines.fitting.fit import ARTIFACT, FACTS
from baselines.models.registry import BASELINES
from baselines.scores.thresholds import no_thresholds
from baselines.storage import artifact
from baselines.storage.artifact import MANIFEST, Lineage, file_sha256, write_json
from baselines.storage.run_folder import RunFolder
from baselines.task import LabelSpace, Task
from compress.foreign.fasttext.classes import with_classes
from compress.kinds.adopted_linear import AdoptedLinear
from compress.method import Receipt, check_space
from compress.registry import KINDS

# What it is called in a study, and for people.
ADOPTED = "adopted"
TITLE = "Adopted model"
REASONS = "It names each n-gram's exact share of a decision: its weight times its value, and these add up."
_MAY_FLATTER = "it was trained elsewhere and may have seen the test texts; then its own scores flatter"


@dataclass(frozen=True)
class Parent:
    """A model that was taken over. Two are the same where their files are, wherever they lie.

    Attributes:
        sha256: of the pipeline's file, or of the artifact's manifest.
        classifier: with the classes of the data, in their order.
        receipt: what was found, and how closely both agree.
        warnings: what a reader has to know of its figures, as sentences.
    """

    sha256: str
    classifier: AdoptedLinear = field(compare=False)
    receipt: dict[str, Any] = field(compare=False)
    warnings: tuple[str, ...] = field(compare=False, default=())

    @property
    def lineage(self) -> Lineage:
        """For its artifact; which data it learned from isn't known."""
        step = {"method": "adopt", "sha256": self.sha256}
        return Lineage(ADOPTED, "baseline", recipe=(step,), receipt=self.receipt)

    def facts(self, dataset: Dataset) -> dict[str, Any]:
        """What a baseline's `facts.json` says; its thresholds are its own."""
        validation = dataset.part("validation")
        answers = self.classifier.predict_proba(validation.texts)
        choices = no_thresholds(validation.labels, answers, validation.task, validation.metric)
        return {
            "name": ADOPTED,
            "title": TITLE,
            "seconds": 0.0,
            "cpu_seconds": 0.0,
            "interpretability": REASONS,
            "names_reasons": True,
            "packages": list(self.classifier.packages),
            "task": validation.task,
            "metric": validation.judged_by,
            "cleaning": "",
            "trials": [],
            "thresholds": {
                "chosen": "half",
                "half": choices.half,
                "global": choices.global_,
                "per_class": [float(t) for t in choices.per_class],
            },
            "validation": choices.reached,
            "receipt": self.receipt,
            "notes": list(self.receipt["notes"]),
        }


def step_of(name: str) -> str:
    """Name of the step that makes a model of a study."""
    return f"{'baselines' if name in BASELINES or name == ADOPTED else 'compress'}/{name}"


def make_adopted(run: RunFolder, dataset: Dataset, parent: Parent) -> None:
    """Write it as a baseline's step of a run, unless it is there."""
    metric, step = dataset.everything.judged_by, step_of(ADOPTED)
    inputs = {"parent": parent.sha256, "dataset_sha256": dataset.sha256, "metric": metric}
    if not run.is_done(step, inputs):
        with run.write(step, inputs) as folder:
            artifact.save(parent.classifier, folder / ARTIFACT, parent.lineage)
            write_json(folder / FACTS, parent.facts(dataset))


def read_parent(place: Path, dataset: Dataset, *, trust: bool = False) -> Parent:
    """Take over a saved pipeline or fastText model, or load the artifact that `tagpress adopt` made of one.

    Args:
        place: `.skops`, a pickle with `trust`, fastText's `.bin` or `.ftz`, or an artifact's folder.
        dataset: whose classes it has to answer; its training texts are compared on.
        trust: whether a pickle may run its code.

    Raises:
        UserError: not a pipeline that can be taken over, or one for other classes.
    """
    if place.is_dir():
        return _of_artifact(place, dataset)
    from compress.foreign.fasttext import adopt_fasttext, is_fasttext
    from compress.foreign.pipelines import adopt_pipeline, read_pipeline

    texts, space = dataset.part("train").texts, dataset.everything.space
    if is_fasttext(place):
        positive = space.classes[0] if space.task == "binary" else ""
        model, receipt = adopt_fasttext(place, texts=texts, task=space.task, positive=positive)
        return _parent(file_sha256(place), model, receipt.to_json(), dataset)
    pipeline = read_pipeline(place, trust=trust)
    task: Task | None = "multiclass" if dataset.task == "multiclass" else None
    model, receipt = adopt_pipeline(pipeline, texts=texts, task=task)
    return _parent(file_sha256(place), model, receipt.to_json(), dataset)


def _of_artifact(place: Path, dataset: Dataset) -> Parent:
    folder = place if (place / MANIFEST).is_file() else place / ARTIFACT
    model: Classifier = artifact.load(folder, KINDS)
    if not isinstance(model, AdoptedLinear):
        raise UserError(f"--parent {place}: a {model.kind}; a saved pipeline, or the artifact made of one, is needed")
    stored = dict(artifact.lineage_of(folder).receipt) or Receipt("adopt", 0, 0).to_json()
    return _parent(file_sha256(folder / MANIFEST), model, stored, dataset)


def _parent(sha256: str, model: AdoptedLinear, receipt: dict[str, Any], dataset: Dataset) -> Parent:
    aligned, note = with_classes_of(model, dataset.everything.space)
    notes = [note] if note else []
    stated = {**receipt, "notes": [*receipt["notes"], *notes]}
    return Parent(sha256, aligned, stated, (_MAY_FLATTER, *notes))


def with_classes_of(model: AdoptedLinear, space: LabelSpace) -> tuple[AdoptedLinear, str]:
    """The same model with the classes of these texts, by name and order; and what was taken for granted.

    Classes that are numbers from 0 on are taken in the order of the texts' own classes, which are sorted, as
    scikit-learn's encoders sort them.

    Raises:
        NotCompressible: another task, or other classes.
    """
    own, note = model.space_, ""
    alike = own.task == space.task and len(own.classes) == len(space.classes)
    if alike and _are_numbers(own) and set(own.names) != set(space.names):
        own = replace(own, classes=space.classes, negative=space.negative)
        note = f"its classes are numbers; they were taken for {', '.join(space.names[:6])}, in this order"
    vectorizer, weights, intercept = model.exact
    if own.task == space.task == "binary" and own.negative == space.classes[0]:
        weights, intercept = -weights, -intercept
        own = replace(own, classes=space.classes, negative=own.classes[0])
    made = AdoptedLinear.of(vectorizer, np.ascontiguousarray(weights), intercept, own, model.link, model.config)
    made.accept(own, model.thresholds_.copy())
    if own.task != space.task or set(own.classes) != set(space.classes):
        check_space(made, space, "parent")
    return with_classes(made, space), note


def _are_numbers(space: LabelSpace) -> bool:
    return space.names == tuple(str(number) for number in range(len(space.names)))
