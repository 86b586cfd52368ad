"""Both transformers, for real, on a tiny encoder and tokenizer made here from nothing: random weights, no download."""

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers", reason="the extra [transformers] is not installed")

from baselines.dataset import Dataset
from baselines.errors import ArtifactError, MissingExtra, UserError
from baselines.models.transformer import (
    FrozenTransformer,
    FrozenTransformerConfig,
    TunedTransformer,
    TunedTransformerConfig,
)
from baselines.networks.encoder import TextEncoder, find_encoder
from baselines.notes import TrainingNote
from baselines.storage import artifact
from tests.cases.encoder_case import make_encoder

AWKWARD = ["", "   ", "🙂🙂", "a", "Ünïcödé " * 30, "graph", "\ud800", "x" * 5000, "graph nets " * 4000]
KINDS = {"transformer-frozen": FrozenTransformer, "transformer-tuned": TunedTransformer}


@pytest.fixture(scope="module")
def encoder(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    make_encoder(folder, tiny.everything.texts)
    return str(folder)


@pytest.fixture(scope="module", params=["frozen", "tuned"])
def fitted(request: pytest.FixtureRequest, encoder: str, tiny: Dataset) -> FrozenTransformer | TunedTransformer:
    return fit(request.param, encoder, tiny)


def fit(which: str, encoder: str, tiny: Dataset) -> FrozenTransformer | TunedTransformer:
    classifier: FrozenTransformer | TunedTransformer
    if which == "frozen":
        classifier = FrozenTransformer(FrozenTransformerConfig(model=encoder, threads=1))
    else:
        classifier = TunedTransformer(TunedTransformerConfig(model=encoder, threads=1, epochs=2, learning_rate=1e-2))
    return classifier.fit(tiny.part("train"), tiny.part("validation"))


def test_a_text_alone_and_in_a_batch_is_the_same(fitted: Any, tiny: Dataset) -> None:
    texts = [*AWKWARD, *tiny.everything.texts[:30]]
    together = fitted.predict_proba(texts)
    assert together.dtype == np.float32
    assert together.shape == (len(texts), len(tiny.classes))
    np.testing.assert_allclose(together, np.concatenate([fitted.predict_proba([t]) for t in texts]), atol=1e-5)
    assert fitted.predict_proba([]).shape == (0, len(tiny.classes))
    assert len(np.unique(together, axis=0)) > 20


def test_saved_and_read_it_says_the_same(fitted: Any, tiny: Dataset, tmp_path: Path) -> None:
    artifact.save(fitted, tmp_path, artifact.Lineage(fitted.kind, "baseline"))
    read = artifact.load(tmp_path, KINDS)
    assert read.config == fitted.config
    np.testing.assert_array_equal(
        read.predict_proba(tiny.everything.texts), fitted.predict_proba(tiny.everything.texts)
    )
    (tmp_path / "encoder" / "config.json").write_text("{}")
    with pytest.raises(ArtifactError, match="not a readable encoder"):
        type(read).load_state(tmp_path, artifact.read_json(tmp_path / "manifest.json")["config"], read.space_)


@pytest.mark.parametrize("which", ["frozen", "tuned"])
def test_the_same_seed_gives_the_same_answers(which: str, encoder: str, tiny: Dataset) -> None:
    first, second = (fit(which, encoder, tiny).predict_proba(AWKWARD) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_frozen_leaves_the_encoder_alone_and_tuned_does_not(encoder: str, tiny: Dataset) -> None:
    before = TextEncoder(Path(encoder), 40).network.state_dict()
    for which, same in (("frozen", True), ("tuned", False)):
        after = fit(which, encoder, tiny).encoder.network.state_dict()
        assert all(np.array_equal(before[name], after[name]) for name in before) is same


def test_a_regression_that_stops_early_is_said(encoder: str, tiny: Dataset) -> None:
    with pytest.warns(TrainingNote, match="no convergence after 1 iterations for"):
        FrozenTransformer(FrozenTransformerConfig(model=encoder, threads=1, max_iterations=1)).fit(tiny.part("train"))


def test_what_is_missing_comes_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Dataset
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UserError, match=r"hf download nobody/no-such-model --include '\*\.json'"):
        find_encoder("nobody/no-such-model")
    with pytest.raises(UserError, match="hf download"):
        FrozenTransformer(FrozenTransformerConfig(model="../no folder")).fit(tiny.part("train"))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UserError, match=r"\*\.safetensors weights; found config\.json, pytorch_model\.bin"):
        find_encoder(str(tmp_path))
    whole = builtins.__import__

    def without_transformers(name: str, *rest: Any, **others: Any) -> Any:
        if name.split(".")[0] == "transformers":
            raise ImportError(name)
        return whole(name, *rest, **others)

    monkeypatch.setattr(builtins, "__import__", without_transformers)
    with pytest.raises(MissingExtra, match=r"pip install 'tagpress\[transformers\]'"):
        find_encoder("nobody/no-such-model")
