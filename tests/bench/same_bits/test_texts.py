"""The texts of a comparison: the same for a seed, of every flavour, and each one that any engine can be asked."""

from __future__ import annotations

import unicodedata
from itertools import islice

import pytest

from bench.same_bits.texts import FLAVOURS, Material, Sample, mutated, samples
from exports.bundles.parity import AWKWARD

MATERIAL = Material(("a", "b", "neural", " "), tuple(f"Text {number} of the data" for number in range(300)))
N = 6000


@pytest.fixture(scope="module")
def stream() -> list[Sample]:
    return list(islice(samples(3, MATERIAL), N))


def of(stream: list[Sample], flavour: str) -> list[str]:
    return [sample.text for sample in stream if sample.flavour == flavour]


def categories(texts: list[str]) -> set[str]:
    return {unicodedata.category(char) for text in texts for char in text}


def test_a_seed_says_every_text(stream: list[Sample]) -> None:
    assert list(islice(samples(3, MATERIAL), 2000)) == stream[:2000], "a shorter stream is the start of a longer one"
    other = list(islice(samples(4, MATERIAL), 2000))
    assert sum(mine != theirs for mine, theirs in zip(stream, other, strict=False)) > 1500


def test_every_flavour_occurs_and_the_awkward_texts_come_first(stream: list[Sample]) -> None:
    assert [sample.text for sample in stream[: len(AWKWARD)]] == list(AWKWARD)
    assert {sample.flavour for sample in stream} == {*FLAVOURS, "awkward"}
    assert {sample.flavour for sample in stream[:1500]} == {*FLAVOURS, "awkward"}, "and early"


def test_each_text_of_the_data_comes_before_any_is_changed(stream: list[Sample]) -> None:
    found = of(stream, "data")
    assert tuple(found[:300]) == MATERIAL.data
    assert len(set(found[300:]) - set(MATERIAL.data)) > 100


def test_flavours_hold_what_they_say(stream: list[Sample]) -> None:
    assert all(text.isascii() for text in of(stream, "ascii"))
    assert {"Ll", "Lo", "Nd", "No"} <= categories(of(stream, "scripts"))
    assert {"Mn", "Mc"} <= categories(of(stream, "marks"))
    assert {"Cn", "Co"} <= categories(of(stream, "strange"))
    assert {"Cc", "Cf", "Zs", "Zl", "Zp"} <= categories(of(stream, "blanks"))
    assert {"Sm", "So", "Sc", "Po", "Ps"} <= categories(of(stream, "symbols"))
    assert {"So", "Cf", "Sk"} <= categories(of(stream, "emoji"))
    assert any("\u1100" <= char <= "\u11ff" for text in of(stream, "hangul") for char in text)
    assert any(unicodedata.normalize("NFC", text) != text for text in of(stream, "hangul"))
    folded = [text for text in of(stream, "spelled") if unicodedata.normalize("NFKC", text).casefold() != text]
    assert len(folded) > len(of(stream, "spelled")) / 2
    assert {ord(char) >> 16 for text in of(stream, "any") for char in text} >= {0, 1, 2, 3, 14, 15, 16}
    assert set("".join(of(stream, "alphabet"))) == set("abneural ")


def test_texts_without_utf8_and_long_ones_are_among_them(stream: list[Sample]) -> None:
    halves = [text for text in of(stream, "surrogates") if "Cs" in categories([text])]
    assert len(halves) > len(of(stream, "surrogates")) / 2
    sizes = [len(text.encode("utf-8", "surrogatepass")) for text in of(stream, "long")]
    assert min(sizes) >= 200
    assert max(sizes) > 2048


def test_two_halves_that_meet_are_one_character(stream: list[Sample]) -> None:
    # A string of UTF-16 can't hold them apart, so nobody could be asked.
    for text in (sample.text for sample in stream):
        assert text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") == text
    pair = Material(("\ud83d\ude00",), ("\ud83d\ude00 in the data",))
    assert "\U0001f600 in the data" in {sample.text for sample in islice(samples(0, pair), 500)}


def test_nothing_of_a_model_and_no_data_is_needed() -> None:
    found = list(islice(samples(0, Material()), 1500))
    assert {sample.flavour for sample in found} >= {"own", "alphabet", "data"}
    assert any(sample.text for sample in found if sample.flavour == "own")


def test_mutations_change_texts() -> None:
    import random

    rng = random.Random(0)
    found = {mutated(rng, "Zürich café") for _ in range(300)}
    assert {"ZÜRICH CAFÉ", "zÜRICH CAFÉ", unicodedata.normalize("NFD", "Zürich café")} <= found
    assert {len(text) for text in found} >= {10, 11, 12}
    assert all(isinstance(mutated(rng, ""), str) for _ in range(50))
