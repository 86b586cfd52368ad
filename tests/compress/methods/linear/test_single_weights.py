"""Single weights taken away, rounding trained through, and linear students: what is left, what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.dataset import Dataset
from baselines.errors import NotCompressible
from baselines.models.chance import ChanceClassifier
from baselines.models.linear import LinearClassifier, LinearConfig
from compress.kinds.int_linear import IntLinearClassifier
from compress.method import Context, validation_score
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.distill.student import apply as distill
from compress.methods.linear import single_weights
from compress.methods.linear.rows import rows_of
from compress.methods.prune.prune_config import PruneConfig
from compress.methods.prune.pruning import apply as prune
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply as quantize
from tests.cases.compress_case import random_cnn, random_context, random_linear, tiny_context

STUDENT = DistillConfig(student="linear", epochs=30, against_control=False)
SPARSE = PruneConfig(0.98, structured=False, epochs=40)


@pytest.fixture(scope="module")
def case(tiny: Dataset) -> tuple[LinearClassifier, Context]:
    config = LinearConfig(characters=(2, 3), max_iterations=50)
    return LinearClassifier(config).fit(tiny.part("train")), tiny_context(tiny)


def logits(model: LinearClassifier, texts: tuple[str, ...]) -> np.ndarray:
    return np.asarray(rows_of(model.vectorizer_, texts) @ model.coef_.T + model.intercept_)


def test_as_many_weights_leave_as_were_asked_for(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    child, receipt = prune(parent, SPARSE, context)
    assert isinstance(child, LinearClassifier)
    left, total = np.count_nonzero(child.coef_), parent.coef_.size
    assert 0 < left <= total - round(0.98 * total)
    assert left > 0.9 * (total - round(0.98 * total))
    assert (child.coef_ != 0).any(axis=0).all()  # no n-gram without a weight
    assert receipt.touched == np.count_nonzero(parent.coef_) - left
    assert receipt.facts["sparsity"] == pytest.approx(1 - left / total)
    assert receipt.facts["ngrams_after"] == child.vectorizer_.n_features < receipt.facts["ngrams_before"]
    assert {*child.vectorizer_.names} < {*parent.vectorizer_.names}


def test_what_is_left_is_fitted_to_the_answers_of_all(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    texts = context.train.texts
    wanted = parent.predict_proba(texts)
    errors = []
    for epochs in (0, 60):
        child, _ = prune(parent, replace(SPARSE, epochs=epochs), context)
        errors.append(np.square(child.predict_proba(texts) - wanted).mean())
    assert errors[1] < 0.6 * errors[0]


def test_rounding_in_training_is_nearer_to_its_parent_and_keeps_zeros(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    sparse, _ = prune(parent, SPARSE, context)
    texts, errors = context.train.texts, []
    for epochs in (0, 60):
        child, receipt = quantize(sparse, QuantizeConfig(bits=2, finetune_epochs=epochs), context)
        assert isinstance(child, IntLinearClassifier)
        assert receipt.facts["finetune_epochs"] == epochs
        errors.append(np.square(child.predict_proba(texts) - sparse.predict_proba(texts)).mean())
    assert errors[1] < 0.8 * errors[0]
    # Few n-grams are left whose last weight became zero after the others had left.
    assert (child.packed.levels != 0).any(axis=0).mean() > 0.9
    assert child.vectorizer_.n_features < sparse.vectorizer_.n_features
    assert np.abs(child.packed.levels).max() == 1
    # What was zero stays zero.
    names, own = (
        [(place, term) for place, block in enumerate(model.vectorizer_.blocks) for term in block.vocabulary]
        for model in (sparse, child)
    )
    kept = [names.index(name) for name in own]
    assert not child.packed.levels[sparse.coef_[:, kept] == 0].any()


def test_the_sparsity_can_be_found(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    found = [
        prune(parent, PruneConfig(structured=False, auto=True, tolerance=tolerance, epochs=10), context)
        for tolerance in (0.01, 0.3)
    ]
    for (child, receipt), tolerance in zip(found, (0.01, 0.3), strict=True):
        assert validation_score(child, context) >= validation_score(parent, context) - tolerance
        assert len(receipt.facts["scan"]) in (4, 5)
        assert receipt.facts["sparsity_asked"] is None
    assert found[1][1].facts["sparsity"] >= found[0][1].facts["sparsity"]


def test_a_tolerance_that_nothing_keeps_is_said(
    case: tuple[LinearClassifier, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, context = case
    monkeypatch.setattr(single_weights, "validation_score", lambda model, context: float(model is parent))
    with pytest.raises(NotCompressible, match=r"no weights can go within a fall of 0\.5 in weighted F1"):
        prune(parent, PruneConfig(structured=False, auto=True, tolerance=0.5, epochs=0), context)


def test_a_linear_student_hears_its_teacher_and_its_control_does_not(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    wanted = np.full(context.train.labels.shape, 0.9, np.float32)
    context = replace(context, soft_targets=wanted, teacher=ChanceClassifier().fit(context.train))
    taught, receipt = distill(parent, replace(STUDENT, alpha=1.0), context)
    control, of_control = distill(parent, replace(STUDENT, alpha=1.0).control, context)
    texts = context.train.texts
    assert taught.predict_proba(texts).mean() > 0.6
    assert np.abs(control.predict_proba(texts) - parent.predict_proba(texts)).mean() < 0.02
    assert receipt.notes[0].startswith("taught by 'chance'")
    assert of_control.notes[0].startswith("control: trained without a teacher")


def test_a_linear_teacher_is_asked_itself(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    other = LinearClassifier(LinearConfig(C=0.1, characters=(0, 0), word_high=1)).fit(context.train)
    config = replace(STUDENT, alpha=1.0, epochs=200)
    taught, _ = distill(parent, config, replace(context, teacher=other))
    texts = context.train.texts
    distances = [np.abs(model.predict_proba(texts) - other.predict_proba(texts)).mean() for model in (taught, parent)]
    assert distances[0] < 0.3 * distances[1]


def test_a_linear_student_has_the_shape_that_is_asked_for(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    config = replace(STUDENT, ngrams=200, sparsity=0.98, bits=3, cleaning="letters", word_high=1, characters=(0, 0))
    child, receipt = distill(parent, config, context)
    assert isinstance(child, IntLinearClassifier)
    assert child.config.cleaning == "letters"
    assert child.vectorizer_.n_features <= 200
    assert [block.settings.analyzer for block in child.vectorizer_.blocks] == ["word"]
    assert np.abs(child.packed.levels).max() <= 3
    assert receipt.facts["nonzero_after"] == np.count_nonzero(child.packed.levels)
    floats, _ = distill(parent, replace(STUDENT, ngrams=200), context)
    assert type(floats) is LinearClassifier
    assert floats.vectorizer_.n_features == 200


def test_it_is_kept_only_where_it_is_better_than_its_control(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    wanted = np.random.default_rng(0).random(context.train.labels.shape).astype(np.float32)
    nonsense = replace(context, soft_targets=wanted, teacher=ChanceClassifier().fit(context.train))
    _, receipt = distill(parent, replace(STUDENT, alpha=1.0, against_control=True), nonsense)
    assert receipt.facts["against_control"]["kept"] == "control"


def test_settings_of_another_kind_of_student_are_refused() -> None:
    with pytest.raises(NotCompressible, match="student linear: it has no filters"):
        distill(random_linear(), replace(STUDENT, filters=8), random_context())
    with pytest.raises(NotCompressible, match="student cnn: it has no ngrams, bits"):
        distill(random_cnn(), DistillConfig(ngrams=8, bits=4), random_context())
    with pytest.raises(NotCompressible, match="give a linear model as parent"):
        distill(random_cnn(), STUDENT, random_context())
    with pytest.raises(NotCompressible, match="set student to linear"):
        distill(random_linear(), DistillConfig(), random_context())
    rounded, _ = quantize(random_linear(), QuantizeConfig(bits=4), random_context())
    with pytest.raises(NotCompressible, match="distill its parent instead"):
        distill(rounded, STUDENT, random_context())
