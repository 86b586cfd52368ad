"""Where the bytes of a linear model of few bits go: `python -m exports.coded FOLDER`, an artifact or a bundle of one.

A table: each part of the file as it is, beside the same deflated (the vocabulary as JSON, the idf as numbers of its
distinct values, the levels as digits); and how long both engines take to write and to read it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import zlib
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from baselines.console import Body, run_command
from compress.coding.bits import Decoder, Encoder
from compress.coding.packing import NewDecoder, NewEncoder
from compress.formats.packed import pack
from compress.formats.packed_linear import (
    PACKED_LINEAR_FILE,
    PackedLinear,
    coded_parts,
    read_packed_linear,
    write_packed_linear,
)
from exports.kernel import coding

PROG = "python -m exports.coded"
_ROUNDS = 5


def deflated_parts(model: PackedLinear) -> dict[str, int]:
    """Bytes of the same parts, deflated as they stand."""
    vocabulary = json.dumps(model.vectorizer.to_json(), ensure_ascii=False, separators=(",", ":")).encode(
        errors="surrogatepass"
    )
    values, index = np.unique(model.vectorizer.idf(), return_inverse=True)
    few = index.astype(np.uint8 if len(values) <= 1 << 8 else np.uint32)
    return {
        "vocabulary": len(zlib.compress(vocabulary, 9)),
        "document frequencies": len(zlib.compress(few.tobytes(), 9)) + values.nbytes,
        "levels": len(pack(model.levels)),
        "scales": model.scale.nbytes + model.intercept.nbytes,
    }


def table(model: PackedLinear, size: int) -> str:
    """Parts and their bytes, one a line."""
    before, after = deflated_parts(model), coded_parts(model, coding.encoder)
    together = before["vocabulary"] + before["document frequencies"]
    rows = [
        ("vocabulary and document frequencies", together, round(after["vocabulary"])),
        ("levels", before["levels"], round(after["levels"])),
        ("scales and intercepts", before["scales"], round(after["scales"])),
        ("the rest", 0, size - round(after["vocabulary"] + after["levels"] + after["scales"])),
        ("file", sum(before.values()), size),
    ]
    return "".join(f"{name:36} {old:>10,} {new:>10,}\n" for name, old, new in rows)


def times(model: PackedLinear, path: Path) -> str:
    """CPU time of the quickest of five rounds, for each engine."""
    engines: dict[str, tuple[NewEncoder, NewDecoder]] = {"NumPy": (Encoder, Decoder)}
    if coding.AVAILABLE:
        engines["C"] = coding.KernelEncoder, coding.KernelDecoder
    said = ""
    with tempfile.TemporaryDirectory(prefix="coded-") as folder:
        for name, (encoder, decoder) in engines.items():
            taken = []
            for _ in range(_ROUNDS):
                start = time.process_time()
                write_packed_linear(model, Path(folder) / PACKED_LINEAR_FILE, encoder)
                written = time.process_time()
                read_packed_linear(path, decoder)
                taken.append((written - start, time.process_time() - written))
            write_s, read_s = map(min, zip(*taken, strict=True))
            said += f"{name:36} {write_s * 1e3:>8,.0f} ms {read_s * 1e3:>7,.1f} ms\n"
    return said


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    made = ArgumentParser(prog=prog, description="Where the bytes of a linear model of few bits go.")
    made.add_argument("folder", type=Path, help=f"artifact or bundle with a {PACKED_LINEAR_FILE}")
    return made


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 where there is no such model."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    return _run


def _run(args: Namespace, command: str) -> int:
    path = args.folder / PACKED_LINEAR_FILE
    model = read_packed_linear(path, coding.decoder)
    n_classes, n_features = model.levels.shape
    filled = np.count_nonzero(model.levels)
    sys.stdout.write(
        f"{n_features:,} n-grams, {n_classes} classes, {filled:,} weights that aren't zero\n\n"
        f"{'bytes':36} {'deflated':>10} {'coded':>10}\n{table(model, path.stat().st_size)}\n"
        f"{'CPU time, best of 5 rounds':36} {'write':>11} {'read':>10}\n{times(model, path)}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
