"""Writes a classifier as a bundle: the folder that is shipped, and what "size" means in the report."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.cores import usable_core_count
from baselines.errors import ArtifactError
from baselines.storage.artifact import Lineage, describe_files, labels_content, write_json
from baselines.task import DEFAULT_METRIC
from exports import runtime
from exports.bundles.measured import size_said, speed_said
from exports.bundles.model_card import CardFacts, model_card
from exports.bundles.needs import form_of_member
from exports.bundles.parity import Parity, PredictProba, check_parity
from exports.bundles.write_forms import WRITERS
from exports.runtime.bundle_format import EXAMPLE, FORMAT_VERSION, LABELS, MANIFEST, MODEL_CARD

# Texts that parity is proven on, and that the card's n-grams are looked for in: of more, so many spread over all of
# them. What an export does wrong it does to most texts; a proof over a million takes longer than the fit.
MOST_PROVEN = 5_000
_EXAMPLES = ("Classifying short texts with a character CNN in PyTorch",)


def write_bundle(
    classifier: Classifier,
    lineage: Lineage,
    folder: Path,
    form: str,
    *,
    card: CardFacts | None = None,
    source: PredictProba | None = None,
    threads: int | None = None,
    timed: bool = False,
) -> Path:
    """Write a bundle and prove on awkward texts that it answers as its source does.

    Args:
        classifier: fitted.
        lineage: as saved with the artifact.
        folder: must not exist, or be an empty folder; it appears whole or not at all.
        form: one of the classifier's `forms`.
        card: figures for the model card and the manifest.
        source: the classifier's answers, where another form has asked for them before; see `parity.remembered`.
        threads: for the proof; None takes all usable cores.
        timed: whether a card without figures gets the median time of one text on this machine, so that the same
            classifier doesn't give the same bytes; its size stands there in any case.

    Returns:
        `folder`.

    Raises:
        ArtifactError: no such form, folder not empty, or parity fails.
    """
    folder, (card, said) = Path(folder), _bounded(card or CardFacts())
    if form not in classifier.forms:
        allowed = ", ".join(classifier.forms) or f"none ({classifier.why_no_form})"
        raise ArtifactError(f"{lineage.name}: form {form!r} isn't possible for a {classifier.kind}; allowed: {allowed}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        found = "not empty" if folder.is_dir() else "a file"
        raise ArtifactError(f"{folder}: {found}; choose another folder for the bundle, or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.parent / f".{folder.name}.part-{os.getpid()}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        _write_files(classifier, lineage, part, form, card)
        prove(classifier, part, card.texts, source=source, threads=threads)
        if not card.measured:
            texts = card.texts or _EXAMPLES
            figures = (size_said(part), *([speed_said(part, texts)] if timed else ()), *said)
            _describe(classifier, lineage, part, form, dataclasses.replace(card, measured=figures))
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _bounded(card: CardFacts) -> tuple[CardFacts, tuple[str, ...]]:
    """The same card with at most `MOST_PROVEN` texts, spread over all of them, and what is to be said of that."""
    n = len(card.texts)
    if n <= MOST_PROVEN:
        return card, ()
    rows = np.linspace(0, n - 1, MOST_PROVEN).astype(int).tolist()
    said = f"its answers were compared with those of its source on {MOST_PROVEN:,} of {n:,} texts, spread over all"
    # Without other figures the card gets its own, and this sentence beside them.
    measured = (*card.measured, said) if card.measured else ()
    return dataclasses.replace(card, texts=tuple(card.texts[row] for row in rows), measured=measured), (said,)


def prove(
    classifier: Classifier,
    folder: Path,
    texts: Sequence[str] = (),
    *,
    source: PredictProba | None = None,
    threads: int | None = None,
) -> Parity:
    """Parity of a bundle with the classifier it was made from; raises ArtifactError where it fails."""
    predictor = runtime.load(folder, threads=threads or usable_core_count())
    # A graph quantized by onnxruntime is copied as it is, and some take seconds for a long text.
    copied = classifier.kind == "onnx-int8"
    known = source or classifier.predict_proba
    thresholds, task = classifier.thresholds_, classifier.task_
    return check_parity(known, predictor.predict_proba, thresholds, texts, task=task, long_text=not copied)


def _write_files(classifier: Classifier, lineage: Lineage, folder: Path, form: str, card: CardFacts) -> None:
    labels = labels_content(classifier.space_, classifier.thresholds_)
    write_json(folder / LABELS, labels, compact=True)
    WRITERS[form](classifier, folder, labels, _lineage_sha256(lineage))
    write_json(folder / EXAMPLE, {"texts": list(_EXAMPLES)})
    _describe(classifier, lineage, folder, form, card)


def _describe(classifier: Classifier, lineage: Lineage, folder: Path, form: str, card: CardFacts) -> None:
    """Write the model card, and the manifest over all other files."""
    (folder / MODEL_CARD).write_text(model_card(classifier, lineage, form, card), encoding="utf-8")
    manifest: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "form": form,
        "kind": classifier.kind,
        "task": classifier.task_,
        "lineage": _lineage_facts(lineage),
        "lineage_sha256": _lineage_sha256(lineage),
        "licence": card.licence or lineage.dataset.get("licence", "unknown"),
        "judged_by": card.judged_by or DEFAULT_METRIC[classifier.task_],
        "metrics": dict(card.metrics),
        "files": describe_files(folder),
    }
    if form == "ensemble":
        source: Any = classifier
        members = source.members_.values()
        manifest["members"] = [{"form": form_of_member(member), "kind": member.kind} for member in members]
    write_json(folder / MANIFEST, manifest, compact=True)


def _lineage_facts(lineage: Lineage) -> dict[str, Any]:
    # The receipt stays with the artifact: sentences for the report have no place in what is shipped.
    return {key: value for key, value in dataclasses.asdict(lineage).items() if key != "receipt" and value}


def _lineage_sha256(lineage: Lineage) -> str:
    facts = json.dumps(dataclasses.asdict(lineage), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(facts.encode()).hexdigest()
