"""Makes the artifacts and bundles of a study, each a step of the run folder: what is there is taken as it is."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselines.classifier import Classifier, Progress
from baselines.dataset import Dataset
from baselines.errors import NotCompressible, UserError
from baselines.fitting.fit import ARTIFACT, FACTS, train_baseline
from baselines.models.registry import BASELINES
from baselines.notes import collected_notes
from baselines.scores.thresholds import fit_thresholds
from baselines.storage import artifact
from baselines.storage.artifact import Lineage, lineage_of, read_json, write_json
from baselines.storage.run_folder import RunFolder
from bench.cost.energy import Counter
from bench.making.adopted import ADOPTED, Parent, make_adopted, step_of
from bench.making.energy_steps import counted_training
from bench.making.variants import Variant
from compress.method import Context, Receipt
from compress.methods.distill.against_control import Comparison, compared
from compress.methods.distill.out_of_fold import fresh_like
from compress.registry import KINDS, METHODS
from compress.teachers import SavedTeacher, read_teacher
from exports.bundles.model_card import CardFacts
from exports.bundles.parity import remembered
from exports.bundles.write_bundle import write_bundle


@dataclass
class Workshop:
    """The run folder, the data, and what every step is made with.

    Attributes:
        skipped: (status, reason) of the models that couldn't be made; their rows say so.
        watch: gives the progress callback of a step with this description.
        counter, adopted: of the energy that trainings take; a model from elsewhere among the baselines. None for none.
        parents: what each variant was really made from: a taught student whose control is better on validation has no
            children, its control has them.
    """

    run: RunFolder
    dataset: Dataset
    seed: int
    threads: int
    device: str
    watch: Callable[[str], Progress]
    unlabelled: tuple[str, ...] = ()
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    counter: Counter | None = None
    adopted: Parent | None = None
    skipped: dict[str, tuple[str, str]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    _controls: dict[str, str] = field(default_factory=dict)
    _compared: dict[str, Comparison] = field(default_factory=dict)
    _loaded: dict[str, Classifier] = field(default_factory=dict)

    def baseline(self, name: str) -> None:
        """Train a baseline; the reason is kept when that can't be done here for want of an extra or of weights."""
        if name == ADOPTED and self.adopted is not None:
            return make_adopted(self.run, self.dataset, self.adopted)
        try:
            with self._counted(name):
                train_baseline(
                    self.run,
                    self.dataset,
                    name,
                    seed=self.seed,
                    threads=self.threads,
                    device=self.device,
                    progress=self.watch(f"training {name}"),
                    changes=self._changes(name),
                )
        except UserError as error:
            if not BASELINES[name].extra:
                raise
            self.skipped[name] = ("skipped", str(error))

    def variant(self, variant: Variant) -> None:
        """Make a compressed model; the reason is kept when the method doesn't apply."""
        if variant.parent in self.skipped:
            self.skipped[variant.name] = ("skipped", f"its parent {variant.parent} could not be made")
            return
        if variant.control:
            self._controls[variant.name] = variant.control
        variant = dataclasses.replace(variant, parent=self._heir_of(variant.parent))
        self.parents[variant.name] = variant.parent
        step = f"compress/{variant.name}"
        inputs = {
            "parent": self.key_of(variant.parent),
            "teacher": self._teacher_key(variant),
            "method": variant.method,
            "config": dataclasses.asdict(variant.config),
            "seed": self.seed + variant.seed_offset,
            "metric": self.dataset.everything.judged_by,
            "unlabelled": list(self.unlabelled) if variant.method == "distill" else [],
        }
        if self.run.is_done(step, inputs):
            return
        try:
            with self._counted(variant.name):
                self._make(variant, step, inputs)
        except NotCompressible as error:
            self.skipped[variant.name] = ("failed", str(error))

    def apart(self, controls: Mapping[str, str], watch: Callable[[str], Progress]) -> Workshop:
        """Another workshop on the same run, for a process that makes steps in an order of its own.

        It shares no state with this one.

        Args:
            controls: of each student that has one; who makes the variants in their order learns it on the way.
            watch: of the steps there.
        """
        return dataclasses.replace(
            self, watch=watch, skipped={}, parents={}, _controls=dict(controls), _compared={}, _loaded={}
        )

    def against_control(self, name: str) -> Comparison | None:
        """A taught student against its control on validation; None where not both were made."""
        pair = (name, self._controls.get(name, ""))
        if not pair[1] or any(one in self.skipped or not self.is_there(one) for one in pair):
            return None
        if name not in self._compared:
            taught, control = (self.classifier(one) for one in pair)
            self._compared[name] = compared(taught, control, self.dataset.part("validation"))
        return self._compared[name]

    def not_shipped(self, name: str) -> str:
        """Why a model must not be recommended, "" where it may: a taught student that is shown to be the worse one."""
        return str(found) if (found := self.against_control(name)) is not None and found.is_shown else ""

    def _heir_of(self, name: str) -> str:
        """Who has the children of a model: the model, or its control where that is the better one."""
        found = self.against_control(name)
        return self._controls[name] if found is not None and found.keeps_control else name

    def bundles(self, name: str, threads: int | None = None) -> dict[str, Path]:
        """Every form of one model, by form; empty for a kind that can't be shipped as a bundle.

        Args:
            name: of the model.
            threads: for the proof that a form answers as the model does; None takes all usable cores.
        """
        classifier, source = self.classifier(name), self.artifact_of(name)
        answers, found = remembered(classifier.predict_proba), {}
        for form in classifier.forms:
            step, inputs = f"exports/{name}-{form}", {"artifact": self.key_of(name), "form": form}
            if not self.run.is_done(step, inputs):
                card = CardFacts(
                    licence=self.dataset.licence,
                    judged_by=self.dataset.everything.judged_by,
                    texts=self.dataset.part("test").texts,
                    with_ngrams=False,
                )
                with self.run.write(step, inputs) as folder:
                    place, lineage = folder / "bundle", lineage_of(source)
                    write_bundle(classifier, lineage, place, form, card=card, source=answers, threads=threads)
            found[form] = self.run.place(step) / "bundle"
        return found

    def classifier(self, name: str) -> Classifier:
        """A model of this run, loaded once."""
        if name not in self._loaded:
            self._loaded[name] = artifact.load(self.artifact_of(name), KINDS)
        return self._loaded[name]

    def step_of(self, name: str) -> Path:
        """The step folder of a model."""
        return self.run.place(step_of(name))

    def is_there(self, name: str) -> bool:
        """Whether a model is there as it was made, whatever it was made from."""
        return self.run.is_sound(step_of(name))

    def served_key(self, name: str, forms: Sequence[str]) -> dict[str, Any]:
        """Inputs of a step that asks some forms of a model; the form of what is no bundle is ""."""
        bundles = [self.run.identity(f"exports/{name}-{form}") for form in forms if form]
        return {"model": self.key_of(name), "forms": list(forms), "bundles": bundles}

    def artifact_of(self, name: str) -> Path:
        """The artifact of a model."""
        return self.step_of(name) / ARTIFACT

    def facts_of(self, name: str) -> Mapping[str, Any]:
        """What was noted while the model was made: seconds, thresholds, receipt."""
        return dict(read_json(self.step_of(name) / FACTS))

    def key_of(self, name: str) -> str:
        """The hash of everything a model was made from, and of its files."""
        return self.run.identity(step_of(name))

    def _counted(self, name: str) -> AbstractContextManager[None]:
        return counted_training(self.run, self.counter, name, lambda: self.key_of(name))

    def _changes(self, name: str) -> Mapping[str, Any]:
        """Fields to replace in a baseline's config; an ensemble hands those of its members on."""
        own = dict(self.changes.get(name, {}))
        if name == "ensemble":
            own.setdefault(
                "changes", {member: dict(fields) for member, fields in self.changes.items() if member != name}
            )
        return own

    def _make(self, variant: Variant, step: str, inputs: Mapping[str, Any]) -> None:
        parent = self.classifier(variant.parent)
        context = self.context(variant)
        with self.run.write(step, inputs) as folder:
            wall, cpu = time.perf_counter(), time.process_time()
            child, receipt = METHODS[variant.method].apply(parent, variant.config, context)
            receipt = self._with_notes_of_parent(receipt, variant.parent)
            for taught, control in self._controls.items():
                if variant.parent == control == self._heir_of(taught):
                    why = f"made of {control}: {self.against_control(taught)}"
                    receipt = dataclasses.replace(receipt, notes=(*receipt.notes, why))
            facts = {
                "seconds": time.perf_counter() - wall,
                "cpu_seconds": time.process_time() - cpu,
                "receipt": receipt.to_json(),
                "thresholds": self._thresholds(child),
            }
            artifact.save(child, folder / ARTIFACT, self._lineage(variant, receipt.to_json()))
            write_json(folder / FACTS, facts)

    def _thresholds(self, classifier: Classifier) -> dict[str, Any]:
        """Every choice of thresholds, from validation, in the form of the baselines' facts."""
        validation = self.dataset.part("validation")
        answers = classifier.predict_proba(validation.texts)
        choices = fit_thresholds(validation.labels, answers, validation.task, validation.metric)
        return {"half": choices.half, "global": choices.global_, "per_class": [float(t) for t in choices.per_class]}

    def context(self, variant: Variant) -> Context:
        """What a method may look at while it makes this variant."""
        teacher = variant.teacher
        context = Context(
            self.dataset.part("train"),
            self.dataset.part("validation"),
            seed=self.seed + variant.seed_offset,
            device=self.device,
            threads=self.threads,
            progress=self.watch(f"{variant.method}: {variant.name}"),
            teacher=self.classifier(teacher) if isinstance(teacher, str) and teacher else None,
            make_teacher=self._teacher_maker(variant),
            unlabelled=self.unlabelled,
            groups=self.dataset.groups_of("train"),
            cache=self.run.root / "compress" / "soft-targets",
        )
        return teacher.teaching(context) if isinstance(teacher, SavedTeacher) else context

    def fresh_teacher(self, saved: SavedTeacher) -> SavedTeacher:
        """A teacher of the same kind and config that was fitted to this data set's training part, and to nothing else.

        Raises:
            NotCompressible: a kind that can't be fitted.
        """
        make = fresh_like(saved.classifier, device=self.device, threads=self.threads)
        fresh = make(self.seed)
        step = f"compress/teacher-{saved.sha256[:12]}"
        config = {"kind": fresh.kind, **dataclasses.asdict(fresh.config)}
        inputs = {"config": config, "seed": self.seed, "dataset_sha256": self.dataset.sha256}
        if not self.run.is_done(step, inputs):
            train, validation = self.dataset.part("train"), self.dataset.part("validation")
            with collected_notes():
                fresh.fit(train, validation, progress=self.watch(f"{saved}"))
            lineage = artifact.lineage_from(saved.name, self.dataset, [{"method": "train", **config}], self.seed)
            with self.run.write(step, inputs) as folder:
                artifact.save(fresh, folder / ARTIFACT, lineage)
        return read_teacher(self.run.place(step), self.dataset)

    def _teacher_key(self, variant: Variant) -> str:
        if isinstance(variant.teacher, SavedTeacher):
            return variant.teacher.sha256
        return self.key_of(variant.teacher) if variant.teacher else ""

    def _with_notes_of_parent(self, receipt: Receipt, parent: str) -> Receipt:
        """What had to be said of the parent's teacher holds for whatever is made of the parent."""
        above = self.facts_of(parent).get("receipt", {}).get("facts", {}).get("teacher_notes", [])
        notes = [note for note in above if note not in receipt.notes]
        if not notes:
            return receipt
        facts = {**receipt.facts, "teacher_notes": [*receipt.facts.get("teacher_notes", []), *notes]}
        return dataclasses.replace(receipt, notes=(*receipt.notes, *notes), facts=facts)

    def _teacher_maker(self, variant: Variant) -> Callable[[int], Classifier] | None:
        name = variant.teacher or variant.parent
        if not isinstance(name, str) or name not in BASELINES:
            return None
        return lambda seed: BASELINES[name].make(seed, self.device, self.threads, self._changes(name))

    def _lineage(self, variant: Variant, receipt: Mapping[str, Any]) -> Lineage:
        above = lineage_of(self.artifact_of(variant.parent))
        step = {"method": variant.method, **dataclasses.asdict(variant.config)}
        return above.followed_by(variant.name, step, receipt, self.seed + variant.seed_offset)
