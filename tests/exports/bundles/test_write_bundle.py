"""Writing a bundle: whole or not at all, proven, complete, small, and the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.models.chance import ChanceClassifier
from baselines.models.cnn import CharCNNClassifier
from baselines.models.rnn import RNNClassifier, RNNConfig
from baselines.storage import artifact
from baselines.task import LabelSpace
from compress.formats.packed import Factors, StoredTables
from compress.formats.tensors import DTYPES, read_tensors
from compress.kinds.table_classifiers import IntTableClassifier
from exports import runtime
from exports.bundles import write_bundle as bundle
from exports.bundles.model_card import CardFacts
from exports.bundles.parity import AWKWARD, LONG_TEXT, check_parity, compare, remembered
from exports.bundles.write_bundle import write_bundle
from exports.run import main
from exports.runtime.bundle_format import bundle_bytes
from tests.cases.cnn_case import small_cnn
from tests.cases.table_case import (
    CLASSES,
    SPACE,
    TEXTS,
    TOKENIZER,
    float_classifier,
    int_classifier,
    int_tables,
    lineage,
)


def _cnn() -> CharCNNClassifier:
    return CharCNNClassifier.from_module(small_cnn(), TOKENIZER, SPACE)


@pytest.mark.parametrize(
    ("make", "form"),
    [(int_classifier, "table"), (int_classifier, "onnx"), (float_classifier, "onnx"), (_cnn, "onnx")],
)
def test_every_form_answers_as_its_source(make: object, form: str, tmp_path: Path, sample: Dataset) -> None:
    classifier = make()  # type: ignore[operator]
    assert form in classifier.forms
    folder = write_bundle(classifier, lineage(), tmp_path / "b", form)
    predictor = runtime.load(folder)
    assert predictor.classes == classifier.classes_
    assert np.array_equal(predictor.thresholds, classifier.thresholds_)
    texts = [*sample.part("test").texts, *AWKWARD, LONG_TEXT]
    parity = compare(classifier.predict_proba(texts), predictor.predict_proba(texts), classifier.thresholds_)
    assert parity.max_difference < 1e-5
    assert parity.agreement == 1.0


def test_the_gru_over_words_is_served_without_torch(tiny: Dataset, tmp_path: Path) -> None:
    config = RNNConfig(embedding_dim=6, hidden_dim=5, epochs=1, max_tokens=9)
    classifier = RNNClassifier(config).fit(tiny.part("train").take(range(40)))
    folder = write_bundle(classifier, lineage("rnn"), tmp_path / "b", "onnx")
    texts = [*tiny.part("test").texts[:20], *AWKWARD]
    predictor = runtime.load(folder)
    assert np.abs(predictor.predict_proba(texts) - classifier.predict_proba(texts)).max() < 1e-5
    for ours, theirs in zip(predictor.encode(texts), classifier.tokenizer.encode_batch(texts), strict=True):
        assert np.array_equal(ours, theirs)


def test_tables_stored_as_factors_stay_factors(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    embedding = rng.integers(-31, 32, (TOKENIZER.n_ids, 8)).astype(np.int8)
    embedding[0] = 0
    filters = tuple(rng.integers(-7, 8, (f, 8, 16)).astype(np.int8) for f in (3, 4, 5))
    head = rng.integers(-7, 8, (5, 48)).astype(np.int8)
    scale, bias = np.full(5, 1e-5, np.float32), np.zeros(5, np.float32)
    stored = StoredTables.from_factors(Factors(embedding, filters), head, scale, bias)
    classifier = IntTableClassifier(stored, TOKENIZER, SPACE)
    small = bundle_bytes(write_bundle(classifier, lineage(), tmp_path / "a", "table"))[0]
    dense = IntTableClassifier(StoredTables(stored.tables), TOKENIZER, SPACE)
    assert small < 0.6 * bundle_bytes(write_bundle(dense, lineage(), tmp_path / "b", "table"))[0]
    assert np.array_equal(runtime.load(tmp_path / "a").predict_proba(TEXTS), classifier.predict_proba(TEXTS))


def test_all_but_the_model_costs_little(tmp_path: Path) -> None:
    classifier = int_classifier()
    folder = write_bundle(classifier, lineage(), tmp_path / "b", "table")
    raw, _ = bundle_bytes(folder)
    assert raw - (folder / "tables.safetensors").stat().st_size < 1600


def test_labels_of_one_class_a_text_stay_small(tmp_path: Path) -> None:
    names = tuple(f"class-{n:02d}" for n in range(77))
    space = LabelSpace(names, "multiclass", shares=(0.0130,) * 77)
    classifier = IntTableClassifier(StoredTables(int_tables(n_classes=77)), TOKENIZER, space)
    folder = write_bundle(classifier, lineage(), tmp_path / "b", "table")
    labels = json.loads((folder / "labels.json").read_text())
    assert "thresholds" not in labels
    assert (folder / "labels.json").stat().st_size < sum(len(name) + 3 for name in names) + 77 * 6 + 60
    assert not runtime.load(folder).thresholds.any()


def test_the_manifest_and_the_card_say_where_it_comes_from(tmp_path: Path) -> None:
    card = CardFacts(
        title="A student",
        metrics={"f1_weighted": {"value": 0.71, "low": 0.66, "high": 0.75}},
        measured=("12 µs a text on one thread of an invented machine.",),
        texts=tuple(TEXTS),
    )
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "table", card=card)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["lineage"]["recipe"][0]["method"] == "distill"
    assert manifest["licence"] == "CC0-1.0"
    assert manifest["metrics"]["f1_weighted"]["value"] == 0.71
    text = (folder / "MODEL_CARD.md").read_text()
    for expected in ("# A student", "distill → quantize", "0.660 to 0.750", "12 µs", "CC0-1.0", "- transformers: `"):
        assert expected in text
    example = json.loads((folder / "example.json").read_text())
    assert len(runtime.load(folder).predict(example["texts"])) == len(example["texts"])


def test_the_graph_carries_classes_thresholds_alphabet_and_lineage(tmp_path: Path) -> None:
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "onnx")
    manifest = json.loads((folder / "manifest.json").read_text())
    facts = runtime.load(folder).graph.session.get_modelmeta().custom_metadata_map  # type: ignore[attr-defined]
    assert json.loads(facts["classes"]) == list(CLASSES)
    assert np.allclose(json.loads(facts["thresholds"]), int_classifier().thresholds_)
    assert json.loads(facts["alphabet"])["alphabet"] == TOKENIZER.alphabet
    assert facts["lineage_sha256"] == manifest["lineage_sha256"]


def test_the_same_classifier_gives_the_same_bytes(tmp_path: Path) -> None:
    for form in ("table", "onnx"):
        a = write_bundle(int_classifier(), lineage(), tmp_path / f"{form}-a", form)
        b = write_bundle(int_classifier(), lineage(), tmp_path / f"{form}-b", form)
        assert {p.name: p.read_bytes() for p in a.iterdir()} == {p.name: p.read_bytes() for p in b.iterdir()}


def test_a_bundle_whose_parity_fails_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = int_classifier(seed=9)
    monkeypatch.setitem(bundle.WRITERS, "table", lambda _, folder, labels, lineage: _write_other(other, folder))
    with pytest.raises(ArtifactError, match="parity"):
        write_bundle(int_classifier(), lineage(), tmp_path / "b", "table")
    assert list(tmp_path.iterdir()) == []


def _write_other(other: IntTableClassifier, folder: Path) -> None:
    other.save_state(folder)


def test_a_source_is_asked_once_for_all_forms(tmp_path: Path) -> None:
    classifier, asked = int_classifier(), []

    def source(texts: Sequence[str]) -> np.ndarray:
        asked.append(len(texts))
        return classifier.predict_proba(texts)

    answers = remembered(source)
    for form in ("table", "onnx"):
        write_bundle(classifier, lineage(), tmp_path / form, form, source=answers, threads=1)
    assert len(asked) == 1
    answers(["another text"])
    assert asked[1:] == [1]


def test_a_form_is_held_against_the_answers_that_are_remembered(tmp_path: Path) -> None:
    other = remembered(int_classifier(seed=9).predict_proba)
    with pytest.raises(ArtifactError, match="parity"):
        write_bundle(int_classifier(), lineage(), tmp_path / "b", "table", source=other)


def test_an_export_that_depends_on_its_batch_is_caught() -> None:
    def source(texts: object) -> np.ndarray:
        return np.full((len(texts), 1), 0.5, np.float32)  # type: ignore[arg-type]

    def export(texts: object) -> np.ndarray:
        return source(texts) + (0.01 if len(texts) == 1 else 0)  # type: ignore[arg-type, no-any-return]

    with pytest.raises(ArtifactError, match="batch"):
        check_parity(source, export, np.full(1, 0.9, np.float32), long_text=False)
    with pytest.raises(ArtifactError, match="inf"):
        check_parity(source, lambda texts: source(texts) * np.nan, np.full(1, 0.9, np.float32))


def test_only_an_empty_place_and_a_possible_form_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(ArtifactError, match="not empty"):
        write_bundle(int_classifier(), lineage(), tmp_path / "full", "table")
    with pytest.raises(ArtifactError, match="allowed: onnx"):
        write_bundle(float_classifier(), lineage(), tmp_path / "b", "table")
    with pytest.raises(ArtifactError, match="none"):
        write_bundle(ChanceClassifier(), lineage(), tmp_path / "b", "onnx")
    assert (tmp_path / "full" / "file").read_text() == "mine"


def test_the_command_writes_a_bundle_and_explains_what_it_cannot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tiny: Dataset
) -> None:
    artifact.save(int_classifier(), tmp_path / "artifact", lineage())
    assert main([str(tmp_path / "artifact"), "--out", str(tmp_path / "b")]) == 0
    assert "table" in capsys.readouterr().out
    assert runtime.load(tmp_path / "b").predict(TEXTS)
    assert main([str(tmp_path / "artifact"), "--out", str(tmp_path / "b")]) == 2
    assert "not empty" in capsys.readouterr().err
    artifact.save(ChanceClassifier().fit(tiny.part("train")), tmp_path / "coin", lineage("coin"))
    assert main([str(tmp_path / "coin"), "--out", str(tmp_path / "c")]) == 2
    assert "can't be exported: it reads nothing of a text" in capsys.readouterr().err
    assert main([str(tmp_path / "nowhere"), "--out", str(tmp_path / "c")]) == 2
    assert "not an artifact" in capsys.readouterr().err


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text(max_size=8), st.sampled_from(["U8", "I8", "I16", "I32", "I64", "F16", "F32"]), max_size=5)
)
def test_our_reader_agrees_with_the_safetensors_package(
    tmp_path_factory: pytest.TempPathFactory, kinds: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    rng = np.random.default_rng(0)
    arrays = {
        name: rng.integers(0, 100, tuple(rng.integers(0, 4, rng.integers(0, 4)))).astype(DTYPES[kind])
        for name, kind in kinds.items()  # type: ignore[attr-defined]
        if name != "__metadata__"
    }
    save_file(arrays, path, {"a": "b"})
    ours, metadata = read_tensors(path)
    theirs = load_file(path)
    assert metadata == {"a": "b"}
    assert set(ours) == set(theirs) == set(arrays)
    for name, array in arrays.items():
        assert ours[name].dtype == theirs[name].dtype == array.dtype
        assert np.array_equal(ours[name], theirs[name])
        assert ours[name].shape == array.shape


@pytest.mark.parametrize(
    "header",
    [
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}},
        {"a": {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}},
        {"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 8]}},
        {
            "a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]},
            "b": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]},
        },
        {"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}},
        {"a": {"dtype": "U8", "shape": [True], "data_offsets": [0, 1]}},
        {"a": {"dtype": ["U8"], "shape": [8], "data_offsets": [0, 8]}},
        {"a": {"shape": [8], "data_offsets": [0, 8]}},
        {"a": None},
        {"__metadata__": {"a": 1}},
        {"__metadata__": 3},
        [],
    ],
)
def test_our_reader_refuses_what_does_not_add_up(tmp_path: Path, header: object) -> None:
    text = json.dumps(header).encode()
    (tmp_path / "t").write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
    with pytest.raises(ArtifactError, match="not a safetensors file"):
        read_tensors(tmp_path / "t")


@pytest.mark.parametrize("data", [b"", b"1234567", b"\xff" * 16, (9).to_bytes(8, "little") + b'{"a":1,}'])
def test_our_reader_refuses_noise(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t").write_bytes(data)
    with pytest.raises(ArtifactError, match="not a safetensors file"):
        read_tensors(tmp_path / "t")
