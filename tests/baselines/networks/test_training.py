"""The training loop: best epoch restored, same seed same bytes, batches within budget, hooks called as promised."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from baselines.dataset import Dataset, Part
from baselines.errors import UserError
from baselines.models.cnn import CharCNN, CharCNNShape
from baselines.networks.batches import WordDropout, length_batches, shuffled_batches
from baselines.networks.pieces import Pieces, pieces_of
from baselines.networks.torch_state import limited_threads, seeded
from baselines.networks.training import class_weighted_loss, logits_of, train, validate
from baselines.networks.training_config import TrainingConfig
from baselines.scores.judging import score, utility
from baselines.task import Task, link
from baselines.text.tokenizer import Tokenizer
from tests.cases.task_case import task_data

SMALL = TrainingConfig(epochs=3, batch_size=16, learning_rate=3e-3, threads=1)


def network(tokenizer: Tokenizer, n_classes: int, seed: int = 0) -> CharCNN:
    with seeded(seed):
        return CharCNN(CharCNNShape(tokenizer.n_ids, n_classes, 8, ((1, 8), (3, 8), (4, 8)), 0, 0.2))


@pytest.fixture(scope="module")
def parts(tiny: Dataset) -> tuple[Part, Part, Tokenizer]:
    train_part = tiny.part("train")
    return train_part, tiny.part("validation"), Tokenizer.learn(train_part.texts, min_count=3)


def state(module: nn.Module) -> bytes:
    return b"".join(t.numpy().tobytes() for t in module.state_dict().values())


@pytest.mark.parametrize("changes", [{}, {"word_dropout": 0.0, "average": 0.9, "final_rate": 1.0}])
def test_the_same_seed_gives_the_same_bytes(parts: tuple[Part, Part, Tokenizer], changes: dict[str, float]) -> None:
    train_part, validation, tokenizer = parts
    results = []
    for seed in (4, 4, 5):
        torch.manual_seed(seed + len(results))  # the process's own generator must not matter
        module = network(tokenizer, len(train_part.classes))
        config = TrainingConfig(epochs=2, batch_size=16, seed=seed, threads=1, **changes)
        train(module, tokenizer, train_part, validation, config)
        results.append(state(module))
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_the_process_is_left_as_it_was(parts: tuple[Part, Part, Tokenizer]) -> None:
    train_part, validation, tokenizer = parts
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    train(network(tokenizer, len(train_part.classes)), tokenizer, train_part, validation, SMALL)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    with limited_threads(threads + 1):
        assert torch.get_num_threads() == threads + 1
    assert torch.get_num_threads() == threads


def test_the_best_epoch_is_restored(parts: tuple[Part, Part, Tokenizer]) -> None:
    train_part, validation, tokenizer = parts
    module = network(tokenizer, len(train_part.classes))
    n_steps = -(-len(train_part) // 16)

    def ruin_after_two_epochs(module: nn.Module, step: int) -> None:
        if step >= 2 * n_steps:
            with torch.no_grad():
                for parameter in module.parameters():
                    parameter.zero_()

    config = TrainingConfig(epochs=9, batch_size=16, learning_rate=3e-3, patience=2, threads=1)
    log = train(module, tokenizer, train_part, validation, config, after_step=ruin_after_two_epochs)
    assert log.best_epoch < 2
    assert len(log.epochs) == log.best_epoch + 1 + config.patience
    again = validate(module, tokenizer.encode_batch(validation.texts), validation, 0.0)
    assert again.validation_score == log.epochs[log.best_epoch].validation_score > log.epochs[-1].validation_score
    assert not module.training


def test_the_loss_falls_and_every_step_is_counted(parts: tuple[Part, Part, Tokenizer]) -> None:
    train_part, _, tokenizer = parts
    steps: list[int] = []
    seen: list[tuple[int, int]] = []
    log = train(
        network(tokenizer, len(train_part.classes)),
        tokenizer,
        train_part,
        None,
        SMALL,
        after_step=lambda module, step: steps.append(step),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert steps == list(range(log.steps))
    assert log.steps == 3 * -(-len(train_part) // 16)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert log.epochs[-1].loss < log.epochs[0].loss
    assert log.best_epoch == 2
    assert log.epochs[0].validation_score is None


def test_a_loss_sees_rows_labels_and_extra_texts(parts: tuple[Part, Part, Tokenizer]) -> None:
    train_part, validation, tokenizer = parts
    seen: list[int] = []

    def loss(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        seen.extend(rows.tolist())
        known = rows < len(train_part)
        np.testing.assert_array_equal(labels[known].numpy(), train_part.labels[rows[known].numpy()])
        assert labels[~known].isnan().all()
        return logits.square().mean()

    module = network(tokenizer, len(train_part.classes))
    config = TrainingConfig(epochs=1, batch_size=16, threads=1)
    train(module, tokenizer, train_part, validation, config, loss=loss, extra_texts=["graphs", "", "vision of robots"])
    assert sorted(seen) == list(range(len(train_part) + 3))
    with pytest.raises(ValueError, match="a loss that uses them"):
        train(module, tokenizer, train_part, validation, config, extra_texts=["x"])


def test_a_loss_that_explodes_is_said(parts: tuple[Part, Part, Tokenizer]) -> None:
    train_part, _, tokenizer = parts
    with pytest.raises(UserError, match=r"no longer a finite number after \d+ steps; use a learning_rate below 0\.003"):
        train(
            network(tokenizer, len(train_part.classes)),
            tokenizer,
            train_part,
            None,
            SMALL,
            loss=lambda logits, labels, rows: logits.mean() * torch.inf,
        )


def test_class_weights() -> None:
    labels = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]], bool)
    logits, truth = torch.zeros(4, 3), torch.from_numpy(labels).float()
    rows = torch.arange(4)
    plain = nn.functional.binary_cross_entropy_with_logits(logits, truth)
    torch.testing.assert_close(class_weighted_loss(labels, 0.0)(logits, truth, rows), plain)
    logits.requires_grad_()
    (gradient,) = torch.autograd.grad(class_weighted_loss(labels, 1.0)(logits, truth, rows), logits)
    torch.testing.assert_close(gradient.abs()[0] / gradient.abs()[0, 0], torch.tensor([1.0, 4.0, 4.0]))


@pytest.mark.parametrize(
    "changes", [{"epochs": 0}, {"learning_rate": 0.0}, {"word_dropout": 1.0}, {"average": -0.1}, {"patience": 0}]
)
def test_settings_out_of_range(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(changes))}: expected"):
        TrainingConfig(**changes)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=80)
@given(lengths=st.lists(st.integers(0, 60), max_size=40), budget=st.integers(1, 200), size=st.integers(1, 9))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], budget: int, size: int) -> None:
    for batches in (
        list(length_batches(lengths, budget)),
        shuffled_batches(lengths, size, np.random.default_rng(0), budget),
    ):
        assert sorted(np.concatenate([np.zeros(0, int), *batches])) == list(range(len(lengths)))
        for rows in batches:
            assert len(rows) == 1 or len(rows) * max(lengths[row] for row in rows) <= budget
    assert all(len(rows) <= size for rows in shuffled_batches(lengths, size, np.random.default_rng(0), budget))


@pytest.mark.parametrize("text", ["graph neural networks", "graph", "", "graph  nets"])
def test_dropped_words_are_whole_words(text: str) -> None:
    tokenizer = Tokenizer("".join(sorted(set("abcdefghijklmnopqrstuvwxyz "))))
    ids = tokenizer.encode(text)
    letters = " " * 2 + tokenizer.alphabet
    # Between two other texts: words of one text are never counted as another's.
    others = tokenizer.encode("first image"), tokenizer.encode("")
    dropout = WordDropout([others[0], ids, others[1]], pieces_of(tokenizer))
    drawn = [dropout.draw(0.5, np.random.default_rng(seed)) for seed in range(60)]
    seen = {"".join(letters[i] for i in texts[1]) for texts in drawn}
    words = tokenizer.cleaning(text).split()
    subsets = {" ".join(w for i, w in enumerate(words) if m >> i & 1) for m in range(1, 2 ** len(words))} or {""}
    assert seen == subsets
    assert {"".join(letters[i] for i in texts[0]) for texts in drawn} == {"first image", "first", "image"}
    assert all(len(texts) == 3 and not len(texts[2]) for texts in drawn)
    assert all(map(np.array_equal, dropout.draw(0.0, np.random.default_rng(0)), [others[0], ids, others[1]]))


def test_words_of_other_encoders_are_their_ids() -> None:
    class Words:
        def encode_batch(self, texts: Sequence[str]) -> list[np.ndarray]:
            return [np.arange(len(text)) for text in texts]

    assert pieces_of(Words()).separator is None
    (kept,) = WordDropout([np.arange(100)], pieces_of(Words())).draw(0.3, np.random.default_rng(0))
    assert 50 < len(kept) < 90
    assert set(kept) <= set(range(100))
    assert pieces_of(Tokenizer("ab")).separator == -1
    assert [len(ids) for ids in WordDropout([np.array([2, 3, 2])], Pieces(-1)).draw(0.9, np.random.default_rng(0))] == [
        3
    ]
    assert list(WordDropout([], Pieces(None)).draw(0.5, np.random.default_rng(0))) == []


def test_logits_in_batches_equal_logits_one_by_one(parts: tuple[Part, Part, Tokenizer]) -> None:
    train_part, _, tokenizer = parts
    module = network(tokenizer, 3).train()
    encoded = tokenizer.encode_batch([*train_part.texts[:9], "", "graph " * 9000])
    together = logits_of(module, encoded)
    assert module.training
    alone = np.concatenate([logits_of(module, [ids]) for ids in encoded])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert logits_of(module, []).shape[0] == 0


def test_the_loss_of_one_label_is_the_softmax_cross_entropy() -> None:
    labels = np.eye(3, dtype=bool)[[0, 0, 1, 2]]
    logits, truth, rows = torch.randn(4, 3), torch.from_numpy(labels).float(), torch.arange(4)
    targets = truth.argmax(dim=1)
    plain = class_weighted_loss(labels, 0.0, "multiclass")(logits, truth, rows)
    torch.testing.assert_close(plain, nn.functional.cross_entropy(logits, targets))
    each = nn.functional.cross_entropy(logits, targets, reduction="none")
    weights = torch.tensor([0.6, 0.6, 1.2, 1.2])  # inverse to 2, 1 and 1 texts, 1 on average over the classes
    weighted = class_weighted_loss(labels, 1.0, "multiclass")(logits, truth, rows)
    torch.testing.assert_close(weighted, (each * weights).mean())


@pytest.mark.parametrize(
    ("task", "metric"), [("multiclass", ""), ("multiclass", "log_loss"), ("binary", ""), ("binary", "roc_auc")]
)
def test_the_best_epoch_is_the_best_by_the_data_s_metric(task: Task, metric: str) -> None:
    data = task_data(task)
    train_part, validation = (replace(data.part(name), metric=metric) for name in ("train", "validation"))
    tokenizer = Tokenizer.learn(train_part.texts, min_count=1)
    module = network(tokenizer, len(train_part.classes))
    log = train(module, tokenizer, train_part, validation, TrainingConfig(epochs=4, learning_rate=1e-2, threads=1))
    probabilities = link(logits_of(module, tokenizer.encode_batch(validation.texts)), task)
    best = log.epochs[log.best_epoch]
    thresholds = np.full(probabilities.shape[1], best.threshold, np.float32)
    reached = score(validation.judged_by, validation.labels, probabilities, thresholds, task)
    assert best.validation_score == pytest.approx(utility(validation.judged_by, reached))
    assert best.threshold == 0.0 or task == "binary"
    if metric == "log_loss":
        assert best.validation_loss == pytest.approx(reached, abs=1e-5)
