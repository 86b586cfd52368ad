"""The kernel's own C on other CPUs, under an emulator: its inner loops, given texts that are cleaned here.

How it reads texts is compared on this CPU; here the sums and look-ups are, as the other CPU's vectors do them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

import exports.kernel
from baselines.text.cleaning import STOP_WORDS
from bench.same_bits.answers import Answers, Broken
from bench.same_bits.compiled import compile_with, require
from bench.same_bits.engine import Absent, Chunk, Program, Workshop
from exports.kernel.row_kernel import RowKernel, row_levels
from exports.runtime.rows_predictor import RowsPredictor
from exports.runtime.table_predictor import TablePredictor

KERNEL = Path(exports.kernel.__file__).parent
PROGRAMS = Path(__file__).with_name("programs")
_SOURCES = {
    "tables": ("kernel_tables.c", "tables.c", "reader.c"),
    "rows": ("kernel_rows.c", "rows.c", "rows_build.c", "rows_given.c", "reader.c"),
}
# As setup.py builds the extension; both have NEON.
_FLAGS = ("-O3", "-std=gnu11", "-ffp-contract=off", "-static")
CPUS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "kernel-arm64": ("aarch64-linux-gnu-gcc", (), "qemu-aarch64"),
    "kernel-armv7": ("arm-linux-gnueabihf-gcc", ("-mfpu=neon-vfpv4",), "qemu-arm"),
}
_CLEANINGS = {"course": 0, "letters": 0, "words": 1, "raw": 2}
_EACH_S = 0.2


class KernelElsewhere(Program):
    """The kernel compiled for one of `CPUS`; gives logits, and what is known. The rest is the reference's own."""

    def __init__(self, workshop: Workshop, name: str) -> None:
        compiler, flags, emulator = CPUS[name]
        require(compiler, emulator)
        place, kind = workshop.place(name), workshop.reference.kind
        sources = [(PROGRAMS if each.startswith("kernel_") else KERNEL) / each for each in _SOURCES[kind]]
        program = place / "program"
        compile_with(compiler, (*_FLAGS, *flags, "-I", str(KERNEL)), sources, program, ("-lpthread", "-lm"))
        super().__init__(workshop, [emulator, str(program), "model.bin"], place, _EACH_S)
        (place / "model.bin").write_bytes(b"".join(map(_piece, self._pieces())))

    def answer(self, chunk: Chunk) -> Answers:
        # Both CPUs are given the same.
        sent = chunk.once("given", lambda: b"".join(map(self._given, chunk.texts)))
        return self._read(self._run(sent, len(chunk.texts)), len(chunk.texts))

    def _read(self, content: bytes, n: int) -> Answers:
        reference = self._workshop.reference
        size = 4 * reference.n_logits + 1
        if len(content) != n * size:
            raise Broken(f"sent {len(content):,} bytes for {n:,} texts, which take {n * size:,}")
        rows = np.frombuffer(content, np.uint8).reshape(n, size)
        logits = np.ascontiguousarray(rows[:, :-1]).view("<f4").astype(np.float32)
        return reference.completed(logits, rows[:, -1] == 1)

    def _given(self, text: str) -> bytes:
        """How a text is given, its size, and what is given of it."""
        if self._rows is not None:
            given = self._rows.given(text)
            if given is None:
                raise Broken(f"a text that only NumPy reads: {text[:60]!a}")
            return struct.pack("<II", 1, len(given)) + given
        tokenizer = self._workshop.reference.source.tokenizer
        plain = text.isascii() and not tokenizer.cleaning.stem
        given = text.encode("ascii") if plain else tokenizer.encode(text).tobytes()
        return struct.pack("<II", not plain, len(given)) + given

    @cached_property
    def _rows(self) -> RowKernel | None:
        predictor = self._workshop.reference.source.predictor
        return RowKernel(predictor.rows) if isinstance(predictor, RowsPredictor) else None

    def _pieces(self) -> Sequence[bytes]:
        predictor = self._workshop.reference.source.predictor
        if isinstance(predictor, TablePredictor):
            return _table_pieces(predictor)
        if not row_levels() or self._rows is None:
            raise Absent("the C extension wasn't built, which says how a model of rows is laid out")
        return _row_pieces(predictor, self._rows)


def _piece(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + content


def _numbers(*numbers: int) -> bytes:
    return np.array(numbers, "<i8").tobytes()


def _table_pieces(predictor: TablePredictor) -> list[bytes]:
    """In the order of programs/kernel_tables.c."""
    tables, tokenizer = predictor.tables, predictor.tokenizer
    name = tokenizer.cleaning.name
    stop_words = sorted(STOP_WORDS) if name == "course" else []
    return [
        _numbers(tables.n_ids, len(tables.bias), _CLEANINGS[name]),
        np.array([(table.shape[0], table.shape[2]) for table in tables.tables], "<i4").tobytes(),
        b"".join(table.tobytes() for table in tables.tables),
        tables.head.tobytes(),
        tables.scale.astype("<f4").tobytes(),
        tables.bias.astype("<f4").tobytes(),
        tokenizer.by_byte,
        "".join(f"{word}\n" for word in stop_words).encode("ascii"),
        b"" if tables.floors is None else tables.floors.astype("<i2").tobytes(),
    ]


def _row_pieces(predictor: RowsPredictor, kernel: RowKernel) -> list[bytes]:
    """In the order of programs/kernel_rows.c; its blocks are laid out as they are for the extension."""
    rows = predictor.rows
    n_blocks = len(rows.vectorizer.blocks)
    blocks = [kernel._block(place) for place in range(n_blocks)]
    return [
        _numbers(n_blocks, len(kernel._readings), rows.bits, rows.without),
        *(np.ascontiguousarray(rows.levels).tobytes(), rows.idf.astype("<i4").tobytes()),
        *(rows.scale.astype("<f4").tobytes(), rows.intercept.astype("<f4").tobytes()),
        *(part if isinstance(part, bytes) else part.tobytes() for block in blocks for part in block),
    ]
