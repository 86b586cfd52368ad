"""Writes a classifier as a bundle: the folder that is shipped, and what "size" means in the report."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.cores import usable_core_count
from baselines.errors import ArtifactError
from baselines.storage.artifact import Lineage, describe_files, labels_content, write_json
from baselines.storage.weights import write_weights
from baselines.task import DEFAULT_METRIC
from exports import runtime
from exports.bundles.model_card import CardFacts, model_card
from exports.bundles.parity import Parity, PredictProba, check_parity
from exports.runtime.bundle_format import (
    ADOPTED_KIND,
    ALPHABET,
    EXAMPLE,
    FORMAT_VERSION,
    LABELS,
    LINEAR_FILE,
    MANIFEST,
    MODEL_CARD,
    ONNX_FILE,
    PACKED_LINEAR_FILE,
    PACKED_LINEAR_KIND,
    TABLES_FILE,
    VOCABULARY,
)


def write_bundle(
    classifier: Classifier,
    lineage: Lineage,
    folder: Path,
    form: str,
    *,
    card: CardFacts | None = None,
    source: PredictProba | None = None,
    threads: int | None = None,
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

    Returns:
        `folder`.

    Raises:
        ArtifactError: no such form, folder not empty, or parity fails.
    """
    folder, card = Path(folder), card or CardFacts()
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
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


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
    lineage_sha256 = _lineage_sha256(lineage)
    WRITERS[form](classifier, folder, labels, lineage_sha256)
    write_json(folder / EXAMPLE, {"texts": ["Classifying short texts with a character CNN in PyTorch"]})
    (folder / MODEL_CARD).write_text(model_card(classifier, lineage, form, card), encoding="utf-8")
    manifest = {
        "format_version": FORMAT_VERSION,
        "form": form,
        "kind": classifier.kind,
        "task": classifier.task_,
        "lineage": _lineage_facts(lineage),
        "lineage_sha256": lineage_sha256,
        "licence": card.licence or lineage.dataset.get("licence", "unknown"),
        "judged_by": card.judged_by or DEFAULT_METRIC[classifier.task_],
        "metrics": dict(card.metrics),
        "files": describe_files(folder),
    }
    write_json(folder / MANIFEST, manifest, compact=True)


def _write_table(classifier: Classifier, folder: Path, labels: Mapping[str, Any], lineage_sha256: str) -> None:
    from compress.formats.packed import write_tables

    source: Any = classifier
    write_tables(source.stored, folder / TABLES_FILE)
    write_json(folder / ALPHABET, source.tokenizer.to_json(), compact=True)


def _write_linear(classifier: Classifier, folder: Path, labels: Mapping[str, Any], lineage_sha256: str) -> None:
    source: Any = classifier
    if classifier.kind == PACKED_LINEAR_KIND:
        from compress.formats.packed_linear import write_packed_linear
        from exports.kernel.coding import encoder

        write_packed_linear(source.packed, folder / PACKED_LINEAR_FILE, encoder)
        return
    if classifier.kind == ADOPTED_KIND:
        _write_adopted(source, folder)
        return
    tensors = {"idf": source.vectorizer_.idf(), "weights": source.coef_.T, "intercept": source.intercept_}
    write_weights(folder / LINEAR_FILE, {name: np.asarray(values, np.float32) for name, values in tensors.items()})
    write_json(folder / VOCABULARY, source.vectorizer_.to_json(), compact=True)


def _write_adopted(source: Any, folder: Path) -> None:
    vectorizer, weights, intercept = source.exact
    link = json.dumps(source.link.to_json(), separators=(",", ":"))
    tensors = {"idf": vectorizer.idf(), "weights": weights.T, "intercept": intercept}
    write_weights(folder / LINEAR_FILE, tensors, {"link": link})
    write_json(folder / VOCABULARY, vectorizer.to_json(), compact=True)


def _write_onnx(classifier: Classifier, folder: Path, labels: Mapping[str, Any], lineage_sha256: str) -> None:
    from exports.graphs.to_onnx import add_metadata, to_onnx

    source: Any = classifier
    model = to_onnx(classifier)
    if classifier.kind == "rnn":
        vocabulary = source.tokenizer.to_json()
        write_json(folder / VOCABULARY, vocabulary, compact=True)
        facts: dict[str, Any] = dict(labels)
    else:
        write_json(folder / ALPHABET, source.tokenizer.to_json(), compact=True)
        facts = {**labels, "alphabet": source.tokenizer.to_json()}
    texts = {key: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for key, value in facts.items()}
    add_metadata(model, {**texts, "lineage_sha256": lineage_sha256})
    (folder / ONNX_FILE).write_bytes(model.SerializeToString(deterministic=True))


# (classifier, folder, labels, hash of the lineage) -> the form's own files.
WRITERS: dict[str, Callable[[Classifier, Path, Mapping[str, Any], str], None]] = {
    "table": _write_table,
    "linear": _write_linear,
    "onnx": _write_onnx,
}


def _lineage_facts(lineage: Lineage) -> dict[str, Any]:
    # The receipt stays with the artifact: sentences for the report have no place in what is shipped.
    return {key: value for key, value in dataclasses.asdict(lineage).items() if key != "receipt" and value}


def _lineage_sha256(lineage: Lineage) -> str:
    facts = json.dumps(dataclasses.asdict(lineage), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(facts.encode()).hexdigest()
