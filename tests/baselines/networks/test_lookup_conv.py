"""The look-up form of embedding, convolution and maximum over time equals `nn.Conv1d`, gradients included."""

import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from baselines.models.cnn import CharCNN, CharCNNShape
from baselines.networks import lookup_conv
from baselines.networks.lookup_conv import Form, max_of_convolutions, one_training_step, resolve_form, same_padding
from baselines.networks.torch_state import limited_threads

FILTERS = ((1, 3), (2, 3), (5, 4), (10, 2))


def made(shape: CharCNNShape, seed: int = 0) -> CharCNN:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CharCNN(shape).double().eval()


def batch(texts: list[list[int]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(text) for text in texts])
    ids = torch.zeros(len(texts), max(1, int(lengths.max())), dtype=torch.long)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = torch.tensor(text)
    return ids, lengths


def answers(module: CharCNN, ids: Tensor, lengths: Tensor, form: Form) -> list[Tensor]:
    """Pooled vector, then the gradient of a loss that treats every output differently, per parameter."""
    module.zero_grad(set_to_none=True)
    pooled = module.pooled(ids, lengths, form)
    factors = torch.linspace(-1, 2, pooled.numel(), dtype=pooled.dtype).view(pooled.shape)
    (pooled * factors).sum().backward()
    gradients = [p.grad for n, p in module.named_parameters() if n.startswith(("embedding", "convs"))]
    return [pooled.detach(), *(g for g in gradients if g is not None)]


def assert_same(module: CharCNN, texts: list[list[int]]) -> None:
    ids, lengths = batch(texts)
    expected, found = (answers(module, ids, lengths, form) for form in ("conv", "lookup"))
    assert len(expected) == 2 + 2 * len(module.convs)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    "filters", [FILTERS, ((1, 2),), ((7, 3),), ((3, 2), (4, 2), (6, 5), (9, 5)), ((2, 1), (3, 2), (4, 1))]
)
def test_outputs_and_gradients_equal_the_convolution(filters: tuple[tuple[int, int], ...]) -> None:
    module = made(CharCNNShape(n_ids=9, n_classes=2, embedding_dim=4, filters=filters))
    texts = [[2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 5], [4], [3, 4], [], [8, 7, 6, 5, 4, 3, 2]]
    assert_same(module, texts)


@pytest.mark.parametrize(
    "texts", [[[]], [[], [], []], [[1]], [[2]] * 3, [[5, 5, 5, 5, 5, 5, 5]], [[2, 3] * 9, [2] * 18]]
)
def test_empty_short_and_repeated_texts(texts: list[list[int]]) -> None:
    assert_same(made(CharCNNShape(n_ids=6, n_classes=2, embedding_dim=3, filters=FILTERS)), texts)


def test_the_first_of_tied_windows_gets_the_gradient() -> None:
    module = made(CharCNNShape(n_ids=6, n_classes=2, embedding_dim=3, filters=((1, 2), (2, 2))))
    with torch.no_grad():
        module.embedding.weight[3] = module.embedding.weight[2]  # two characters that every filter takes for the same
    texts = [[2, 3], [3, 2], [3, 2, 3], [4, 3, 2, 4]]
    assert_same(module, texts)
    ids, lengths = batch([[2, 3]])
    embedding_gradient = answers(module, ids, lengths, "lookup")[1]
    assert embedding_gradient[3].abs().sum() < embedding_gradient[2].abs().sum()


def test_the_padding_row_gets_no_gradient_and_counts_as_zero() -> None:
    module = made(CharCNNShape(n_ids=6, n_classes=2, embedding_dim=3, filters=FILTERS))
    ids, lengths = batch([[2, 3], [], [4, 5, 1, 2, 3]])
    gradient = answers(module, ids, lengths, "lookup")[1]
    assert not gradient[0].any()
    assert gradient[1:].any()
    expected = module.pooled(ids, lengths, "lookup")
    with torch.no_grad():
        module.embedding.weight[0] = 7.0
    torch.testing.assert_close(module.pooled(ids, lengths, "lookup"), expected, rtol=0, atol=0)


def test_long_texts_are_pooled_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    module = made(CharCNNShape(n_ids=9, n_classes=2, embedding_dim=4, filters=FILTERS))
    monkeypatch.setattr(lookup_conv, "BLOCK_ELEMENTS", 40)  # five windows at a time
    texts = [[2 + (i * i) % 7 for i in range(n)] for n in (23, 1, 0, 5, 6, 11, 10)]
    assert_same(module, [*texts, [2] * 23])


@settings(deadline=None, max_examples=60)
@given(
    texts=st.lists(st.lists(st.integers(1, 4), max_size=14), min_size=1, max_size=5),
    widths=st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True),
    counts=st.lists(st.integers(1, 3), min_size=4, max_size=4),
    seed=st.integers(0, 99),
)
def test_any_texts_and_widths(texts: list[list[int]], widths: list[int], counts: list[int], seed: int) -> None:
    filters = tuple(zip(sorted(widths), counts, strict=False))
    assert_same(made(CharCNNShape(n_ids=5, n_classes=2, embedding_dim=2, filters=filters), seed), texts)


def test_the_batch_does_not_change_a_bit() -> None:
    module = made(CharCNNShape(n_ids=9, n_classes=2, embedding_dim=4, filters=FILTERS)).float()
    texts = [[2 + (i * n) % 7 for i in range(n)] for n in (3, 40, 1, 17)]
    with torch.no_grad():
        together = module.pooled(*batch(texts))
        alone = torch.cat([module.pooled(*batch([text])) for text in texts])
    assert torch.equal(together, alone)


def test_forms() -> None:
    assert resolve_form("auto", torch.device("cpu")) == "lookup"
    assert resolve_form("auto", torch.device("cuda")) == "conv"
    assert resolve_form("conv", torch.device("cpu")) == "conv"
    with pytest.raises(ValueError, match="form: allowed are auto, lookup and conv, got 'fast'"):
        resolve_form("fast", torch.device("cpu"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="form"):
        max_of_convolutions(*batch([[1]]), torch.zeros(2, 1), [], [], form="")  # type: ignore[arg-type]


@pytest.mark.parametrize("width", range(1, 12))
def test_same_padding_gives_one_window_a_character(width: int) -> None:
    left, right = same_padding(width)
    assert left + right == width - 1
    assert 0 <= right - left <= 1


def test_a_training_step_is_the_same_and_much_faster_than_the_convolution() -> None:
    """The full CNN on 16 texts; the claim of the README is measured in `bench/`, this guards against losing it."""
    shape = CharCNNShape(n_ids=39, n_classes=35, dropout=0.0)
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(2, 39, (16, 112), generator=generator)
    lengths, labels = torch.full((16,), 112), torch.rand(16, 35, generator=generator).round()
    seconds: dict[Form, float] = {}
    losses = {}
    forms: tuple[Form, ...] = ("lookup", "conv")
    for form in forms:
        module = made(shape).float()
        optimizer = torch.optim.SGD(module.parameters(), lr=1e-2)
        losses[form] = [one_training_step(module, ids, lengths, labels, form, optimizer)]
        with limited_threads(1):
            for _ in range(3):
                # CPU time of one thread: other processes on the machine don't count, nor does spinning.
                started = time.process_time()
                losses[form].append(one_training_step(module, ids, lengths, labels, form, optimizer))
                seconds[form] = min(seconds.get(form, float("inf")), time.process_time() - started)
    assert losses["lookup"] == pytest.approx(losses["conv"], rel=1e-5)
    assert losses["lookup"][1] < losses["lookup"][0]
    assert seconds["lookup"] * 4 < seconds["conv"]
