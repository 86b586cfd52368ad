"""The ensemble calibrates its members, weighs the better one more, and beats each of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from baselines.dataset import Dataset, Part
from baselines.errors import ArtifactError, UserError
from baselines.models.cnn import CharCNNClassifier
from baselines.models.ensemble import EnsembleClassifier, EnsembleConfig, mixture_weights
from baselines.models.registry import BASELINES, KINDS, Ensemble
from baselines.scores.calibration import fit_platt, log_shares, softmax
from baselines.storage.artifact import Lineage, load, save, write_json
from tests.cases.cnn_case import small_cnn
from tests.cases.table_case import SPACE, TOKENIZER, int_classifier
from tests.cases.task_case import task_data

MEMBERS = ("linear", "tfidf-knn")


@pytest.fixture(scope="module")
def ensemble(tiny: Dataset) -> EnsembleClassifier:
    members = {name: BASELINES[name].make(0, "cpu", 1).fit(tiny.part("train")) for name in MEMBERS}
    return EnsembleClassifier.from_members(members, tiny.part("validation"))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def test_of_one_label_members_are_mixed_as_distributions() -> None:
    data = task_data("multiclass")
    train, validation = data.part("train"), data.part("validation")
    members = {
        "linear": BASELINES["linear"].make(0, "cpu", 1, task="multiclass").fit(train),
        "rules": BASELINES["rules"].make(0, "cpu", 1, task="multiclass").fit(train),
    }
    ensemble = EnsembleClassifier.from_members(members, validation)
    shares = dict(zip(members, ensemble.shares_, strict=True))
    assert all(share.offset == 0 for share in shares.values())
    assert shares["linear"].weight > shares["rules"].weight  # invented texts never name their class
    texts = [*data.part("test").texts, ""]
    mixed = sum(
        share.weight * softmax(share.slope * log_shares(members[name].predict_proba(texts)))
        for name, share in shares.items()
    )
    np.testing.assert_allclose(ensemble.predict_proba(texts[:-1]), mixed[:-1], atol=1e-6)
    assert ensemble.predict([""]) == [["place"]]


def test_members_of_another_task_are_refused() -> None:
    data = task_data("multiclass").part("train")
    several = Part(data.texts, data.labels, data.classes)
    members = {
        "linear": BASELINES["linear"].make(0, "cpu", 1, task="multiclass").fit(data),
        "rules": BASELINES["rules"].make(0, "cpu", 1).fit(several),
    }
    with pytest.raises(UserError, match="for the same task"):
        EnsembleClassifier.from_members(members, data)


def test_platt_finds_the_scale_that_made_the_labels() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (4000, 3))
    truth = generator.random(logits.shape) < sigmoid(0.5 * logits - 1)
    assert fit_platt(logits, truth) == pytest.approx((0.5, -1), abs=0.1)


def test_platt_never_turns_a_member_upside_down_and_survives_extremes() -> None:
    logits = np.array([[20.0, -20.0], [20.0, -20.0]])
    slope, offset = fit_platt(logits, np.array([[False, True], [False, True]]))
    assert slope == 0
    assert np.isfinite(offset)
    slope, offset = fit_platt(logits, np.zeros((2, 2), bool))
    assert np.isfinite([slope, offset]).all()


def test_the_better_member_weighs_more_yet_nobody_is_dropped() -> None:
    generator = np.random.default_rng(0)
    p = generator.random((500, 4))
    truth = generator.random(p.shape) < p
    weights = mixture_weights(np.stack([p, np.full_like(p, 0.5), np.full_like(p, 0.5)]), truth)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > 0.5
    assert weights[1:].min() >= 1 / 6 - 1e-9


def test_average_lies_between_its_calibrated_members(ensemble: EnsembleClassifier, tiny: Dataset) -> None:
    texts = tiny.part("test").texts
    calibrated = []
    for share, member in zip(ensemble.shares_, ensemble.members_.values(), strict=True):
        p = member.predict_proba(texts).astype(np.float64).clip(1e-6, 1 - 1e-6)
        calibrated.append(sigmoid(share.slope * np.log(p / (1 - p)) + share.offset))
    average = ensemble.predict_proba(texts)
    assert (average >= np.minimum(*calibrated) - 1e-6).all()
    assert (average <= np.maximum(*calibrated) + 1e-6).all()


def test_without_validation_it_is_the_plain_average(tiny: Dataset) -> None:
    train, texts = tiny.part("train"), tiny.part("test").texts
    ensemble = Ensemble(EnsembleConfig(MEMBERS)).fit(train)
    plain = np.mean([BASELINES[name].make(0, "cpu", 1).fit(train).predict_proba(texts) for name in MEMBERS], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(texts), plain, atol=2e-6)


def test_it_needs_what_its_members_need() -> None:
    tables, network = int_classifier(), CharCNNClassifier.from_module(small_cnn(), TOKENIZER, SPACE)
    light = EnsembleClassifier(EnsembleConfig(("a", "b"))).combine({"a": tables, "b": int_classifier(seed=2)}, None)
    assert (light.library, "torch" in light.packages) == ("python", False)
    mixed = EnsembleClassifier(EnsembleConfig(("a", "b"))).combine({"a": tables, "b": network}, None)
    assert (mixed.library, "torch" in mixed.packages) == ("torch", True)


def test_without_a_registry_it_says_who_can_make_its_members(tiny: Dataset) -> None:
    with pytest.raises(UserError, match="can make its member 'linear'; combine fitted ones with from_members"):
        EnsembleClassifier(EnsembleConfig(MEMBERS)).fit(tiny.part("train"))


def test_members_are_artifacts_of_their_own(ensemble: EnsembleClassifier, tmp_path: Path, tiny: Dataset) -> None:
    save(ensemble, tmp_path / "a", Lineage("ensemble", "baseline"))
    texts = tiny.part("test").texts
    member = load(tmp_path / "a" / "linear", KINDS)
    np.testing.assert_array_equal(member.predict_proba(texts), ensemble.members_["linear"].predict_proba(texts))
    state = tmp_path / "state"
    state.mkdir()
    write_json(
        state / "ensemble.json", {"shares": [{"member": "../a/linear", "weight": 0.5, "slope": 1, "offset": 0}] * 2}
    )
    with pytest.raises(ArtifactError, match="expected shares of linear, tfidf-knn"):
        EnsembleClassifier.load_state(state, {"members": list(MEMBERS)}, tiny.everything.space)


@pytest.mark.parametrize("members", [("linear",), ("linear", "linear"), ("linear", "ensemble"), (), ("a", "b", "a")])
def test_too_few_members(members: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="at least two different"):
        EnsembleConfig(members)


def test_members_are_no_paths() -> None:
    with pytest.raises(UserError, match="plain names"):
        EnsembleConfig(("linear", "../elsewhere"))


def test_members_must_agree_on_classes(tiny: Dataset, sample: Dataset) -> None:
    members = {
        "rules": BASELINES["rules"].make(0, "cpu", 1).fit(tiny.part("train")),
        "chance-coin": BASELINES["chance-coin"].make(0, "cpu", 1).fit(sample.part("train")),
    }
    with pytest.raises(UserError, match="same classes"):
        EnsembleClassifier.from_members(members, tiny.part("validation"))
