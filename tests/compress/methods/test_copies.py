"""A copy without some filters answers as the network did where they were constant."""

from __future__ import annotations

import numpy as np
import torch

from baselines.text.tokenizer import pad
from compress.methods.copies import pooled_responses, without_filters
from tests.cases.compress_case import AWKWARD, TOKENIZER, random_cnn, random_module


def test_a_removed_constant_filter_leaves_the_logits_as_they_were() -> None:
    module = random_module()
    with torch.no_grad():
        module.weights[1][2] = 0
    keep = np.ones(module.shape.n_filters, bool)
    keep[4 + 2] = False
    parent = random_cnn()
    parent.module = module
    mean = pooled_responses(parent, AWKWARD).mean(dim=0).numpy()
    smaller = without_filters(module, keep, mean)
    ids, lengths = (torch.from_numpy(a) for a in pad(TOKENIZER.encode_batch(AWKWARD)))
    with torch.no_grad():
        torch.testing.assert_close(smaller(ids, lengths), module(ids, lengths), atol=1e-5, rtol=1e-5)


def test_a_width_without_filters_is_left_out() -> None:
    keep = np.ones(23, bool)
    keep[:4] = False
    assert [width for width, _ in without_filters(random_module(), keep).shape.filters] == [2, 3, 6]
