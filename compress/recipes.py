"""Recipes: methods in an order, with a ledger of what each step brought.

After every step the thresholds are chosen anew on validation (the methods do it), so that a step is judged by what it
does to the ranking of the classes, not by a threshold that no longer fits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from baselines.classifier import Classifier
from baselines.errors import NotCompressible, UserError
from baselines.storage.artifact import MANIFEST, Lineage, save
from compress.method import Context, Receipt, validation_score
from compress.methods.distill.distill_config import PRESETS as STUDENTS
from compress.methods.fold import FoldConfig
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.registry import METHODS, configured


@dataclass(frozen=True)
class Step:
    """One method with its settings."""

    method: str
    config: Any

    def to_json(self) -> dict[str, Any]:
        """For `Lineage.recipe`."""
        return {"method": self.method, **asdict(self.config)}


@dataclass(frozen=True)
class LedgerEntry:
    """What a step left.

    Attributes:
        step: the method, `parent` for the start.
        model: kind of the classifier after the step.
        score: what choices are made by, on validation, after thresholds were chosen anew; larger is better.
        size_bytes: of all files of the artifact but its manifest.
        p50_s: from the caller's clock, None without one.
        receipt: of the step, None for the start and for a step that had nothing to do.
        note: why a step was left out.
    """

    step: str
    model: str
    score: float
    size_bytes: int
    p50_s: float | None = None
    receipt: Receipt | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """For the ledgers of results.json; the caller puts the interval of the score in."""
        receipt = None if self.receipt is None else self.receipt.to_json()
        return {
            "step": self.step,
            "model": self.model,
            "score": self.score,
            "bytes": self.size_bytes,
            "p50_s": self.p50_s,
            "receipt": receipt,
            "note": self.note,
        }


@dataclass(frozen=True)
class Outcome:
    """A recipe's result: the last model, every model on the way, and the ledger."""

    classifier: Classifier
    models: tuple[Classifier, ...]
    ledger: tuple[LedgerEntry, ...] = field(default=())


Clock = Callable[[Classifier], float]

# Three bits need training through the rounding.
FEWEST_BITS = QuantizeConfig("factors", bits=3, finetune_epochs=4)
# Steps of the presets; students and bits were chosen on validation of Made With ML.
RECIPES: dict[str, tuple[Step, ...]] = {
    "smallest": (
        Step("distill", STUDENTS["small"]),
        Step("quantize", FEWEST_BITS),
    ),
    "fastest": (
        Step("distill", STUDENTS["small"]),
        Step("prune", PruneConfig(sparsity=0.25)),
        Step("quantize", QuantizeConfig("tables", bits=8)),
    ),
}


def parse_recipe(text: str, changes: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Step, ...]:
    """A preset's name, or methods joined by commas: `distill,prune,quantize,fold`.

    Args:
        text: as given to `--recipe`.
        changes: per method, fields of its config that differ from the defaults.

    Raises:
        UserError: an unknown method or field; names the known ones.
    """
    # Whoever runs one recipe has no control beside it, so a student brings its own.
    changes = {**(changes or {})}
    changes["distill"] = {"against_control": True, **changes.get("distill", {})}
    if text in RECIPES:
        return tuple(Step(s.method, configured(s.method, changes.get(s.method, {}), s.config)) for s in RECIPES[text])
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = sorted(set(names) - set(METHODS))
    if unknown or not names:
        raise UserError(
            f"recipe {text!r}: unknown {', '.join(unknown) or 'nothing'}; allowed: {', '.join(METHODS)} joined by "
            f"commas, or one of {', '.join(RECIPES)}"
        )
    defaults = {"fold": FoldConfig()}
    return tuple(Step(name, configured(name, changes.get(name, {}), defaults.get(name))) for name in names)


def run_recipe(parent: Classifier, steps: Sequence[Step], context: Context, *, clock: Clock | None = None) -> Outcome:
    """Apply the steps one after the other. A fold with nothing left to do is noted, every other refusal is raised.

    Args:
        parent: a fitted character CNN, usually; never changed.
        steps: from `parse_recipe`.
        context: shared by all steps.
        clock: seconds of one text through a classifier, for the ledger.
    """
    models, ledger = [parent], [_entry("parent", parent, context, clock)]
    for step in steps:
        try:
            child, receipt = METHODS[step.method].apply(models[-1], step.config, context)
        except NotCompressible as refusal:
            if step.method != "fold" or len(models) == 1:
                raise
            ledger.append(replace(ledger[-1], step=step.method, receipt=None, note=str(refusal)))
            continue
        models.append(child)
        ledger.append(replace(_entry(step.method, child, context, clock), receipt=receipt))
    return Outcome(models[-1], tuple(models), tuple(ledger))


def stored_bytes(classifier: Classifier) -> int:
    """Bytes of every file needed to predict: state, alphabet, classes and thresholds; the manifest is provenance."""
    with tempfile.TemporaryDirectory() as folder:
        save(classifier, Path(folder), Lineage("size", "compress"))
        return sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file() and p.name != MANIFEST)


def _entry(step: str, classifier: Classifier, context: Context, clock: Clock | None) -> LedgerEntry:
    return LedgerEntry(
        step,
        classifier.kind,
        validation_score(classifier, context),
        stored_bytes(classifier),
        None if clock is None else clock(classifier),
    )
