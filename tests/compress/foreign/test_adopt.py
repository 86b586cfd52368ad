"""Somebody's text CNN is taken over exactly, or refused with the reason; then every method applies to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier, CNNConfig
from baselines.storage.artifact import Lineage
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.foreign.adopt import adopt, tokenizer_of
from compress.foreign.conv_branch import centred
from compress.methods.distill.student import DistillConfig
from compress.methods.fold import FoldConfig
from compress.methods.prune.pruning import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.recipes import parse_recipe, run_recipe
from compress.registry import METHODS
from exports import runtime
from exports.bundles.write_bundle import forms_for, write_bundle
from tests.cases.compress_case import AWKWARD, TOKENIZER, random_context
from tests.cases.text_cnn_case import CLASSES, DIM, Layout, TextNet, assert_same_state, kims_net, state_of

LAYOUTS = {
    "one-dimensional": Layout(),
    "two-dimensional": Layout(two_d=True),
    "two linear layers": Layout(hidden=7),
    "batch norms": Layout(norm=True),
    "two-dimensional, batch norms, two linear layers": Layout(two_d=True, norm=True, hidden=7),
    "causal": Layout(before=lambda width: width - 1),
    "all zeros behind": Layout(before=lambda width: 0),
    "even widths to the left": Layout(before=lambda width: width // 2),
    "causal, widths that meet when widened": Layout(((2, 3), (3, 4), (4, 2), (7, 2)), before=lambda width: width - 1),
    "a width twice, joined in the opposite order": Layout(((3, 4), (2, 2), (3, 5)), reverse=True),
    "one filter": Layout(((3, 1),)),
}
METHODS_APPLIED = {
    "fold": ("fold", FoldConfig()),
    "prune": ("prune", PruneConfig(0.3, epochs=1, mixtures=0.5)),
    "prune unstructured": ("prune", PruneConfig(0.5, structured=False, epochs=1, gradual_epochs=1, mixtures=0.5)),
    "quantize tables": ("quantize", QuantizeConfig()),
    "quantize factors": ("quantize", QuantizeConfig("factors", bits=6)),
    "quantize finetuned": ("quantize", QuantizeConfig("factors", bits=4, finetune_epochs=1, mixtures=0.5)),
    "quantize dynamic": ("quantize", QuantizeConfig("dynamic", way="PyTorch, Linear only")),
    "quantize static": ("quantize", QuantizeConfig("static")),
    "distill": ("distill", DistillConfig(6, 4, (2, 3), epochs=1, folds=2, mixtures=0.5)),
}
TRAINING = CNNConfig(epochs=1, threads=1)


@torch.no_grad()
def answers(net: nn.Module, texts: Sequence[str], tokenizer: Tokenizer = TOKENIZER) -> np.ndarray:
    """The module's own probabilities, text by text without padding; a text without characters is one padding id."""
    rows = [torch.from_numpy(tokenizer.encode(text).astype(np.int64)) for text in texts]
    logits = [net((row if len(row) else torch.zeros(1, dtype=torch.long))[None]) for row in rows]
    return torch.sigmoid(torch.cat([row.reshape(1, -1) for row in logits])).numpy()


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_classifier_answers_as_the_module_did(name: str) -> None:
    net = TextNet(LAYOUTS[name])
    before, threads, random = state_of(net), torch.get_num_threads(), torch.random.get_rng_state()
    classifier, receipt = adopt(net.train(), TOKENIZER, CLASSES)
    assert net.training
    assert_same_state(net, before)
    assert (torch.get_num_threads(), torch.random.get_rng_state().tolist()) == (threads, random.tolist())
    np.testing.assert_allclose(classifier.predict_proba(AWKWARD), answers(net.eval(), AWKWARD), atol=1e-6)
    assert receipt.facts["largest_difference"] < 1e-5
    assert receipt.facts["alone"]
    assert receipt.touched == sum(p.numel() for p in net.parameters())
    assert classifier.module.shape.dropout == 0.25
    assert [width for width, _ in classifier.module.shape.filters] == sorted({w for w, _ in receipt.facts["filters"]})


@cache
def adopted_once() -> tuple[nn.Module, CharCNNClassifier]:
    net = TextNet(Layout(norm=True, hidden=4, before=lambda width: width // 2))
    return net, adopt(net, TOKENIZER, CLASSES)[0]


@given(st.text(alphabet="abc xyz09é", max_size=30))
@settings(max_examples=40, deadline=None)
def test_any_text_is_answered_alike(text: str) -> None:
    net, classifier = adopted_once()
    np.testing.assert_allclose(classifier.predict_proba([text]), answers(net, [text]), atol=1e-6)


@given(st.integers(1, 9), st.data())
@settings(deadline=None)
def test_taps_of_zero_move_a_window_to_the_middle(width: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(0, width - 1))
    weight = torch.arange(1.0, width + 1)[None, None]
    text = torch.randn(1, 1, 12, generator=torch.Generator().manual_seed(width))
    moved = centred(weight, before)
    left = (moved.shape[2] - 1) // 2
    padded = nn.functional.pad(text, (left, moved.shape[2] - 1 - left))
    expected = nn.functional.conv1d(nn.functional.pad(text, (before, width - 1 - before)), weight)
    torch.testing.assert_close(nn.functional.conv1d(padded, moved), expected)
    assert moved.shape[2] <= 2 * width - 1
    assert (moved.shape[2] == width) == (before == (width - 1) // 2)


@pytest.mark.parametrize("name", METHODS_APPLIED)
def test_every_method_applies_and_its_bundle_runs(name: str, tmp_path: Path) -> None:
    net = TextNet(Layout(norm=True, hidden=7))
    before = state_of(net)
    classifier, _ = adopt(net, TOKENIZER, CLASSES, config=TRAINING)
    method, config = METHODS_APPLIED[name]
    child, receipt = METHODS[method].apply(classifier, config, random_context())
    assert receipt.touched > 0
    assert_same_state(net, before)
    own = answers(net, AWKWARD)
    if method != "distill" and not getattr(config, "epochs", 0) and not getattr(config, "finetune_epochs", 0):
        np.testing.assert_allclose(child.predict_proba(AWKWARD), own, atol=1e-5 if name == "fold" else 0.1)
    for form in forms_for(child):
        write_bundle(child, Lineage("mine", "compress"), tmp_path / form, form)
        served = runtime.load(tmp_path / form).predict_proba(AWKWARD)
        np.testing.assert_allclose(served, child.predict_proba(AWKWARD), atol=1e-5)
        if name == "fold":
            np.testing.assert_allclose(served, own, atol=1e-5)


def test_widened_filters_run_in_every_form(tmp_path: Path) -> None:
    net = TextNet(LAYOUTS["causal, widths that meet when widened"])
    classifier, _ = adopt(net, TOKENIZER, CLASSES)
    assert [width for width, _ in classifier.module.shape.filters] == [3, 5, 7, 13]
    for config in (FoldConfig(), QuantizeConfig()):
        method = "fold" if isinstance(config, FoldConfig) else "quantize"
        child, _ = METHODS[method].apply(classifier, config, random_context())
        for form in forms_for(child):
            folder = write_bundle(child, Lineage("mine", "compress"), tmp_path / f"{method}-{form}", form)
            served = runtime.load(folder).predict_proba(AWKWARD)
            np.testing.assert_allclose(served, answers(net, AWKWARD), atol=1e-5 if method == "fold" else 0.02)


def test_a_recipe_takes_it_as_parent() -> None:
    classifier, _ = adopt(TextNet(Layout(hidden=7)), TOKENIZER, CLASSES, config=TRAINING)
    steps = parse_recipe("prune,fold,quantize", {"prune": {"epochs": 0}})
    made = run_recipe(classifier, steps, random_context())
    assert [entry.model for entry in made.ledger] == ["cnn", "cnn", "tables-float", "tables-int8"]


def test_every_method_is_tried_here() -> None:
    assert {method for method, _ in METHODS_APPLIED.values()} == set(METHODS)


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


def test_a_module_that_takes_lengths_agrees_in_any_batch() -> None:
    class Masked(TextNet):
        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:  # type: ignore[override]
            return torch.cat([TextNet.forward(self, row[None, :n]) for row, n in zip(ids, lengths, strict=True)])

    _, masked = adopt(Masked(Layout()), TOKENIZER, CLASSES)
    assert masked.facts["several_lengths"] == "agrees"
    _, padded = adopt(TextNet(Layout()), TOKENIZER, CLASSES)
    assert padded.facts["several_lengths"] == "differs"
    assert any("padding of a batch" in note for note in padded.notes)


def test_a_module_that_cant_be_asked_about_one_text_is_asked_about_several() -> None:
    class Squeezing(TextNet):
        def forward(self, ids: Tensor) -> Tensor:
            if len(ids) == 1:
                raise RuntimeError("squeezed")
            return super().forward(ids)

    classifier, receipt = adopt(Squeezing(Layout()), TOKENIZER, CLASSES)
    assert not receipt.facts["alone"]
    np.testing.assert_allclose(classifier.predict_proba(AWKWARD), answers(TextNet(Layout()), AWKWARD), atol=1e-6)


def test_a_call_and_texts_of_the_callers_own_are_used() -> None:
    class Fussy(TextNet):
        def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:  # type: ignore[override]
            assert 5 <= batch["ids"].shape[0] <= 9  # ids are (L, B) here
            return {"logits": super().forward(batch["ids"].T)}

    def call(net: nn.Module, ids: Tensor, lengths: Tensor) -> Tensor:
        logits: Tensor = net({"ids": ids.T})["logits"]
        return logits

    texts = [TOKENIZER.encode(text).tolist() for text in ("graph", "neural", "learning")]
    net = Fussy(Layout())
    classifier, receipt = adopt(net, TOKENIZER, CLASSES, call=call, sample_ids=texts)
    assert receipt.facts["texts"] == 3
    np.testing.assert_allclose(classifier.predict_proba(["model"]), answers(TextNet(Layout()), ["model"]), atol=1e-6)


@pytest.mark.parametrize("unknown", [3, 7])
def test_an_own_vocabulary_is_permuted_into_ours(unknown: int) -> None:
    characters = "zyx wvutsrqponmlkjihgfedcba"
    vocabulary = {char: number for number, char in enumerate(characters, 10)} | {"<pad>": 7, "<unk>": unknown, "A": 4}
    net = TextNet(Layout(n_ids=50))
    with torch.no_grad():
        net.embed.weight[7] = 0.5  # its padding isn't zero, and nothing reads it in an unpadded text
    tokenizer, rows = tokenizer_of(vocabulary, padding=7, unknown=unknown)
    classifier, receipt = adopt(net, tokenizer, CLASSES, rows=rows)
    assert tokenizer.n_ids == len(rows) == len(characters) + 3
    assert any("1 characters of the alphabet, such as 'A'" in note for note in receipt.notes)
    for text in ("graphs learn", "zyx 42 ab", "b"):
        own = torch.tensor([[vocabulary.get(char, unknown) for char in Cleaning()(text)]])
        expected = torch.sigmoid(net(own)).detach().numpy()
        np.testing.assert_allclose(classifier.predict_proba([text]), expected, atol=1e-6)


def test_our_own_ids_are_left_as_they_are() -> None:
    ours = {char: number for number, char in enumerate(TOKENIZER.alphabet, 2)}
    assert tokenizer_of(ours) == (TOKENIZER, tuple(range(TOKENIZER.n_ids)))


@pytest.mark.parametrize(
    ("vocabulary", "reason"),
    [
        ({"a": 2, "graph": 3}, "single characters, got 'graph'"),
        ({"<pad>": 0}, "from 1 to 254 characters"),
        ({chr(0x4E00 + n): n + 2 for n in range(255)}, "from 1 to 254 characters are allowed, got 255"),
        ({"a": -2}, "ids from 0 on"),
    ],
)
def test_a_vocabulary_that_does_not_fit_is_refused(vocabulary: dict[str, int], reason: str) -> None:
    with pytest.raises(NotCompressible, match=reason):
        tokenizer_of(vocabulary)


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
    "ReLU behind the maximum": (lambda: TextNet(Layout(behind_pool=torch.relu)), "ReLU of the maxima over time"),
    "ReLU before the maximum": (lambda: TextNet(Layout(before_pool=torch.relu)), "ReLU of the maxima over time"),
    "ReLU on short texts": (
        lambda: lifted(TextNet(Layout(behind_pool=torch.relu))),
        r"the shortest has 1 ids, and its logits differ by .* ReLU of the maxima",
    ),
    "a ReLU that never acts": (
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
    "batch norm behind ReLU": (with_norm_behind_relu, r"ReLU of what `convs.0` \(Conv1d\) gave.*ReLU\)"),
    "valid windows": (
        lambda: Valid(Layout()),
        r"on a text of 6 ids, .* has 5 windows of width 2; one a character .* 'valid' windows",
    ),
    "valid windows, then a ReLU": (
        lambda: Valid(Layout(behind_pool=torch.relu)),
        "'valid' windows, .*; besides, what `out` .* ReLU of the maxima",
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


def test_what_the_caller_names_must_fit() -> None:
    net, two = TextNet(Layout()), CLASSES[:2]

    def refused(match: str, tokenizer: Tokenizer = TOKENIZER, classes: Sequence[str] = CLASSES, **more: object) -> None:
        with pytest.raises(NotCompressible, match=match):
            adopt(net, tokenizer, classes, **more)  # type: ignore[arg-type]

    refused(r"numbers of shape \(2, 5\) .* \(2, 2\) are needed, one for each class", classes=two)
    refused("distinct names", classes=["a"] * 5)
    refused("one for each of 5 classes is needed, got 1", thresholds=[0.5])
    refused("the embedding has 39 ids, the tokenizer 5 .* tokenizer_of", tokenizer=Tokenizer("abc"))
    refused("rows: 5 ids from 0 to 38", tokenizer=Tokenizer("abc"), rows=[0, 1, 2, 3, 39])
    refused("rows: 5 ids from 0 to 38 are needed, got 4", tokenizer=Tokenizer("abc"), rows=[0, 1, 2, 3])
    refused("sample_ids: .* of ids from 1 to 38", sample_ids=[[2, 39]])
    refused("give a `call` that returns logits", call=lambda module, ids, lengths: {"logits": module(ids)})
    refused("never ran the module it was given", call=lambda module, ids, lengths: net(ids))
    refused("can't be run on .*ZeroDivisionError", call=lambda module, ids, lengths: 1 / 0)


def test_a_module_that_does_not_run_says_both_errors() -> None:
    class Broken(TextNet):
        def forward(self, ids: Tensor, lengths: Tensor, more: Tensor) -> Tensor:  # type: ignore[override]
            return ids

    with pytest.raises(NotCompressible, match=r"neither module\(ids\) nor .*TypeError: .*TypeError: .*give a `call`"):
        adopt(Broken(Layout()), TOKENIZER, CLASSES)


def test_what_is_drawn_anew_in_each_call_is_noticed() -> None:
    class Restless(TextNet):
        def forward(self, ids: Tensor) -> Tensor:
            return nn.functional.dropout(super().forward(ids), 0.5, training=True)

    with pytest.raises(NotCompressible, match="adopt: "):
        adopt(Restless(Layout()), TOKENIZER, CLASSES)


def test_the_cleaning_of_the_tokenizer_is_that_of_further_training() -> None:
    tokenizer = Tokenizer(TOKENIZER.alphabet, Cleaning(stop_words=False))
    classifier, _ = adopt(TextNet(Layout()), tokenizer, CLASSES, config=CNNConfig(epochs=3))
    assert (classifier.config.stop_words, classifier.config.stem, classifier.config.epochs) == (False, False, 3)
