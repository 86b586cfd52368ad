"""Every packed linear model comes back bit by bit; what a file may expand to is known before memory is taken."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from safetensors.numpy import load, save

from baselines.errors import ArtifactError
from baselines.text.cleaning import Cleaning
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.coding import packing
from compress.formats import packed_linear
from compress.formats.packed_linear import (
    PackedLinear,
    coded_parts,
    coded_size,
    packed_linear_of,
    read_packed_linear,
    write_packed_linear,
)
from tests.cases.packed_linear_case import language_like, packed_models, same


def _model(terms: tuple[str, ...] = ("a", "b", "c")) -> PackedLinear:
    block = NgramBlock(NgramSettings("word"), terms, np.array([1, 2, 2], np.float32))
    zeros = np.zeros(2, np.float32)
    return PackedLinear(NgramTfidf(Cleaning(), (block,)), np.ones((2, 3), np.int8), zeros, zeros)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packed")


@pytest.fixture(scope="module")
def sound(folder: Path) -> bytes:
    write_packed_linear(_model(), folder / "linear")
    return (folder / "linear").read_bytes()


@settings(deadline=None, max_examples=25)
@given(packed_models())
def test_every_model_comes_back(folder: Path, model: PackedLinear) -> None:
    write_packed_linear(model, folder / "any")
    same(read_packed_linear(folder / "any"), model)


def test_a_model_of_words_takes_few_bytes_and_knows_how_many(folder: Path) -> None:
    model = language_like(400, 12, 0.05)
    write_packed_linear(model, folder / "words")
    size = (folder / "words").stat().st_size
    assert abs(coded_size(model) - size) <= 32
    plain = sum(len(name.encode()) + 1 for name in model.vectorizer.names)
    assert size < plain / 2
    parts = coded_parts(model)
    assert set(parts) == {"header", "scales", "vocabulary", "levels"}
    assert size - 260 < sum(parts.values()) < size
    same(read_packed_linear(folder / "words"), model)


def test_a_large_empty_model_is_padded_until_it_may_be_read(folder: Path) -> None:
    block = NgramBlock(NgramSettings("word"), tuple(f"{n:06}" for n in range(300)), np.ones(300, np.float32))
    zeros = np.zeros(600, np.float32)
    model = PackedLinear(NgramTfidf(Cleaning(), (block,)), np.zeros((600, 300), np.int8), zeros, zeros)
    write_packed_linear(model, folder / "empty")
    same(read_packed_linear(folder / "empty"), model)


def coded(header: Callable[[dict[str, Any]], Any] | bytes, rest: slice = slice(None), more: bytes = b"") -> bytes:
    """The coded bytes of the sound model with another header, or cut, or with bytes behind."""
    content = _coded()
    size = int.from_bytes(content[:4], "little")
    text = packing.inflated(content[4 : 4 + size])
    made = header if isinstance(header, bytes) else json.dumps(header(json.loads(text))).encode()
    deflated = packing.deflated(made)
    return len(deflated).to_bytes(4, "little") + deflated + content[4 + size :][rest] + more


def _coded() -> bytes:
    return packing.packed(packed_linear._content(_model()))


def changed(**fields: Any) -> bytes:
    return coded(lambda header: {**header, **fields})


def block(**fields: Any) -> bytes:
    def change(header: dict[str, Any]) -> dict[str, Any]:
        first = header["content"]["blocks"][0]
        return {**header, "content": {**header["content"], "blocks": [{**first, **fields}]}}

    return coded(change)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "header ends early"),
        (b"\xff\xff\xff\x7fabc", "header ends early"),
        (b"\1\0\0\0\xff", "header is damaged"),
        (coded(b"[" * 5_000), "not valid JSON"),
        (coded(b'{"a": "\xff"}'), "not valid JSON"),
        (coded(b" " * (20 << 20)), "more than .* when inflated"),
        (coded(b"{}"), "must have content, classes"),
        (changed(content=3), "'blocks', a list of 1 to 16"),
        (changed(content={"blocks": []}), "'blocks', a list of 1 to 16"),
        (changed(kind="f2"), "f4 or f8 is allowed"),
        (changed(kind=["f4"]), "f4 or f8 is allowed"),
        (changed(classes=0), "numbers are needed"),
        (changed(classes=True), "numbers are needed"),
        (changed(classes=1 << 20), "scales and intercepts end early"),
        (changed(values=1 << 20), "scales and intercepts end early"),
        (changed(idf=[]), "f4 or f8 is allowed"),
        (changed(idf={"texts": -1, "smooth": 1}), "idf: "),
        (block(rows=0), "1 to .* are allowed in this form, got 2 classes x 0"),
        (block(rows=1 << 21), "promise more than so few can hold"),
        (block(rows=1 << 22), "rows: 0 to"),
        (block(rows=2), "damaged|end early"),
        (block(rows=4), "damaged|end early"),
        (block(low=0), "low: 1 to 64"),
        (block(vocabulary=["a"]), "rows: 0 to"),
        (block(hashing={"name": "sha1"}), "hashing|damaged|end early"),
        (coded(lambda header: header, slice(0, 20)), "end early"),
        (coded(lambda header: header, slice(0, -2)), "end early|damaged"),
        (coded(lambda header: header, slice(None), b"\0\1"), "damaged"),
        (coded(lambda header: header, slice(None), b"\0"), "end early"),
        (coded(lambda h: {**h, "content": {**h["content"], "x": 1}}), "cleaning, stem and blocks are allowed, got 'x'"),
        (coded(lambda h: {**h, "content": {**h["content"], "link": 5}}), "link: "),
    ],
)
def test_a_file_that_promises_too_much_is_refused(content: bytes, message: str) -> None:
    data = save({"coded": np.frombuffer(content, np.uint8)}) if content else save({"coded": np.zeros(0, np.uint8)})
    tracemalloc.start()
    try:
        with pytest.raises(ArtifactError, match=f"^p: .*({message})"):
            packed_linear_of(data, Path("p"))
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_scales_that_are_no_numbers_are_refused() -> None:
    content = _coded()
    start = 4 + int.from_bytes(content[:4], "little")
    broken = content[:start] + np.array([np.nan], "<f4").tobytes() + content[start + 4 :]
    with pytest.raises(ArtifactError, match="scale: every value must be finite"):
        packed_linear_of(save({"coded": np.frombuffer(broken, np.uint8)}), Path("p"))


def test_every_flipped_byte_is_refused_or_read(sound: bytes) -> None:
    content = load(sound)["coded"].copy()
    for place in range(len(content)):
        for flip in (1, 0x80):
            content[place] ^= flip
            try:
                model = packed_linear_of(save({"coded": content}), Path("p"))
            except ArtifactError as error:
                assert str(error).startswith("p: ")  # noqa: PT017
            else:
                assert model.levels.shape == (2, 3)
            content[place] ^= flip


def test_files_of_before_are_refused_in_one_line() -> None:
    old = {name: np.zeros(1, np.uint8) for name in ("weights", "vocabulary", "idf", "idf_values", "scale", "intercept")}
    with pytest.raises(ArtifactError, match=r"^p: written by an earlier version.*; make it again$"):
        packed_linear_of(save(old), Path("p"))
    with pytest.raises(ArtifactError, match="expected coded, got 'other'"):
        packed_linear_of(save({"other": np.zeros(1, np.uint8)}), Path("p"))
    with pytest.raises(ArtifactError, match="bytes in one row"):
        packed_linear_of(save({"coded": np.zeros(1, np.int8)}), Path("p"))


def test_weights_lie_by_feature_as_they_are(sound: bytes) -> None:
    model = packed_linear_of(sound, Path("p"))
    np.testing.assert_array_equal(model.weights_by_feature(), model.weights().T)


def test_nobody_writes_what_nobody_could_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_linear, "MAX_WEIGHTS", 5)
    with pytest.raises(ArtifactError, match="1 to 5 are allowed in this form, got 2 classes x 3 n-grams"):
        write_packed_linear(_model(), tmp_path / "p")
    monkeypatch.undo()
    with pytest.raises(ArtifactError, match="terms must be sorted"):
        write_packed_linear(_model(("b", "a", "c")), tmp_path / "p")
    low = PackedLinear(_model().vectorizer, np.full((2, 3), -128, np.int8), *np.zeros((2, 2), np.float32))
    with pytest.raises(ArtifactError, match=r"-127\.\.127"):
        write_packed_linear(low, tmp_path / "p")


def test_headers_deflate_to_little() -> None:
    content = _coded()
    size = int.from_bytes(content[:4], "little")
    assert size < 60
    assert len(zlib.compress(packing.inflated(content[4 : 4 + size]), 9)) > 3 * size
