"""The free functions work on whatever module is given, leave it as it was, and their receipts say what was done."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from baselines.errors import NotCompressible
from baselines.networks.torch_state import limited_threads
from baselines.networks.training import class_weighted_loss, logits_of, train
from baselines.networks.training_config import TrainingConfig
from compress.foreign import any_module
from compress.foreign.any_module import int8_linear, prune_weights, round_weights
from compress.formats.packed import pack, unpack
from compress.formats.rounding import largest_level, round_symmetric
from compress.methods.distill.loss import mixed_loss
from compress.methods.prune.pruning import measured_sparsity
from tests.cases.compress_case import TOKENIZER, random_module, random_part
from tests.cases.text_cnn_case import Layout, TextNet, assert_same_state, state_of


class Reader(nn.Module):
    """Every layer the functions know, and some they don't; ids (B, L) and lengths (B,) -> logits (B, 5)."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.embed = nn.Embedding(TOKENIZER.n_ids, 8, padding_idx=0)
            self.conv = nn.Conv1d(8, 8, 3, padding="same")
            self.turned = nn.ConvTranspose1d(8, 8, 1)
            self.norm = nn.LayerNorm(8)
            self.lstm = nn.LSTM(8, 4, bidirectional=True, batch_first=True)
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
            self.out = nn.Linear(8, 5)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        values = self.turned(self.conv(self.embed(ids).transpose(1, 2))).transpose(1, 2)
        states = self.lstm(self.norm(values))[0]
        logits: Tensor = self.out(self.attention(states, states, states)[0].amax(dim=1))
        return logits


IDS = torch.arange(1, 31).view(2, 15)
LENGTHS = torch.tensor([15, 15])


@given(st.floats(0.001, 0.999), st.integers(0, 3))
@settings(deadline=None, max_examples=40)
def test_the_sparsity_asked_is_measured(sparsity: float, seed: int) -> None:
    net = Reader(seed)
    before, n_weights = state_of(net), net.conv.weight.numel() + net.attention.out_proj.weight.numel() + 40
    if not round(sparsity * n_weights):
        return
    pruned, receipt = prune_weights(net, sparsity)
    assert measured_sparsity(pruned) == receipt.facts["sparsity"] == round(sparsity * n_weights) / n_weights
    assert receipt.touched == round(sparsity * n_weights)
    assert_same_state(net, before)


def test_pruning_takes_the_smallest_of_all_layers_together_and_says_what_it_left() -> None:
    net = Reader()
    pruned, receipt = prune_weights(net, 0.4)
    weights = [(net.conv.weight, pruned.conv.weight), (net.out.weight, pruned.out.weight)]
    kept = torch.cat([old[new != 0].abs() for old, new in weights])
    gone = torch.cat([old[new == 0].abs() for old, new in weights])
    assert gone.max() <= kept.min()
    assert receipt.facts["left_alone"] == ["embed", "turned", "norm", "lstm", "attention"]
    assert receipt.bytes_promised == sum(4 * p.numel() for p in net.parameters())
    assert any("deflated" in note for note in receipt.notes)
    pruned(IDS, LENGTHS)


def test_two_dimensional_and_tied_weights_are_pruned_once() -> None:
    tied = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Linear(5, 5), nn.Linear(5, 5))
    tied[2].weight = tied[1].weight
    pruned, receipt = prune_weights(tied, 0.5)
    assert receipt.touched == round((36 + 25) / 2)
    assert pruned[2].weight is pruned[1].weight


def test_neutral_settings_give_a_copy() -> None:
    net = Reader().train()
    for copied, receipt in (prune_weights(net, 0.0), round_weights(net, 32)):
        assert copied is not net
        assert copied.training
        assert_same_state(copied, state_of(net))
        assert (receipt.touched, receipt.notes) == (0, ("neutral setting: nothing changed",))


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, float("nan")])
def test_a_sparsity_out_of_range_is_refused(sparsity: float) -> None:
    with pytest.raises(NotCompressible, match="from 0 up to but not including 1"):
        prune_weights(Reader(), sparsity)


def test_nothing_to_prune_is_said() -> None:
    with pytest.raises(NotCompressible, match=r"removes none of 20 weights, 0 .* at least 0\.05"):
        prune_weights(nn.Linear(4, 5), 0.01)
    sparse, _ = prune_weights(nn.Linear(4, 5), 0.5)
    with pytest.raises(NotCompressible, match=r"removes none of 20 weights, 10 .* at least 0\.55"):
        prune_weights(sparse, 0.3)
    assert prune_weights(sparse, 0.75)[1].touched == 5  # ten more were zero before
    with pytest.raises(NotCompressible, match="no Conv1d, Conv2d or Linear"):
        prune_weights(nn.LSTM(2, 2), 0.5)


@given(st.integers(2, 8), st.integers(0, 5), st.floats(1e-3, 1e3))
@settings(deadline=None, max_examples=40)
def test_no_weight_moves_by_more_than_half_a_scale(bits: int, seed: int, size: float) -> None:
    net = Reader(seed)
    with torch.no_grad():
        net.lstm.weight_hh_l0.mul_(size)
        net.out.weight[1] = 0
    before = state_of(net)
    rounded, _ = round_weights(net, bits)
    assert_same_state(net, before)
    for name in ("embed.weight", "conv.weight", "out.weight", "lstm.weight_hh_l0", "attention.in_proj_weight"):
        old, new = before[name].flatten(1).double(), rounded.state_dict()[name].flatten(1).double()
        scale = old.abs().amax(dim=1, keepdim=True) / largest_level(bits)
        # float32 holds the levels' multiples to within its own rounding.
        assert bool(((old - new).abs() <= scale / 2 + 1e-6 * old.abs().amax()).all()), name
        assert all(len(row.unique()) <= 2 * largest_level(bits) + 1 for row in new)
    assert not rounded.embed.weight[0].any()


def test_the_receipt_of_rounding_counts_what_is_packed_and_names_the_rest() -> None:
    net = Reader()
    rounded, receipt = round_weights(net, 4)
    assert receipt.facts["left_alone"] == ["turned", "norm"]
    covered = [p for n, p in net.named_parameters() if "weight" in n and not n.startswith(("norm", "turned"))]
    n_covered, n_parameters = (sum(p.numel() for p in found) for found in (covered, list(net.parameters())))
    assert receipt.touched == n_covered
    assert receipt.facts["parameter_share"] == n_covered / n_parameters
    levels = [round_symmetric(p.detach().numpy(), 4, tuple(range(1, p.ndim)))[0] for p in covered]
    packed = sum(len(pack(each)) for each in levels)
    assert receipt.bytes_promised == packed + 4 * sum(map(len, covered)) + 4 * (n_parameters - n_covered)
    assert receipt.facts["bits_per_weight"] == pytest.approx(8 * packed / n_covered)
    np.testing.assert_array_equal(unpack(pack(levels[1]), levels[1].shape), levels[1])
    assert (rounded(IDS, LENGTHS) - net(IDS, LENGTHS)).abs().max() < 0.3


@pytest.mark.parametrize("kind", [nn.GRU, nn.RNN, nn.LSTM])
def test_recurrent_layers_are_rounded(kind: type[nn.RNNBase]) -> None:
    net = kind(3, 4, num_layers=2)
    rounded, receipt = round_weights(net, 8)
    assert receipt.facts["parameter_share"] > 0.7
    values = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(rounded(values)[0], net(values)[0], atol=0.02, rtol=0)


def test_rounding_refuses_what_it_cannot_do() -> None:
    with pytest.raises(NotCompressible, match="bits: from 2 to 8 are supported, got 9"):
        round_weights(Reader(), 9)
    with pytest.raises(NotCompressible, match="quantize: no weights of"):
        round_weights(nn.Sequential(nn.LayerNorm(3), nn.ReLU()), 8)


def test_int8_reaches_the_linear_layers_and_says_so() -> None:
    net = TextNet(Layout(hidden=7)).train()
    before = state_of(net)
    quantized, receipt = int8_linear(net)
    assert net.training
    assert_same_state(net, before)
    touched = net.first.weight.numel() + net.out.weight.numel()
    n_parameters = sum(p.numel() for p in net.parameters())
    assert receipt.touched == touched
    assert receipt.facts["int8"] == {"layers": 2, "layers_total": 7, "parameter_share": touched / n_parameters}
    assert receipt.facts["left_alone"] == ["embed", "convs.0", "convs.1", "convs.2", "convs.3"]
    n_biases = 7 + 5
    assert receipt.bytes_promised == touched + 4 * n_biases + 4 * (n_parameters - touched - n_biases)
    assert (quantized(IDS) - net.eval()(IDS)).abs().max() < 0.05


def test_int8_without_linear_layers_is_refused() -> None:
    with pytest.raises(NotCompressible, match=r"reaches nn\.Linear inside a module, and there is none; round_weights"):
        int8_linear(nn.Sequential(nn.Conv1d(2, 2, 1)))


def test_the_example_of_distillation_runs() -> None:
    teacher, student = Reader(), random_module()
    before, first = state_of(teacher), state_of(student)
    known = {"teacher": teacher, "student": student, "tokenizer": TOKENIZER, "torch": torch}
    lines = (any_module.__doc__ or "").split("parts of texts:\n")[1]
    exec(textwrap.dedent(lines), known | {"train": random_part(40, seed=1), "validation": random_part(20, seed=2)})
    assert_same_state(teacher, before)
    assert not torch.equal(student.fc2.weight, first["fc2.weight"])


def test_distillation_brings_a_student_close_to_its_teacher() -> None:
    teacher, student, part = random_module(seed=1), Reader(seed=2), random_part(60, seed=1)
    encoded = TOKENIZER.encode_batch(part.texts)
    with limited_threads(1):
        taught = torch.from_numpy(logits_of(teacher, encoded))
        apart = np.abs(logits_of(student, encoded) - taught.numpy()).mean()
        loss = mixed_loss(taught, class_weighted_loss(part.labels, 0.5), 1.0, 1.0, len(part))
        train(student, TOKENIZER, part, None, TrainingConfig(epochs=15, learning_rate=5e-3, threads=1), loss=loss)
        assert np.abs(logits_of(student, encoded) - taught.numpy()).mean() < 0.7 * apart
