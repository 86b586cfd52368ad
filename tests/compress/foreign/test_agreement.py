"""The module is called in the way it understands, and its answers are compared with ours."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from baselines.errors import NotCompressible
from compress.foreign.adopt import adopt
from tests.cases.adopted_case import answers
from tests.cases.compress_case import AWKWARD, TOKENIZER
from tests.cases.text_cnn_case import CLASSES, Layout, TextNet


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
