"""The character CNN as a classifier: batch invariance to the bit, saving, foreign checkpoints, export."""

import copy
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.models import cnn
from baselines.models.cnn import (
    MODEL_FILE,
    SHAPE_FILE,
    CharCNN,
    CharCNNClassifier,
    CharCNNShape,
    CNNConfig,
    predict_logits,
)
from baselines.models.registry import BASELINES
from baselines.storage import artifact
from baselines.storage.configs import config_from_json
from baselines.text.tokenizer import pad
from tests.cases.task_case import task_data

CONFIG = CNNConfig(
    epochs=2, batch_size=16, threads=1, embedding_dim=8, filters=((1, 8), (3, 8), (4, 6)), hidden_dim=8, min_count=3
)
AWKWARD = ["", "   ", "🙂🙂", "a", "Ünïcödé " * 30, "graph", "the of and", "\ud800", "x" * 5000]
LINEAGE = artifact.Lineage("cnn", "baseline")


@pytest.fixture(scope="module")
def fitted(tiny: Dataset) -> CharCNNClassifier:
    return CharCNNClassifier(CONFIG).fit(tiny.part("train"), tiny.part("validation"))


def test_a_text_alone_and_in_a_batch_is_the_same_to_the_bit(fitted: CharCNNClassifier, tiny: Dataset) -> None:
    texts = [*AWKWARD, *tiny.everything.texts, "graph neural networks " * 5000]
    together = fitted.predict_proba(texts)
    assert together.dtype == np.float32
    assert together.shape == (len(texts), len(tiny.classes))
    np.testing.assert_array_equal(together, np.concatenate([fitted.predict_proba([text]) for text in texts]))
    assert fitted.predict_proba([]).shape == (0, len(tiny.classes))


@pytest.mark.parametrize("hidden", [0, 5])
def test_predicted_logits_are_those_of_the_module(hidden: int) -> None:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        module = CharCNN(CharCNNShape(9, 4, 6, ((1, 4), (2, 3), (6, 3)), hidden)).eval()
        encoded = [np.array(ids, np.uint8) for ids in ([2, 3, 4], [], [8, 7, 6, 5, 4, 3, 2, 1], [5])]
        ids, lengths = (torch.from_numpy(array) for array in pad(encoded))
        found = predict_logits(module, encoded)
        for form in ("conv", "lookup"):
            np.testing.assert_allclose(found, module(ids, lengths, form).numpy(), atol=1e-5)


def test_saved_and_read_it_says_the_same(fitted: CharCNNClassifier, tiny: Dataset, tmp_path: Path) -> None:
    artifact.save(fitted, tmp_path / "a", LINEAGE)
    artifact.save(fitted, tmp_path / "b", LINEAGE)
    read = artifact.load(tmp_path / "a", {"cnn": CharCNNClassifier})
    assert isinstance(read, CharCNNClassifier)
    assert read.config == fitted.config == CONFIG
    np.testing.assert_array_equal(
        read.predict_proba(tiny.everything.texts), fitted.predict_proba(tiny.everything.texts)
    )
    assert artifact.read_manifest(tmp_path / "a") == artifact.read_manifest(tmp_path / "b")


def test_the_same_seed_gives_the_same_network(fitted: CharCNNClassifier, tiny: Dataset) -> None:
    again = CharCNNClassifier(CONFIG).fit(tiny.part("train"), tiny.part("validation"))
    texts = tiny.everything.texts
    np.testing.assert_array_equal(again.predict_proba(texts), fitted.predict_proba(texts))
    other = CharCNNClassifier(dataclasses.replace(CONFIG, seed=1)).fit(tiny.part("train"), tiny.part("validation"))
    assert (other.predict_proba(texts) != fitted.predict_proba(texts)).any()


def test_a_checkpoint_of_another_architecture_names_the_tensor(fitted: CharCNNClassifier, tmp_path: Path) -> None:
    def expect(message: str) -> None:
        with pytest.raises(ArtifactError, match=message):
            CharCNNClassifier.load_state(tmp_path, dataclasses.asdict(CONFIG), fitted.space_)

    fitted.save_state(tmp_path)
    shape = json.loads((tmp_path / SHAPE_FILE).read_text())
    (tmp_path / SHAPE_FILE).write_text(json.dumps({**shape, "filters": [[1, 8], [3, 9], [4, 6]]}))
    expect(r"another architecture: convs\.1\.bias should be \(9,\), is \(8,\); convs\.1\.weight")
    (tmp_path / SHAPE_FILE).write_text(json.dumps({**shape, "hidden_dim": 0}))
    expect(r"fc1\.bias should be absent, is \(8,\)")
    (tmp_path / SHAPE_FILE).write_text(json.dumps({**shape, "n_classes": 99}))
    expect(r"shape\.json: expected \d+ ids and 6 classes")
    (tmp_path / SHAPE_FILE).write_text(json.dumps({**shape, "layers": 3}))
    expect("not the shape of a character CNN")
    (tmp_path / SHAPE_FILE).write_text(json.dumps(shape))
    (tmp_path / MODEL_FILE).write_bytes(b"not safetensors")
    expect("not a readable safetensors file")
    with pytest.raises(ArtifactError, match=r"config: .*colour"):
        config_from_json(CNNConfig, {**dataclasses.asdict(CONFIG), "colour": 1})


@pytest.mark.parametrize(("value", "row", "message"), [(torch.nan, 2, "finite"), (1.0, 0, "padding")])
def test_weights_that_cannot_be_right(
    fitted: CharCNNClassifier, tmp_path: Path, value: float, row: int, message: str
) -> None:
    fitted.save_state(tmp_path)
    tensors = load_file(tmp_path / MODEL_FILE)
    tensors["embedding.weight"][row] = value
    save_file(tensors, tmp_path / MODEL_FILE)
    with pytest.raises(ArtifactError, match=message):
        CharCNNClassifier.load_state(tmp_path, dataclasses.asdict(CONFIG), fitted.space_)


def test_filters_lie_in_the_order_the_tables_need(fitted: CharCNNClassifier, tmp_path: Path) -> None:
    fitted.save_state(tmp_path)
    read = CharCNNClassifier.load_state(tmp_path, dataclasses.asdict(CONFIG), fitted.space_)
    for module in (fitted.module, read.module, copy.deepcopy(fitted.module)):
        assert all(weight.permute(1, 2, 0).is_contiguous() for weight in module.weights)


def test_a_module_from_elsewhere_is_wrapped(fitted: CharCNNClassifier) -> None:
    module = CharCNN(CharCNNShape(fitted.tokenizer.n_ids, 6, 4, ((2, 3),), 0))
    made = CharCNNClassifier.from_module(module, fitted.tokenizer, fitted.space_, config=CONFIG)
    assert made.config == dataclasses.replace(CONFIG, embedding_dim=4, filters=((2, 3),), hidden_dim=0, dropout=0.5)
    assert made.predict_proba(["graph"]).shape == (1, 6)
    assert made.thresholds_.tolist() == [0.5] * 6


def test_without_validation_every_epoch_is_made(tiny: Dataset) -> None:
    classifier = CharCNNClassifier(CONFIG).fit(tiny.part("train"))
    assert classifier.log is not None
    assert len(classifier.log.epochs) == CONFIG.epochs


def test_the_exported_graph_is_the_plain_convolution(fitted: CharCNNClassifier) -> None:
    ids, lengths = (torch.from_numpy(array) for array in pad(fitted.tokenizer.encode_batch(["graph", "neural nets"])))
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length")
    exported = torch.export.export(fitted.module, (ids, lengths), dynamic_shapes=({0: batch, 1: length}, {0: batch}))
    operators = {str(node.target) for node in exported.graph.nodes}
    assert any("conv1d" in name for name in operators)
    assert not any("embedding_bag" in name or "max_pool" in name for name in operators)


def test_each_candidate_is_trained_and_the_best_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    data = task_data("binary")
    train, validation = data.part("train"), data.part("validation")
    small = {"epochs": 2, "embedding_dim": 4, "filters": [[2, 4]], "hidden_dim": 0, "learning_rate": 1e-2}
    asked = BASELINES["cnn"].make(0, "cpu", 1, small, "binary")
    seen: list[tuple[int, int]] = []
    model = asked.fit(train, validation, progress=lambda done, total: seen.append((done, total)))
    assert [trial.changes for trial in model.trials_] == [{"word_dropout": 0.0}, {"word_dropout": 0.2}]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    kept = max(model.trials_, key=lambda trial: trial.score).changes
    alone = BASELINES["cnn"].make(0, "cpu", 1, {**small, **kept}, "binary").fit(train, validation)
    assert model.config == alone.config
    np.testing.assert_array_equal(model.predict_proba(train.texts), alone.predict_proba(train.texts))
    # Of many texts a share is enough to choose with; what is kept has learned from all.
    monkeypatch.setattr(cnn, "CHOICE_TEXTS", 100)
    again = BASELINES["cnn"].make(0, "cpu", 1, small, "binary").fit(train, validation)
    full = BASELINES["cnn"].make(0, "cpu", 1, {**small, "word_dropout": again.config.word_dropout}, "binary")
    full.fit(train, validation)
    np.testing.assert_array_equal(again.predict_proba(train.texts), full.predict_proba(train.texts))
