"""Coded files in C: the same bytes out, the same models in, and the same files refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from safetensors.numpy import load, save

from baselines.errors import ArtifactError
from compress.coding.bits import Decoder, Model
from compress.coding.kinship import Kinship, Terms
from compress.coding.levels import FIRST_OF_RATIO
from compress.coding.rarity import Rarity
from compress.formats.packed_linear import PackedLinear, coded_size, packed_linear_of, write_packed_linear
from exports.kernel import coding
from exports.kernel.coding import KernelDecoder, KernelEncoder
from tests.cases.packed_linear_case import language_like, packed_models, same

pytestmark = pytest.mark.skipif(not coding.AVAILABLE, reason="the C extension is not built")
SOURCES = Path(coding.__file__).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("coded")


def written(model: PackedLinear, path: Path, encoder: Any) -> bytes:
    write_packed_linear(model, path, encoder)
    return path.read_bytes()


@settings(deadline=None, max_examples=25)
@given(packed_models())
def test_both_engines_write_and_read_the_same(folder: Path, model: PackedLinear) -> None:
    data = written(model, folder / "kernel", KernelEncoder)
    same(packed_linear_of(data, Path("p"), KernelDecoder), model)
    same(packed_linear_of(data, Path("p"), Decoder), model)


def test_a_model_of_words_is_the_same_from_both(folder: Path) -> None:
    model = language_like(600, 14, 0.2)
    data = written(model, folder / "numpy", coding.Encoder)
    assert written(model, folder / "kernel", KernelEncoder) == data
    assert abs(coded_size(model, KernelEncoder) - len(data)) <= 32
    same(packed_linear_of(data, Path("p"), KernelDecoder), model)


def test_many_classes_and_large_levels(folder: Path) -> None:
    small = language_like(12, 400, 0.3)
    levels = np.random.default_rng(0).integers(-127, 128, small.levels.shape).astype(np.int8)
    model = PackedLinear(small.vectorizer, levels, small.scale, small.intercept)
    data = written(model, folder / "wide", KernelEncoder)
    same(packed_linear_of(data, Path("p"), KernelDecoder), model)
    same(packed_linear_of(data, Path("p"), Decoder), model)


def test_what_one_engine_refuses_the_other_refuses_alike(folder: Path) -> None:
    sound = load(written(language_like(20, 3, 0.3), folder / "sound", KernelEncoder))["coded"]
    rng = np.random.default_rng(3)
    for _ in range(60):
        broken = sound.copy()
        broken[rng.integers(0, len(broken), 2)] ^= rng.integers(1, 256, 2).astype(np.uint8)
        data = save({"coded": broken[: len(broken) - int(rng.integers(0, 3))]})
        said = []
        for decoder in (Decoder, KernelDecoder):
            try:
                said.append(packed_linear_of(data, Path("p"), decoder).levels.tobytes())
            except ArtifactError as error:
                said.append(str(error).encode())
        assert said[0] == said[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slots": np.zeros(3, np.uint32)}, "beyond the model"),
        ({"weights": np.zeros((1, 3), np.int64)}, "don't fit"),
        ({"curvature": np.zeros((1, 1), np.int64)}, "don't fit"),
        ({"seen": np.zeros(2, np.int64)}, "don't fit"),
        ({"most": 8}, "don't fit"),
        ({"most": 513}, "don't fit"),
        ({"growth": 63}, "don't fit"),
        ({"rate": 25}, "don't fit"),
    ],
)
def test_the_door_checks_what_it_is_given(change: dict[str, Any], message: str) -> None:
    model = Model(8, 2)
    for name, value in change.items():
        setattr(model, name, value)
    with pytest.raises(ArtifactError, match=message):
        KernelEncoder().bits(model, np.array([[0, 1], [4, 7]]), 0, np.array([0, 1]))


@pytest.mark.parametrize("slots", [[[8], [0]], [[-1], [0]]])
def test_slots_and_sets_beyond_a_model_are_refused(slots: list[list[int]]) -> None:
    with pytest.raises(ArtifactError, match="beyond the model"):
        KernelEncoder().bits(Model(8, 2), np.array(slots), 0, np.array([1]))
    with pytest.raises(ArtifactError, match="beyond the model"):
        KernelEncoder().bits(Model(8, 2), np.array([[0], [1]]), 1, np.array([1]))


@pytest.mark.parametrize("wrong", [{"prefix": [0, 0]}, {"suffix": [-2, 0]}, {"chunks": [(0, 2, 7)]}, {"numbers": [0]}])
def test_rows_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    facts = {
        "order": [0, 1],
        "prefix": [-1, 0],
        "suffix": [-1, -1],
        "chunks": [(0, 1, 0), (1, 2, 0)],
        "numbers": [0, 0],
    }
    facts |= wrong
    order, prefix, suffix, numbers = (np.array(facts[name]) for name in ("order", "prefix", "suffix", "numbers"))
    kin = Kinship(order, prefix, suffix, tuple(facts["chunks"]))
    with pytest.raises(ArtifactError, match="rows don't fit"):
        KernelEncoder().levels(kin, numbers, FIRST_OF_RATIO, 3, np.zeros((2, 3), np.int8))


def test_words_and_terms_that_do_not_fit_are_refused() -> None:
    decoder, whole = KernelDecoder(np.full(32, 1 << 16, "<u4").tobytes()), np.zeros(2, np.int64)
    with pytest.raises(ArtifactError, match="words don't fit"):
        decoder.grams(Rarity(decoder).model, 12, whole, np.array([3]), np.array([0]), (1, 2))
    with pytest.raises(ArtifactError, match="beyond what is allowed"):
        decoder.strings(25, 1, whole)
    with pytest.raises(ArtifactError, match="terms don't fit"):
        decoder.kin([Terms(whole, np.array([0, 3]), True)])


def test_fuzz_finds_nothing_under_the_sanitizers(tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    flags = ["-std=gnu11", "-g", "-O1", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    probe = tmp_path / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    if subprocess.run([compiler, *flags, str(probe), "-o", str(tmp_path / "probe")], capture_output=True).returncode:
        pytest.skip(f"{compiler} has no address and undefined-behaviour sanitizers")
    names = ("fuzz_coding", "coding", "coding_levels", "coding_terms", "coding_kin")
    sources = [str(SOURCES / f"{name}.c") for name in names]
    made = [compiler, *flags, "-Wall", "-Wextra", "-Werror", *sources, "-lm", "-o", str(tmp_path / "fuzz")]
    subprocess.run(made, check=True)
    run = subprocess.run([str(tmp_path / "fuzz"), "150", "7"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
