"""Influence of a text: leaving it out by hand gives the same; intervals survive few and no changed answers."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.errors import DataError
from baselines.scores import leaving_out
from baselines.scores.answers import Answers
from baselines.scores.influence import mean_difference, paired_difference
from baselines.scores.judging import METRICS, judged, metrics_of
from baselines.scores.leaving_out import influences, one_answer
from baselines.task import TASKS, Task


def drawn(task: Task, n: int = 60, n_classes: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, decisions and probabilities of a task, some of them wrong."""
    rng = np.random.default_rng(seed)
    columns = 1 if task == "binary" else n_classes
    probabilities = rng.random((n, columns)).astype(np.float32)
    if task == "multiclass":
        truth = np.eye(columns, dtype=bool)[rng.integers(columns, size=n)]
        probabilities[truth] += 0.7
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return truth, np.eye(columns, dtype=bool)[probabilities.argmax(axis=1)], probabilities
    truth = rng.random((n, columns)) < 0.4
    probabilities[truth] = np.sqrt(probabilities[truth])
    return truth, probabilities > 0.5, probabilities


@pytest.mark.parametrize(("task", "metric"), [(task, metric) for task in TASKS for metric in metrics_of(task)])
def test_a_text_is_left_out_as_by_hand(task: Task, metric: str) -> None:
    truth, decided, probabilities = drawn(task)
    whole = judged(metric, Answers(truth, decided, probabilities), task)
    rows = np.arange(len(truth))
    by_hand = np.array(
        [
            whole - judged(metric, Answers(truth[rows != i], decided[rows != i], probabilities[rows != i]), task)
            for i in rows
        ]
    ) * (len(truth) - 1)
    found = influences(metric, Answers(truth, decided, probabilities))
    # The scale of macro F1 keeps the classes of the whole, so only a class that vanishes tells the two apart.
    assert found == pytest.approx(by_hand - by_hand.mean(), abs=1e-6)


def test_the_influence_gives_the_bootstraps_spread() -> None:
    truth, decided, _ = drawn("multilabel", 400)
    answers, rng = Answers(truth, decided), np.random.default_rng(1)
    weights = rng.multinomial(400, np.full(400, 1 / 400), size=2_000).astype(np.float32)
    spread = METRICS["f1_weighted"].judge(answers, weights).std()
    assert np.sqrt((influences("f1_weighted", answers) ** 2).sum()) / 400 == pytest.approx(spread, rel=0.1)


def test_a_long_ranking_is_judged_by_groups_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, decided, probabilities = drawn("binary", 600)
    alone = influences("roc_auc", Answers(truth, decided, probabilities))
    monkeypatch.setattr(leaving_out, "MOST_RANKED", 400)
    grouped = influences("roc_auc", Answers(truth, decided, probabilities))
    assert len(set(grouped.tolist())) <= 200
    assert (grouped**2).sum() == pytest.approx((alone**2).sum(), rel=0.25)


def test_one_answer_is_one_text_of_a_share_of_texts() -> None:
    truth, decided, probabilities = drawn("multiclass")
    assert one_answer("accuracy", Answers(truth, decided, probabilities), "multiclass") == 1.0


def test_one_lost_label_of_weighted_f1_is_what_losing_each_brings_on_average() -> None:
    truth, decided, _ = drawn("multilabel")
    whole, effects = judged("f1_weighted", Answers(truth, decided), "multilabel"), []
    for row, column in np.argwhere(truth & decided):
        after = decided.copy()
        after[row, column] = False
        effects.append(abs(judged("f1_weighted", Answers(truth, after), "multilabel") - whole))
    found = one_answer("f1_weighted", Answers(truth, decided), "multilabel")
    assert found == pytest.approx(len(truth) * np.mean(effects))


@pytest.mark.parametrize("task", TASKS)
def test_two_models_without_a_changed_answer_keep_an_interval(task: Task) -> None:
    truth, decided, probabilities = drawn(task)
    metric = metrics_of(task)[0]
    few = paired_difference(truth, decided, decided, metric=metric, task=task)
    assert few.value == 0
    assert few.n_changed == 0
    assert few.low < 0 < few.high
    assert few.lower < 0 < few.upper
    many = paired_difference(*(np.repeat(a, 20, axis=0) for a in (truth, decided, decided)), metric=metric, task=task)
    assert many.high - many.low < (few.high - few.low) / 15
    assert probabilities.shape == truth.shape


def test_losses_count_the_other_way_round() -> None:
    truth, decided, probabilities = drawn("multiclass")
    worse = np.full_like(probabilities, 1 / probabilities.shape[1])
    found = paired_difference(
        truth, decided, decided, metric="log_loss", task="multiclass", our_probabilities=probabilities,
        their_probabilities=worse,
    )  # fmt: skip
    assert found.value > 0
    assert found.n_changed == len(truth)


def test_the_mean_over_seeds_is_of_the_same_texts() -> None:
    truth, decided, _ = drawn("multilabel")
    others = [drawn("multilabel", seed=seed)[1] for seed in (1, 2, 3)]
    pairs = [paired_difference(truth, decided, o, metric="f1_weighted", task="multilabel") for o in others]
    mean = mean_difference(pairs)
    assert mean.value == pytest.approx(np.mean([pair.value for pair in pairs]))
    assert mean.deviation() < np.mean([pair.deviation() for pair in pairs])


def test_a_metric_of_another_task_is_named() -> None:
    truth, decided, _ = drawn("multilabel")
    with pytest.raises(DataError, match="accuracy"):
        paired_difference(truth, decided, decided, metric="accuracy", task="multilabel")
