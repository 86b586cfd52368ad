"""Decisions come back as they were, in about the bytes that their surprise says, and damage is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import ArtifactError
from compress.coding.bits import LANES, MOST_AT_LEAST, MOST_SEEN, Decoder, Encoder, Model
from compress.coding.numbers import SPAN, code_numbers, number_model
from compress.coding.sets import SETS, Hashed, code_sets, mixed


def decisions(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Slots (2, n) of a model of 32, and what comes: mostly what the first context says."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 16, (2, n))
    return np.stack([first, 16 + second]), (rng.random(n) < np.where(first < 8, 0.05, 0.9)).astype(np.int64)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 700), max_size=5), st.integers(0, 2**32 - 1))
def test_decisions_come_back(sizes: list[int], seed: int) -> None:
    encoder, model = Encoder(), Model(32, 2)
    parts = [decisions(n, seed + n) for n in sizes]
    for slots, bits in parts:
        encoder.bits(model, slots, 0, bits)
    decoder, model = Decoder(encoder.packed()), Model(32, 2)
    for slots, bits in parts:
        np.testing.assert_array_equal(decoder.bits(model, slots), bits)
    decoder.finish()


def test_bytes_are_few_where_contexts_foretell() -> None:
    slots, bits = decisions(20_000)
    encoder = Encoder()
    encoder.bits(Model(32, 2), slots, 0, bits)
    share = np.array([0.05, 0.9])
    ideal = float(-(share * np.log2(share) + (1 - share) * np.log2(1 - share)).mean() * len(bits) / 8)
    assert ideal < encoder.cost() < 1.03 * ideal
    assert encoder.cost() <= len(encoder.packed()) <= encoder.cost() + 4 * LANES + 2


def test_counts_stay_within_their_table() -> None:
    model = Model(1, 1, most=512, growth=0)
    ones = np.ones(5 * MOST_SEEN, np.int64)
    Encoder().bits(model, np.zeros((1, len(ones)), np.int64), 0, ones)
    assert 0 <= (model.slots[0] >> 16) + (model.slots[0] & 0xFFFF) <= MOST_SEEN


def test_what_is_damaged_is_refused() -> None:
    slots, bits = decisions(3_000)
    encoder = Encoder()
    encoder.bits(Model(32, 2), slots, 0, bits)
    sound = encoder.packed()

    def read(content: bytes) -> None:
        decoder = Decoder(content)
        decoder.bits(Model(32, 2), slots)
        decoder.finish()

    read(sound)
    for cut in (0, 1, 4 * LANES - 1, 4 * LANES, len(sound) - 2, len(sound) - 1):
        with pytest.raises(ArtifactError, match="make it again"):
            read(sound[:cut])
    for place in range(0, len(sound), 37):
        with pytest.raises(ArtifactError, match="make it again"):
            read(sound[:place] + bytes((sound[place] ^ 0x10,)) + sound[place + 1 :])
    with pytest.raises(ArtifactError, match="damaged"):
        read(sound + b"\1\0")


def test_a_small_file_holds_little() -> None:
    decoder = Decoder(Encoder().packed())
    decoder.take(MOST_AT_LEAST)
    with pytest.raises(ArtifactError, match="promise more"):
        decoder.take(1 << 20)
    encoder = Encoder()
    encoder.take(10 * MOST_AT_LEAST)
    Decoder(encoder.packed()).take(10 * MOST_AT_LEAST)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 2**31 - 2) | st.integers(0, 20), max_size=300), st.integers(1, 3))
def test_numbers_come_back(numbers: list[int], n_contexts: int) -> None:
    contexts = np.arange(n_contexts)[:, None] * 2 + np.arange(len(numbers)) % 2
    encoder = Encoder()
    code_numbers(encoder, number_model(2 * n_contexts, n_contexts), contexts, 0, np.array(numbers, np.int64))
    decoder = Decoder(encoder.packed())
    found = code_numbers(decoder, number_model(2 * n_contexts, n_contexts), contexts)
    decoder.finish()
    assert found.tolist() == numbers


def test_every_node_of_a_number_has_its_place() -> None:
    model = number_model(1, 1)
    numbers = np.r_[np.arange(1000), 2 ** np.arange(31) - 1]
    code_numbers(Encoder(), model, np.zeros((1, len(numbers)), np.int64), 0, numbers)
    assert len(model.slots) == SPAN
    assert bool(model.slots.all())


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 12).flatmap(
        lambda digits: st.tuples(
            st.just(digits), st.lists(st.sets(st.integers(0, 2**digits - 1), min_size=1, max_size=20), max_size=40)
        )
    )
)
def test_sets_come_back(case: tuple[int, list[set[int]]]) -> None:
    digits, sets = case
    pairs = np.array([(node, symbol) for node, each in enumerate(sets) for symbol in sorted(each)], np.int64)
    node, symbol = pairs.reshape(-1, 2).T
    contexts = np.stack([mixed(1, np.arange(len(sets)) % 3), mixed(2, np.arange(len(sets)))])
    encoder = Encoder()
    code_sets(encoder, Hashed(12, 2, SETS), contexts, digits, (node, symbol))
    decoder = Decoder(encoder.packed())
    found = code_sets(decoder, Hashed(12, 2, SETS), contexts, digits)
    decoder.finish()
    np.testing.assert_array_equal(found[0], node)
    np.testing.assert_array_equal(found[1], symbol)
