"""What a packed linear model may expand to is known before memory is taken."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from baselines.errors import ArtifactError
from baselines.text.cleaning import Cleaning
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.formats import packed_linear
from compress.formats.packed import pack
from compress.formats.packed_linear import PackedLinear, packed_linear_of, write_packed_linear


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    model = _model()
    path = tmp_path_factory.mktemp("p") / "linear"
    write_packed_linear(model, path)
    return path.read_bytes()


def deflated(content: bytes) -> np.ndarray:
    return np.frombuffer(zlib.compress(content, 9), np.uint8)


def vocabulary(**changes: Any) -> np.ndarray:
    block = {**vars(NgramSettings("word")), "vocabulary": ["a", "b", "c"]}
    return deflated(json.dumps({**Cleaning().to_json(), "blocks": [block], **changes}).encode())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary": deflated(bytes(32 << 20))}, "more than .* when inflated"),
        ({"vocabulary": deflated(b"[" * 5_000)}, "not valid JSON"),
        ({"vocabulary": deflated(b'{"blocks": [{"vocabulary": ["\xff"]}]}')}, "not valid JSON"),
        ({"vocabulary": vocabulary(blocks=[])}, "'blocks', a list of 1 to 16"),
        ({"vocabulary": vocabulary(x=1)}, "cleaning, stem and blocks are allowed, got 'x'"),
        ({"idf": deflated(bytes(32 << 20))}, "more than 3 when inflated"),
        ({"idf": deflated(bytes(2))}, "idf: 3 numbers of one of 2 values are needed"),
        ({"idf": deflated(b"\0\1\2")}, "idf: 3 numbers of one of 2 values are needed"),
        ({"idf_values": np.array([1, 2e6], np.float32)}, "idf: every value must be finite and at most"),
        ({"idf_values": np.zeros((1, 2), np.float32)}, "idf_values: finite float32 values in one row"),
        ({"scale": np.ones(2, np.float16)}, "scale: finite float32 values in one row"),
        ({"weights": np.zeros((2, 2), np.uint8)}, "weights: bytes in one row are needed"),
        ({"vocabulary": np.zeros(9, np.int8)}, "vocabulary: bytes in one row are needed"),
        ({"weights": np.frombuffer(pack(np.ones((2, 2), np.int8)), np.uint8)}, "packed values"),
        (
            {"scale": np.ones(1 << 24, np.float32), "intercept": np.ones(1 << 24, np.float32)},
            "are allowed in this form",
        ),
    ],
)
def test_a_file_that_promises_too_much_is_refused(sound: bytes, changes: dict[str, np.ndarray], message: str) -> None:
    data = save({**load(sound), **changes})
    tracemalloc.start()
    try:
        with pytest.raises(ArtifactError, match=f"^p: .*{message}"):
            packed_linear_of(data, Path("p"))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_weights_lie_by_feature_as_they_are(sound: bytes) -> None:
    model = packed_linear_of(sound, Path("p"))
    np.testing.assert_array_equal(model.weights_by_feature(), model.weights().T)


def test_nobody_writes_what_nobody_could_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_linear, "MAX_WEIGHTS", 5)
    with pytest.raises(ArtifactError, match="1 to 5 are allowed in this form, got 2 classes x 3 n-grams"):
        write_packed_linear(_model(), tmp_path / "p")


def _model() -> PackedLinear:
    block = NgramBlock(NgramSettings("word"), ("a", "b", "c"), np.array([1, 2, 2], np.float32))
    zeros = np.zeros(2, np.float32)
    return PackedLinear(NgramTfidf(Cleaning(), (block,)), np.ones((2, 3), np.int8), zeros, zeros)
