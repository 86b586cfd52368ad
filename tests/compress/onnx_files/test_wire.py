"""What one reader finds in a file's bytes, every other finds: protobuf's own library is asked."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compress.onnx_files.graph import read_graph
from compress.onnx_files.wire import Field, read_message
from tests.cases.graph_case import SORTS, graph_bytes

SCHEMA = {
    "m": {1: Field("number", "int64"), 2: Field("text", "text"), 3: Field("many", "int32", repeated=True)},
}


def read(*parts: bytes) -> dict[str, object]:
    return read_message(memoryview(b"".join(parts)), "m", SCHEMA)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


@pytest.mark.parametrize("sort", SORTS)
def test_our_own_files_are_read_and_are_what_protobuf_writes(sort: str) -> None:
    data = graph_bytes(sort)
    graph = read_graph(data)
    model = onnx.load_model_from_string(data)
    assert model.SerializeToString(deterministic=True) == data
    assert [node.operator for node in graph.nodes] == [node.op_type for node in model.graph.node]
    for tensor in model.graph.initializer:
        ours, theirs = graph.constants[tensor.name], onnx.numpy_helper.to_array(tensor)
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        # Tags: the first hid a subgraph from a reader that doesn't cut them off at 32 bits.
        (b"\xb2\x80\x80\x80\x10" + b"\x01a", "tag"),
        (b"\x00\x01", "tag"),
        (varint((1 << 32) + 8) + b"\x01", "tag"),
        # Numbers that are longer than they need be, or than 64 bits.
        (b"\x88\x00\x01", "longer"),
        (b"\x08\x81\x00", "longer"),
        (b"\x08" + b"\xff" * 9 + b"\x02", "longer"),
        (b"\x08" + b"\xff" * 10 + b"\x01", "64 bits"),
        (b"\x12\x81\x00a", "longer"),
        # Fields: unknown, of another wire type, out of order, twice.
        (b"\x28\x01", "field 5"),
        (b"\x0a\x01a", "wire type"),
        (b"\x12\x01a\x08\x01", "order"),
        (b"\x08\x01\x08\x01", "twice"),
        # Groups, and what is cut off.
        (b"\x0b\x0c", "wire type 3"),
        (b"\x12\x05a", "cut off"),
        (b"\x08", "cut off"),
        (b"\x08\x80", "cut off"),
        # Values.
        (b"\x12\x01\xff", "UTF-8"),
        (b"\x18\x80\x80\x80\x80\x08", "32 bits"),
    ],
)
def test_what_another_reader_could_take_otherwise_is_refused(data: bytes, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        read(data)


def test_negative_numbers_are_read() -> None:
    assert read(b"\x08" + b"\xff" * 9 + b"\x01", b"\x18" + b"\xff" * 9 + b"\x01") == {"number": -1, "many": [-1]}


SMALL = graph_bytes("layers")


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(SMALL) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_whatever_is_accepted_is_written_the_same_again(place: int, put_in: bytes, taken_out: int) -> None:
    data = SMALL[:place] + put_in + SMALL[place + taken_out :]
    try:
        read_graph(data)
    except ValueError:
        return
    assert onnx.load_model_from_string(data).SerializeToString(deterministic=True) == data
