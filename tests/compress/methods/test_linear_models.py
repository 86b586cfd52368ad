"""Linear models made smaller: which n-grams leave, how far a weight moves, a file that is small and trusts nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from baselines.dataset import Dataset
from baselines.errors import ArtifactError, NotCompressible
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.storage.artifact import Lineage
from compress.audit import audit
from compress.formats.packed_linear import PACKED_LINEAR_FILE, read_packed_linear
from compress.kinds.int_linear import IntLinearClassifier
from compress.methods.linear.ngrams import ngram_importance, prune_linear
from compress.methods.linear.rows import with_ngrams
from compress.methods.prune.pruning import PruneConfig
from compress.methods.prune.pruning import apply as prune
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply as quantize
from compress.recipes import stored_bytes
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from exports.runtime.bundle_format import bundle_bytes
from exports.runtime.explain import explainer_of
from tests.cases.compress_case import AWKWARD, random_context, random_linear


def tiny_linear(tiny: Dataset) -> LinearClassifier:
    return LinearClassifier(LinearConfig(C=3.0)).fit(tiny.part("train"), tiny.part("validation"))


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_no_weight_moves_by_more_than_half_a_step(bits: int) -> None:
    parent = random_linear()
    child, _ = quantize(parent, QuantizeConfig(bits=bits), random_context())
    assert isinstance(child, IntLinearClassifier)
    step = child.packed.scale[:, None]
    assert (np.abs(parent.coef_ - child.coef_) <= step / 2 * (1 + 1e-5)).all()
    assert np.abs(child.packed.levels).max() == 2 ** (bits - 1) - 1


def test_intercepts_make_up_for_what_rounding_moved() -> None:
    parent, context = random_linear(), random_context()
    errors = []
    for correct in (True, False):
        child, _ = quantize(parent, QuantizeConfig(bits=2, correct_bias=correct), context)
        assert isinstance(child, IntLinearClassifier)
        logits = [m._logits(m.vectorizer_.encode(t)) for m in (parent, child) for t in context.train.texts]
        n = len(context.train)
        errors.append(np.abs(np.mean(np.array(logits[:n]) - np.array(logits[n:]), axis=0)).max())
    assert errors[0] < 1e-4 < errors[1]


def test_four_bits_are_twenty_times_smaller_and_answer_alike(tiny: Dataset, tmp_path: Path) -> None:
    parent = tiny_linear(tiny)
    context = replace(random_context(), train=tiny.part("train"), validation=tiny.part("validation"))
    child, receipt = quantize(parent, QuantizeConfig(bits=4), context)
    texts = tiny.part("test").texts
    assert np.abs(child.predict_proba(texts) - parent.predict_proba(texts)).mean() < 0.05
    assert stored_bytes(child) * 4 < stored_bytes(parent)
    folder = write_bundle(child, Lineage("m", "compress"), tmp_path / "b", "linear")
    predictor = runtime.load(folder)
    np.testing.assert_array_equal(predictor.predict_proba(texts), child.predict_proba(texts))
    assert bundle_bytes(folder)[0] < stored_bytes(child) + 4000
    parts = explainer_of(predictor).parts(texts[0])
    np.testing.assert_allclose(1 / (1 + np.exp(-parts.logits)), child.predict_proba(texts[:1])[0], atol=1e-5)
    found = audit(child, receipt.to_json(), folder)
    assert found["int8"]["parameter_share"] > 0.99
    assert found["int8"]["mac_share"] == 0.0
    assert not [note for note in found["notes"] if note.startswith("promised")]


def test_the_n_grams_that_decide_nothing_leave_first() -> None:
    context = random_context()
    parent = random_linear()
    importance = ngram_importance(parent, context.train)
    dense = np.zeros((len(context.train), parent.vectorizer_.n_features))
    for row, text in zip(dense, context.train.texts, strict=True):
        columns, values = parent.vectorizer_.encode(text)
        row[columns] = values
    expected = np.abs(parent.coef_).max(axis=0) * np.sqrt((dense**2).mean(axis=0))
    np.testing.assert_allclose(importance, expected, rtol=1e-5)
    child, receipt = prune_linear(parent, 0.75, context)
    assert isinstance(child, LinearClassifier)
    n = len(importance)
    assert child.vectorizer_.n_features == n - round(0.75 * n)
    assert receipt.facts["sparsity"] == pytest.approx(0.75, abs=1 / n)
    left = [{*block.vocabulary} for block in child.vectorizer_.blocks]
    stayed = np.array(
        [t in names for b, names in zip(parent.vectorizer_.blocks, left, strict=True) for t in b.vocabulary]
    )
    assert importance[stayed].min() >= np.sort(importance)[round(0.75 * n)] - 1e-12
    # Fitted again, not cut off.
    assert not np.allclose(child.coef_, parent.coef_[:, stayed])


def test_some_columns_keep_their_terms_and_idf() -> None:
    vectorizer = random_linear().vectorizer_
    keep = np.random.default_rng(0).random(vectorizer.n_features) < 0.5
    cut = with_ngrams(vectorizer, keep)
    assert cut.names == tuple(np.array(vectorizer.names, object)[keep])
    np.testing.assert_array_equal(cut.idf(), vectorizer.idf()[keep])


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    child, _ = quantize(random_linear(), QuantizeConfig(bits=4), random_context())
    child.save_state(tmp_path)
    path = tmp_path / PACKED_LINEAR_FILE
    save_file({**load_file(path), "more": np.ones(2, np.float32)}, path)
    with pytest.raises(ArtifactError, match=f"{PACKED_LINEAR_FILE}.*expected coded, got 'coded, more'"):
        read_packed_linear(path)


@pytest.mark.parametrize(
    ("method", "config", "message"),
    [
        (prune, PruneConfig(1e-9, structured=False), "at least one has to go"),
        (prune, PruneConfig(1 - 1e-9, structured=False), "and one to stay"),
        (prune, PruneConfig(auto=True), "no widths to scan"),
        (prune, PruneConfig(1e-6), "would take 0 of"),
        (prune, PruneConfig(1 - 1e-9), "one to stay"),
        (quantize, QuantizeConfig("factors", bits=4), "use scheme tables"),
        (quantize, QuantizeConfig("dynamic"), "use scheme tables"),
        (quantize, QuantizeConfig(rank=2), "without rank"),
    ],
)
def test_what_does_not_apply_says_what_would(method: object, config: object, message: str) -> None:
    assert callable(method)
    with pytest.raises(NotCompressible, match=message):
        method(random_linear(), config, random_context())


def test_integers_are_neither_pruned_nor_rounded_again() -> None:
    child, _ = quantize(random_linear(), QuantizeConfig(bits=4), random_context())
    assert np.isfinite(child.predict_proba(AWKWARD)).all()
    with pytest.raises(NotCompressible, match="prune its parent instead"):
        prune(child, PruneConfig(0.5), random_context())
    with pytest.raises(NotCompressible, match="quantize its parent instead"):
        quantize(child, QuantizeConfig(bits=3), random_context())
