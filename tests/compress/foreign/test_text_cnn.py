"""A text CNN is read in whatever modules it is written, and anything else is refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from baselines.errors import NotCompressible
from compress.foreign.adopt import adopt
from tests.cases.adopted_case import answers
from tests.cases.compress_case import AWKWARD, TOKENIZER
from tests.cases.text_cnn_case import CLASSES, DIM, Layout, TextNet, assert_same_state, kims_net, state_of


def test_a_sequence_of_torchs_own_modules_is_read() -> None:
    net = kims_net()
    classifier, receipt = adopt(net, TOKENIZER, CLASSES, thresholds=[0.1, 0.2, 0.3, 0.4, 0.5])
    np.testing.assert_allclose(classifier.predict_proba(AWKWARD), answers(net, AWKWARD), atol=1e-6)
    np.testing.assert_allclose(classifier.thresholds_, [0.1, 0.2, 0.3, 0.4, 0.5])
    assert (classifier.module.shape.dropout, classifier.classes_) == (0.4, CLASSES)
    assert "8 of width 3 (`2.parts.0.0`)" in receipt.notes[0]


def test_weights_behind_a_parametrization_are_read() -> None:
    net = TextNet(Layout())
    weight_norm(net.convs[2])
    classifier, _ = adopt(net, TOKENIZER, CLASSES)
    np.testing.assert_allclose(classifier.predict_proba(AWKWARD), answers(net, AWKWARD), atol=1e-6)


def test_layers_without_bias_and_in_other_precision_are_read() -> None:
    net = TextNet(Layout())
    net.convs[1].bias = net.out.bias = None  # type: ignore[assignment]
    classifier, _ = adopt(net.double(), TOKENIZER, CLASSES)
    assert not classifier.module.fc2.bias.any()
    np.testing.assert_allclose(classifier.predict_proba(AWKWARD), answers(net, AWKWARD), atol=1e-6)
    assert net.out.weight.dtype == torch.float64


@torch.no_grad()
def lifted(net: TextNet) -> TextNet:
    """With filters that respond strongly somewhere in a long text, so that a ReLU acts on short ones only."""
    for conv in net.convs:
        conv.bias += 0.5
    return net


def two_embeddings() -> nn.Module:
    net = TextNet(Layout())
    net.static = nn.Embedding(4, 2)
    return net


def with_conv(**settings: object) -> nn.Module:
    net = TextNet(Layout())
    net.convs[2] = nn.Conv1d(DIM, 4, 3, **settings)  # type: ignore[arg-type]
    return net


def with_norm_behind_relu() -> nn.Module:
    net = TextNet(Layout(norm=True))
    net.norms[0] = nn.Sequential(nn.ReLU(), net.norms[0])
    return net


def with_one_relu() -> nn.Module:
    net = TextNet(Layout())
    net.norms[0] = nn.ReLU()
    return net


def with_relu_between() -> nn.Module:
    net = TextNet(Layout(hidden=4))
    net.drop = nn.Sequential(nn.ReLU(), net.drop)
    return net


def with_relu_of_embedding() -> nn.Module:
    net = TextNet(Layout())
    net.embed = nn.Sequential(net.embed, nn.ReLU())
    return net


class Positions(TextNet):
    """Adds a vector of its place to every character."""

    def __init__(self) -> None:
        super().__init__(Layout())
        self.embed = nn.Sequential(self.embed, nn.LayerNorm(DIM))


class NonzeroEdges(TextNet):
    """Pads the ids, whose embedding of the padding isn't zero."""

    def forward(self, ids: Tensor) -> Tensor:
        return super().forward(nn.functional.pad(ids, (1, 1)))


class Valid(TextNet):
    """Windows that never hang over an edge."""

    def forward(self, ids: Tensor) -> Tensor:
        embedded = self.embed(ids).transpose(1, 2)
        maxima = torch.cat([conv(embedded).amax(dim=2) for conv in self.convs], dim=1)
        return self.out(self.layout.behind_pool(maxima))


REFUSED = {
    "tanh behind the maximum": (lambda: TextNet(Layout(behind_pool=torch.tanh)), "tanh of the maxima over time"),
    "LeakyReLU before the maximum": (
        lambda: TextNet(Layout(before_pool=nn.functional.leaky_relu)),
        "LeakyReLU of the maxima over time",
    ),
    "a ReLU that is cut off above": (
        lambda: TextNet(Layout(behind_pool=lambda values: values.clamp(0, 0.1))),
        "isn't the maxima over time",
    ),
    "a ReLU of some filters": (
        lambda: TextNet(Layout(behind_pool=lambda values: torch.cat([values[:, :9].relu(), values[:, 9:]], dim=1))),
        "isn't the maxima over time",
    ),
    "a ReLU layer for some filters": (with_one_relu, r"`norms.0` \(ReLU\) stands behind some of the 4 convolutions"),
    "ReLU between the linear layers": (
        with_relu_between,
        r"ReLU\) stands behind `first` \(Linear\); only at the maximum",
    ),
    "ReLU of the embedding": (with_relu_of_embedding, "something stands between embedding and convolution"),
    "LeakyReLU on short texts": (
        lambda: lifted(TextNet(Layout(behind_pool=nn.functional.leaky_relu))),
        r"the shortest has 1 ids, and its logits differ by .* LeakyReLU of the maxima",
    ),
    "a non-linearity that never acts": (
        lambda: kims_net(activation=nn.LeakyReLU(1.0)),
        r"layers that ours doesn't have: `4` \(LeakyReLU\)",
    ),
    "tanh between the linear layers": (
        lambda: TextNet(Layout(hidden=4, between=torch.tanh)),
        r"what `out` \(Linear\) reads isn't what `first` \(Linear\) gave, it differs by .* tanh of what `first`",
    ),
    "probabilities": (lambda: TextNet(Layout(behind=torch.sigmoid)), r"the answer isn't .* sigmoid of what `out`"),
    "softmax": (lambda: TextNet(Layout(behind=lambda v: v.softmax(-1))), "softmax of what `out`"),
    "average pooling": (lambda: TextNet(Layout(pool=lambda r: r.mean(dim=2))), "it is the means over time"),
    "ReLU and average": (lambda: TextNet(Layout(pool=lambda r: r.relu().mean(dim=2))), "means over time of the ReLU"),
    "two largest": (lambda: TextNet(Layout(pool=lambda r: r.topk(2, 2).values.mean(2))), "isn't the maxima over time"),
    "batch norm behind ReLU": (with_norm_behind_relu, r"ReLU of what `convs.0` \(Conv1d\) gave"),
    "valid windows": (
        lambda: Valid(Layout()),
        r"on a text of 6 ids, .* has 5 windows of width 2; one a character .* 'valid' windows",
    ),
    "valid windows, then a tanh": (
        lambda: Valid(Layout(behind_pool=torch.tanh)),
        "'valid' windows, .*; besides, what `out` .* tanh of the maxima",
    ),
    "stride": (lambda: with_conv(stride=2), "`convs.2` has stride 2"),
    "dilation": (lambda: with_conv(dilation=2), "`convs.2` has dilation 2"),
    "groups": (lambda: with_conv(groups=2), "`convs.2` has groups 2"),
    "circular padding": (lambda: with_conv(padding_mode="circular"), "pads with 'circular'"),
    "two embeddings": (two_embeddings, "one nn.Embedding is needed, found `embed`, `static`"),
    "no embedding": (lambda: nn.Linear(2, 2), "one nn.Embedding is needed, found none"),
    "no convolution": (lambda: nn.Sequential(nn.Embedding(3, 2), nn.Linear(2, 2)), "Conv1d or nn.Conv2d is needed"),
    "a norm of the embedding": (Positions, r"something stands between .*`embed.1` \(LayerNorm\)"),
    "windows over padding ids": (lambda: NonzeroEdges(Layout()), "has 8 windows of width 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_ours_is_refused_with_the_reason(name: str) -> None:
    make, reason = REFUSED[name]
    net = make()
    before = state_of(net)
    with pytest.raises(NotCompressible) as refusal:
        adopt(net, TOKENIZER, CLASSES)
    assert re.search(reason, str(refusal.value)), refusal.value
    assert re.search("can still teach a student.*round_weights", str(refusal.value))
    assert_same_state(net, before)


def published_text_cnn() -> TextNet:
    """As it is published: convolution, ReLU and maximum in functions, dropout, one linear layer."""
    return TextNet(Layout(((3, 8), (4, 8), (5, 8)), before_pool=torch.relu))


@pytest.mark.parametrize(
    "make",
    [
        published_text_cnn,
        lambda: kims_net(activation=nn.ReLU()),
        lambda: kims_net(activation=nn.ReLU(inplace=True)),
        lambda: lifted(published_text_cnn()),
    ],
)
def test_the_published_text_cnn_is_taken_over_with_its_relu(make: Callable[[], nn.Module]) -> None:
    net = make()
    classifier, receipt = adopt(net, TOKENIZER, CLASSES)
    assert classifier.module.shape.relu
    assert classifier.config.relu
    assert receipt.facts["largest_difference"] < 1e-5
    assert "ReLU" in receipt.notes[0]


def test_where_a_relu_never_acts_a_layer_says_that_there_is_one() -> None:
    high = kims_net(activation=nn.ReLU())
    with torch.no_grad():
        for name, parameter in high.named_parameters():
            if name.startswith("2.") and name.endswith("bias"):
                parameter.add_(1000.0)
    assert adopt(high, TOKENIZER, CLASSES)[0].module.shape.relu
