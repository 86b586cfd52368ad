"""Linear models of many texts: what is learned from a sample says so, and both ways choose alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.dataset import Dataset
from baselines.errors import NotCompressible
from baselines.models.linear import LinearClassifier, LinearConfig
from compress.method import Context, validation_score
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.distill.student import apply as distill
from compress.methods.linear import choosing, lessons, ngrams, rounded
from compress.methods.linear.choosing import chosen, mean_squares
from compress.methods.linear.lessons import sampled
from compress.methods.linear.ngrams import ngram_importance
from compress.methods.linear.rows import rows_of
from compress.methods.prune.prune_config import PruneConfig
from compress.methods.prune.pruning import apply as prune
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply as quantize
from tests.cases.compress_case import tiny_context

SPARSE = PruneConfig(0.95, structured=False, epochs=40)
STUDENT = DistillConfig(student="linear", epochs=30, against_control=False)


@pytest.fixture(scope="module")
def case(tiny: Dataset) -> tuple[LinearClassifier, Context]:
    config = LinearConfig(characters=(2, 3), max_iterations=50)
    return LinearClassifier(config).fit(tiny.part("train")), tiny_context(tiny)


def test_up_to_a_bound_every_text_is_learned_from(case: tuple[LinearClassifier, Context]) -> None:
    _, context = case
    assert sampled(context) == (context, ())


def test_beyond_it_a_sample_is_and_is_said(
    case: tuple[LinearClassifier, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, context = case
    n = len(context.train)
    monkeypatch.setattr(lessons, "MOST_TEXTS", n // 2)
    soft = np.arange(n * len(context.train.classes), dtype=np.float32).reshape(n, -1)
    fewer, said = sampled(replace(context, soft_targets=soft, groups=tuple(range(n))))
    rows = list(fewer.groups)
    assert len(fewer.train) == n // 2 == len(set(rows))
    assert fewer.train.texts == tuple(context.train.texts[row] for row in rows)
    np.testing.assert_array_equal(fewer.soft_targets, soft[rows])
    assert f"{n // 2:,} of {n:,} training texts" in said[0]
    assert sampled(context)[0].train.texts == fewer.train.texts, "the same ones each time"
    for receipt in (
        prune(parent, SPARSE, context)[1],
        quantize(parent, QuantizeConfig(bits=4, finetune_epochs=4), context)[1],
        distill(parent, STUDENT, context)[1],
    ):
        assert said[0] in receipt.notes


def test_a_sample_takes_as_many_weights_and_no_more_quality(
    case: tuple[LinearClassifier, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, context = case
    whole, _ = prune(parent, SPARSE, context)
    monkeypatch.setattr(lessons, "MOST_TEXTS", 2 * len(context.train) // 3)
    part, receipt = prune(parent, SPARSE, context)
    assert isinstance(whole, LinearClassifier)
    assert isinstance(part, LinearClassifier)
    assert receipt.facts["nonzero_after"] == pytest.approx(np.count_nonzero(whole.coef_), rel=0.1)
    assert validation_score(part, context) > validation_score(whole, context) - 0.06


def test_what_a_sample_lacks_is_not_worthless(case: tuple[LinearClassifier, Context]) -> None:
    parent, context = case
    rows = rows_of(parent.vectorizer_, context.train.texts[:20])
    plain, smoothed = mean_squares(rows), mean_squares(rows, True)
    unseen = plain == 0
    assert unseen.any()
    np.testing.assert_array_equal(smoothed[~unseen], plain[~unseen])
    assert 0 < smoothed[unseen].max() < np.median(plain[~unseen]) * 2


def test_blocks_choose_what_the_whole_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    worth = (rng.exponential(1, (700, 5)) ** 3 * (rng.random((700, 5)) < 0.7)).astype(np.float32)
    whole = [chosen(worth, n, price) for n in (1, 40, 700, 2000) for price in (0.5, 3.0)]
    monkeypatch.setattr(choosing, "_BLOCK", 64)
    blocks = [chosen(worth, n, price) for n in (1, 40, 700, 2000) for price in (0.5, 3.0)]
    for one, other in zip(whole, blocks, strict=True):
        np.testing.assert_array_equal(one, other)


def test_importance_is_summed_part_by_part(
    case: tuple[LinearClassifier, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, context = case
    whole = ngram_importance(parent, context.train)
    monkeypatch.setattr(ngrams, "_TOGETHER", 7)
    np.testing.assert_allclose(ngram_importance(parent, context.train), whole, rtol=1e-6)


def test_more_weights_than_the_form_holds_are_refused_before_the_work(
    case: tuple[LinearClassifier, Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, context = case
    monkeypatch.setattr(rounded, "MAX_WEIGHTS", 1000)
    with pytest.raises(NotCompressible, match="prune first"):
        quantize(parent, QuantizeConfig(bits=4), context)
