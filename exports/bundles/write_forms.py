"""The files that each form of a bundle has of its own, by form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.storage.artifact import labels_content, write_json
from baselines.storage.weights import write_weights
from baselines.text.ngrams import NgramTfidf
from exports.bundles.needs import form_of_member
from exports.runtime.bundle_format import (
    ADOPTED_KIND,
    ALPHABET,
    ENSEMBLE_FILE,
    GRU_FILE,
    LABELS,
    LINEAR_FILE,
    NEIGHBOURS_FILE,
    ONNX_FILE,
    PACKED_LINEAR_FILE,
    PACKED_LINEAR_KIND,
    RULES_FILE,
    TABLES_FILE,
    TREES_FILE,
    VOCABULARY,
    WORD_KIND,
    member_prefix,
)


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
    if classifier.kind == WORD_KIND:
        vocabulary = source.tokenizer.to_json()
        write_json(folder / VOCABULARY, vocabulary, compact=True)
        facts: dict[str, Any] = dict(labels)
    else:
        write_json(folder / ALPHABET, source.tokenizer.to_json(), compact=True)
        facts = {**labels, "alphabet": source.tokenizer.to_json()}
    texts = {key: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for key, value in facts.items()}
    add_metadata(model, {**texts, "lineage_sha256": lineage_sha256})
    (folder / ONNX_FILE).write_bytes(model.SerializeToString(deterministic=True))


def _write_trees(classifier: Classifier, folder: Path, labels: Mapping[str, Any], lineage_sha256: str) -> None:
    from compress.formats.packed_trees import packed_trees

    source: Any = classifier
    arrays = packed_trees(source.trees_)
    if classifier.kind == "boosting":
        arrays |= {"prior": source.model_.prior, "columns": source.model_.columns}
    _write_words(source.vectorizer_, folder, TREES_FILE, arrays)


def _write_neighbours(classifier: Classifier, folder: Path, labels: Mapping[str, Any], lineage_sha256: str) -> None:
    from compress.formats.packed_neighbours import packed_neighbours

    source: Any = classifier
    metadata = {"neighbours": str(source.config.neighbours)}
    _write_words(source.vectorizer_, folder, NEIGHBOURS_FILE, packed_neighbours(source.model_), metadata)


def _write_words(
    vectorizer: NgramTfidf,
    folder: Path,
    file: str,
    arrays: Mapping[str, Any],
    metadata: Mapping[str, str] | None = None,
) -> None:
    write_weights(folder / file, {"idf": vectorizer.idf(), **arrays}, metadata)
    write_json(folder / VOCABULARY, vectorizer.to_json(), compact=True)


def _write_rules(classifier: Classifier, folder: Path, labels: Mapping[str, Any], lineage_sha256: str) -> None:
    source: Any = classifier
    phrases = source.phrases_
    write_json(folder / RULES_FILE, {**phrases.cleaning.to_json(), "phrases": phrases.to_json()}, compact=True)


def _write_gru(classifier: Classifier, folder: Path, labels: Mapping[str, Any], lineage_sha256: str) -> None:
    from baselines.models.learned.gru import NAMES, Gru

    source: Any = classifier
    model = Gru.of({name: value.detach().cpu().numpy() for name, value in source.module.named_parameters()})
    write_weights(folder / GRU_FILE, {name: getattr(model, name) for name in NAMES})
    write_json(folder / VOCABULARY, source.tokenizer.to_json(), compact=True)


def _write_ensemble(classifier: Classifier, folder: Path, labels: Mapping[str, Any], lineage_sha256: str) -> None:
    from baselines.models.learned.average import shares_to_json

    source: Any = classifier
    write_json(folder / ENSEMBLE_FILE, shares_to_json(tuple(source.members_), source.shares_), compact=True)
    for number, member in enumerate(source.members_.values()):
        own = folder / f"member-{number}"
        own.mkdir()
        content = labels_content(member.space_, member.thresholds_)
        write_json(own / LABELS, content, compact=True)
        WRITERS[form_of_member(member)](member, own, content, lineage_sha256)
        # A bundle is flat, so that whoever serves it looks through one folder.
        for path in own.iterdir():
            path.rename(folder / (member_prefix(number) + path.name))
        own.rmdir()


# (classifier, folder, labels, hash of the lineage) -> the form's own files.
WRITERS: dict[str, Callable[[Classifier, Path, Mapping[str, Any], str], None]] = {
    "table": _write_table,
    "linear": _write_linear,
    "onnx": _write_onnx,
    "trees": _write_trees,
    "neighbours": _write_neighbours,
    "rules": _write_rules,
    "gru": _write_gru,
    "ensemble": _write_ensemble,
}
