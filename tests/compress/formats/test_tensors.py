"""Hostile safetensors files: each is refused before its numbers are used."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.errors import ArtifactError
from compress.formats.tensors import MAX_MAGNITUDE, tensors_of

_SOUND = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def file_of(header: Any, body: bytes = bytes(8)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"a": {**_SOUND, "shape": [2**62, 4]}}, "shape of at most 8 sizes"),
        ({"a": {**_SOUND, "shape": [-2, -1]}}, "at most 8 sizes"),
        ({"a": {**_SOUND, "shape": [True, 2]}}, "at most 8 sizes"),
        ({"a": {**_SOUND, "shape": [2.0]}}, "at most 8 sizes"),
        ({"a": {**_SOUND, "shape": [1] * 9}}, "at most 8 sizes"),
        ({"a": {**_SOUND, "shape": "2"}}, "at most 8 sizes"),
        ({"a": {**_SOUND, "data_offsets": [0, 8, 8]}}, "two offsets"),
        ({"a": {**_SOUND, "data_offsets": [False, 8]}}, "two offsets"),
        ({"a": {**_SOUND, "shape": [2**29] * 3}}, "don't fit shape"),
        ({"a": {**_SOUND, "data_offsets": [8, 0]}}, "don't fit shape"),
        ({"a": {**_SOUND, "dtype": "BF16"}}, "a dtype of U8"),
        ({"a": {**_SOUND, "dtype": ["F32"]}}, "a dtype of U8"),
        ({"a": {**_SOUND, "more": 1}}, "and nothing else"),
        ({"a": 1}, "and nothing else"),
        ({"a" * 201: _SOUND}, "at most 200 characters"),
        ({"a": _SOUND, "__metadata__": {"x": 1}}, "metadata must be strings"),
        ({"a": _SOUND, "__metadata__": []}, "metadata must be strings"),
        ([], "the header must be an object"),
        (b'{"a": {"dtype": "F32", "shape": [2], "shape": [2], "data_offsets": [0, 8]}}', "a name occurs twice"),
        (b"[" * 50_000, "not a safetensors file"),
        ({f"n{i}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for i in range(5000)}, "at most 4096 tensors"),
        ({"a": {**_SOUND, "shape": [1], "data_offsets": [4, 8]}}, "expected its bytes at 0, got 4"),
        ({"a": {**_SOUND, "shape": [1], "data_offsets": [0, 4]}}, "4 bytes belong to no tensor"),
        ({"a": _SOUND, "b": _SOUND}, "expected its bytes at 8, got 0"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(header: Any, message: str) -> None:
    with pytest.raises(ArtifactError, match=message) as caught:
        tensors_of(file_of(header), Path("t.safetensors"))
    assert str(caught.value).startswith("t.safetensors: ")


@pytest.mark.parametrize("kind", ["F32", "F16"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused_in_every_dtype(kind: str, value: float) -> None:
    array = np.array([1.0, value], "<f4" if kind == "F32" else "<f2")
    header = {"a": {"dtype": kind, "shape": [2], "data_offsets": [0, array.nbytes]}}
    with pytest.raises(ArtifactError, match="a: every value must be finite"):
        tensors_of(file_of(header, array.tobytes()), Path("t"))


def test_numbers_whose_sums_would_leave_float32_are_refused() -> None:
    sound = np.array([MAX_MAGNITUDE * 0.99, -1], "<f4")
    arrays, _ = tensors_of(file_of({"a": _SOUND}, sound.tobytes()), Path("t"))
    np.testing.assert_array_equal(arrays["a"], sound)
    with pytest.raises(ArtifactError, match="at most 1e"):
        tensors_of(file_of({"a": _SOUND}, np.array([3e38, 0], "<f4").tobytes()), Path("t"))


def test_names_twice_are_found_in_no_time() -> None:
    one = b'"n": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}'
    start = time.perf_counter()
    with pytest.raises(ArtifactError, match="a name occurs twice"):
        tensors_of(file_of(b"{" + b", ".join([one] * 15_000) + b"}", b""), Path("t"))
    assert time.perf_counter() - start < 2


def test_empty_tensors_have_their_shape() -> None:
    arrays, _ = tensors_of(
        file_of({"a": {"dtype": "I8", "shape": [0, 3], "data_offsets": [0, 0]}}, b"abc"[:0]), Path("t")
    )
    assert arrays["a"].shape == (0, 3)
