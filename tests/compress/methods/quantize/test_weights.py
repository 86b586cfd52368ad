"""Rounded weights are really smaller, close to the network they came from, and integers only."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.errors import NotCompressible
from compress.kinds.table_classifiers import IntTableClassifier
from compress.methods.fold import float_parts, fold_module
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply, round_model
from compress.recipes import stored_bytes
from tests.cases.compress_case import (
    AWKWARD,
    TOKENIZER,
    assert_unchanged,
    random_cnn,
    random_context,
    random_module,
    state_of,
)


def test_factors_expand_to_the_tables_of_their_product() -> None:
    embedding, filters, head, bias = float_parts(random_module())
    stored = round_model(random_cnn(), QuantizeConfig("factors", bits=8, head_bits=8, embedding_bits=8))
    stored.tables.check()
    exact = fold_module(random_module(), remove_filters=False).tables
    for text in AWKWARD:
        ids = TOKENIZER.encode(text)
        np.testing.assert_allclose(stored.tables.logits(ids), exact.logits(ids), atol=0.05)
    assert stored.factors is not None
    assert stored.factors.n_values == embedding.size + sum(f.size for f in filters)
    assert head.shape[1] == stored.tables.n_filters
    assert bias.shape == stored.tables.bias.shape


def test_fewer_bits_are_really_smaller_and_bits_that_dont_exist_are_refused() -> None:
    parent = random_cnn(filters=((3, 40), (4, 40)), embedding_dim=20)
    sizes = []
    for bits in (8, 6, 4, 3, 2):
        child, receipt = apply(parent, QuantizeConfig(bits=bits), random_context())
        sizes.append(stored_bytes(child))
        assert receipt.touched > 0
        assert abs(receipt.bytes_promised - sizes[-1]) < 1500
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < 0.62 * sizes[0]
    for bits in (1, 9, 16):
        with pytest.raises(ValueError, match="from 2 to 8"):
            QuantizeConfig(bits=bits)


def test_int8_tables_stay_close_and_the_parent_stays_as_it_was() -> None:
    parent = random_cnn()
    before = state_of(parent)
    child, receipt = apply(parent, QuantizeConfig(), random_context())
    assert isinstance(child, IntTableClassifier)
    assert np.abs(child.predict_proba(AWKWARD) - parent.predict_proba(AWKWARD)).max() < 0.01
    assert receipt.facts["int8"]["mac_share"] == 1.0
    assert receipt.facts["int8"]["parameter_share"] > 0.9
    assert_unchanged(parent, before)


def test_schemes_that_dont_apply_say_what_does() -> None:
    parent, context = random_cnn(), random_context()
    integers, _ = apply(parent, QuantizeConfig(), context)
    with pytest.raises(NotCompressible, match="integers already"):
        apply(integers, QuantizeConfig(bits=4), context)
    with pytest.raises(NotCompressible, match="use scheme tables"):
        apply(parent, QuantizeConfig("dynamic", bits=4), context)
    with pytest.raises(ValueError, match="tables, factors"):
        QuantizeConfig("magic")  # type: ignore[arg-type]
