"""What a file of packed tables promises is checked before the first value of it is unpacked."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from baselines.errors import ArtifactError
from compress.formats.packed import Factors, StoredTables, pack, read_tables, tables_of, unpack, write_tables
from compress.formats.tables import IntTables, check_sizes, stretch_of
from tests.cases.table_case import int_tables


def bomb(values: int) -> bytes:
    """Digits of so many zeros with repeats found: a thousandth of what they inflate to."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"\x01" + coder.compress(bytes(values // 5)) + coder.flush()


def layout_file(parts: dict[str, tuple[bytes, str]], n_classes: int = 2, layout: str | None = None) -> bytes:
    """A file with these packed parts: bytes and shape by name."""
    from safetensors.numpy import save

    written = ";".join(f"{name}:{len(data)}:{shape}" for name, (data, shape) in parts.items())
    packed = np.frombuffer(b"".join(data for data, _ in parts.values()), np.uint8)
    ones = np.ones(n_classes, np.float32)
    return save({"packed": packed, "scale": ones, "bias": ones}, {"layout": written if layout is None else layout})


_HEAD = pack(np.ones((2, 3), np.int8)), "2x3"
_TABLE = pack(np.concatenate([np.zeros((1, 1, 3)), np.ones((1, 4, 3))], axis=1).astype(np.int8)), "1x5x3"
_SOUND = {"head": _HEAD, "table.1": _TABLE}


def refused_within(data: bytes, message: str, megabytes: int = 16) -> None:
    tracemalloc.start()
    start = time.perf_counter()
    try:
        with pytest.raises(ArtifactError, match=message) as caught:
            tables_of(data, Path("t.safetensors"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("t.safetensors: ")
    assert peak < megabytes << 20
    assert time.perf_counter() - start < 5


def test_a_sound_file_is_read() -> None:
    stored = tables_of(layout_file(_SOUND), Path("t"))
    assert stored.tables.tables[0].shape == (1, 5, 3)


def test_unknown_parts_are_refused_before_they_are_unpacked() -> None:
    large = bomb(64 << 20)
    assert len(large) < 20_000
    for name in ("x", "table.-1", "table.01", "filters.", "head2", "embedding.1"):
        refused_within(layout_file({**_SOUND, name: (large, "1x67108864")}), "layout: parts head")
    ten = {f"table.{n + 2}": (large, f"{n + 2}x256x{(64 << 20) // 256 // (n + 2)}") for n in range(10)}
    refused_within(layout_file({**_SOUND, **ten}), "at most 67108864 values are allowed in all parts")


def test_a_part_twice_is_refused() -> None:
    head, table = f"head:{len(_HEAD[0])}:2x3", f"table.1:{len(_TABLE[0])}:1x5x3"
    refused_within(layout_file(_SOUND, layout=f"{head};{table};{head}"), "each once")


def test_factors_whose_product_is_huge_are_refused_before_it_is_made() -> None:
    column = np.ones((65_536, 1), np.int8)
    column[0] = 0
    parts = {
        "head": (pack(np.ones((2, 65_536), np.int8)), "2x65536"),
        "embedding": (pack(column), "65536x1"),
        "filters.1": (pack(np.ones((1, 1, 65_536), np.int8)), "1x1x65536"),
    }
    refused_within(layout_file(parts), "2 to 256 ids are allowed")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table.1": (_TABLE[0], "1x5x4")}, r"head: expected \(classes, 4\)"),
        ({"table.2": _TABLE}, "layout: parts head"),
        ({"table.1": (_TABLE[0], "1x15")}, "layout: parts head"),
        ({"table.1": (_TABLE[0], "1x5x0")}, "at least one of shape"),
        ({"table.1": (_TABLE[0], "1x300x3")}, "2 to 256 ids"),
        ({"table.1": (_TABLE[0], "1x1x3")}, "2 to 256 ids"),
        ({"embedding": (_TABLE[0], "5x3")}, "head with tables, or head with embedding and filters"),
        ({"table.259": (_TABLE[0], "259x5x3")}, "distinct widths of at most 258"),
        ({"table.1": (_TABLE[0], "1x5x9999999999")}, "values are allowed in all parts together"),
        ({"head": (_HEAD[0], "0x3")}, "layout: parts head"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(changes: dict[str, tuple[bytes, str]], message: str) -> None:
    refused_within(layout_file({**_SOUND, **changes}), message)


@pytest.mark.parametrize(
    "layout", ["", ";", "head", "head:1:1x1", "head:0x9:2x3", "head:٩:2x3", "head:9:2x3 ", "x" * 20_000]
)
def test_a_layout_that_is_none_is_refused(layout: str) -> None:
    refused_within(layout_file(_SOUND, layout=layout), "layout")


def test_no_more_than_forty_values_a_byte() -> None:
    small = bomb(1 << 20)
    with pytest.raises(ArtifactError, match="may hold at most"):
        unpack(small, (1 << 20,))
    everything = np.zeros((1000, 1000), np.int8)
    np.testing.assert_array_equal(unpack(pack(everything), everything.shape), everything)


def test_bytes_after_the_digits_are_refused() -> None:
    with pytest.raises(ArtifactError, match="or others after them"):
        unpack(pack(np.ones((2, 3), np.int8)) + b"more", (2, 3))


def test_a_head_and_tables_of_other_dtypes_or_values_are_refused(tmp_path: Path) -> None:
    sound = int_tables()
    for head in (sound.head.astype(np.int16), np.full_like(sound.head, -128)):
        with pytest.raises(ArtifactError, match="head: expected int8"):
            IntTables(sound.tables, head, sound.scale, sound.bias).check()
    write_tables(StoredTables(sound), tmp_path / "t")
    assert read_tables(tmp_path / "t").tables.n_filters == sound.n_filters


def test_products_of_factors_are_the_same_offset_by_offset() -> None:
    rng = np.random.default_rng(0)
    embedding, filters = rng.integers(-127, 128, (9, 4)).astype(np.int8), rng.integers(-7, 8, (3, 4, 5)).astype(np.int8)
    (table,) = Factors(embedding, (filters,)).expand()
    exact = embedding.astype(int) @ filters.astype(int)
    largest = np.abs(exact).max(axis=(0, 1))
    np.testing.assert_array_equal(table, np.sign(exact) * np.floor(np.abs(exact) * 127 / largest + 0.5))


def test_models_of_very_many_filters_have_short_stretches() -> None:
    check_sizes([(1, 2, 133_000)], (1, 133_000))
    assert stretch_of(1280) == 1024
    assert stretch_of(133_000) * 133_000 <= 1 << 22
    with pytest.raises(ArtifactError, match="more than int32 holds"):
        check_sizes([(1, 2, 133_145)], (1, 133_145))
    with pytest.raises(ArtifactError, match="head: 1 to 16777216 values"):
        check_sizes([(1, 2, 1000)], (20_000, 1000))
