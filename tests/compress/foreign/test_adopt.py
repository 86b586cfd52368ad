"""A foreign text CNN is taken over exactly, with its vocabulary, classes and thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier, CNNConfig
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import Tokenizer
from compress.foreign.adopt import adopt, tokenizer_of
from tests.cases.adopted_case import LAYOUTS, answers
from tests.cases.compress_case import AWKWARD, TOKENIZER
from tests.cases.text_cnn_case import CLASSES, Layout, TextNet, assert_same_state, state_of


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
        own = torch.tensor([[vocabulary.get(char, unknown) for char in Cleaning("course")(text)]])
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


def test_the_caller_says_what_the_logits_mean() -> None:
    net = TextNet(Layout())
    classifier, _ = adopt(net, TOKENIZER, CLASSES, task="multiclass")
    ids = torch.from_numpy(TOKENIZER.encode("graph learning").astype(np.int64))[None]
    expected = torch.softmax(net.eval()(ids), dim=1).detach().numpy()
    np.testing.assert_allclose(classifier.predict_proba(["graph learning"]), expected, atol=1e-6)
    assert classifier.predict(["graph learning"]) == [[CLASSES[int(expected.argmax())]]]
    unsure, _ = adopt(net, TOKENIZER, CLASSES, task="multiclass", thresholds=[1.0] * 5)
    assert unsure.predict(["graph learning"]) == [[]]
    assert not classifier.thresholds_.any()


def test_one_output_is_binary() -> None:
    net = TextNet(Layout())
    net.out = nn.Linear(net.out.in_features, 1)
    classifier, _ = adopt(net, TOKENIZER, ["spam"], task="binary", negative="ham", thresholds=[0.0])
    assert classifier.predict(["graph learning"]) == [["spam"]]
    assert classifier.space_.names == ("ham", "spam")
    with pytest.raises(NotCompressible, match=r"binary: one class.*an output for each side is multiclass"):
        adopt(TextNet(Layout()), TOKENIZER, CLASSES, task="binary")
    with pytest.raises(NotCompressible, match="negative: only binary"):
        adopt(TextNet(Layout()), TOKENIZER, CLASSES, negative="ham")


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


def test_the_cleaning_of_the_tokenizer_is_that_of_further_training() -> None:
    tokenizer = Tokenizer(TOKENIZER.alphabet, Cleaning("letters"))
    classifier, _ = adopt(TextNet(Layout()), tokenizer, CLASSES, config=CNNConfig(epochs=3))
    assert (classifier.config.cleaning, classifier.config.stem, classifier.config.epochs) == ("letters", False, 3)


@pytest.mark.parametrize(("width", "count"), [(3, 9000), (301, 2)])
def test_layers_beyond_what_a_config_holds_are_refused(width: int, count: int) -> None:
    with pytest.raises(NotCompressible, match=r"filters: expected .* from 1 to 256; .* 8,192, got .* teach a student"):
        adopt(TextNet(Layout(widths=((width, count),))), TOKENIZER, CLASSES)
