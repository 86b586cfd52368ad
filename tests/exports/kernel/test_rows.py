"""The sum of rows: NumPy and C give the bits of the plain arithmetic, whatever the model, the text and the CPU."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.errors import ArtifactError
from baselines.text.cleaning import CLEANINGS, Cleaning, CleaningName
from baselines.text.hashing import Hashing
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.formats.integer_rows import IntRows, tf_table
from compress.formats.packed_linear import PackedLinear
from exports import kernel
from exports.bundles.parity import AWKWARD, LONG_TEXT
from exports.kernel import row_kernel
from exports.kernel.reading import NEEDS_PYTHON, Reader, reader_of
from tests.cases.rows_case import int_rows, plain_logits, texts

SOURCES = Path(__file__).resolve().parents[3] / "exports" / "kernel"
built = pytest.mark.skipif(not kernel.AVAILABLE, reason="the C extension was not built (no compiler at install time)")
LEVELS = row_kernel.row_levels() or ("",)


@settings(max_examples=150, deadline=None)
@given(int_rows(), texts)
def test_every_engine_gives_the_bits_of_the_plain_arithmetic(rows: IntRows, some: list[str]) -> None:
    logits, known = rows.answer(some)
    for text, row, knows in zip(some, logits, known, strict=True):
        plain, plain_knows = plain_logits(rows, text)
        assert row.tolist() == plain, ascii(text)
        assert knows == plain_knows
    for level in LEVELS if kernel.AVAILABLE else ():
        found, knows_all = row_kernel.RowKernel(rows, level).answer(some)
        np.testing.assert_array_equal(found.view(np.int32), logits.view(np.int32))
        np.testing.assert_array_equal(np.ones(len(some), np.bool_) if knows_all is None else knows_all, known)


def rows_of(
    own: list[NgramSettings],
    cleaning: CleaningName = "words",
    n_classes: int = 7,
    most: int = 7,
    hashing: Hashing | None = None,
) -> IntRows:
    """A model learned from a few texts."""
    corpus = [*AWKWARD, "graph neural networks 123 for text", "C++ isn't C#, is it? naïve 入門"]
    tfidf = NgramTfidf.learn(corpus, Cleaning(cleaning), own)
    if hashing is not None:
        buckets = np.arange(0, hashing.buckets, 3)
        blocks = [NgramBlock(each, (), np.ones(len(buckets)), hashing, buckets) for each in own]
        tfidf = NgramTfidf(Cleaning(cleaning), tuple(blocks))
    rng = np.random.default_rng(5)
    levels = rng.integers(-most, most + 1, (n_classes, tfidf.n_features)).astype(np.int8)
    scale, intercept = rng.normal(size=(2, n_classes)).astype(np.float32)
    return IntRows.of(PackedLinear(tfidf, levels, scale, intercept))


USUAL = [NgramSettings("word", 1, 2, sublinear=True), NgramSettings("char_wb", 2, 5, sublinear=True)]


@built
@pytest.mark.parametrize("cleaning", CLEANINGS)
@pytest.mark.parametrize(("most", "n_classes"), [(7, 1), (7, 36), (127, 17), (127, 100)])
def test_awkward_and_long_texts_alone_in_a_batch_and_by_threads(
    cleaning: CleaningName, most: int, n_classes: int
) -> None:
    rows = rows_of(USUAL, cleaning, n_classes, most)
    everything = [*AWKWARD, LONG_TEXT, "\x1c a\x85b\xa0c\u3000d", "𝔘𝔫𝔦", "a" * 3000]
    logits, known = rows.answer(everything)
    for level in LEVELS:
        model = row_kernel.RowKernel(rows, level)
        for threads in (1, 3):
            found, knows = model.answer(everything, threads)
            np.testing.assert_array_equal(found.view(np.int32), logits.view(np.int32))
            np.testing.assert_array_equal(knows, known)
        alone = np.concatenate([model.answer([text])[0] for text in everything])
        np.testing.assert_array_equal(alone.view(np.int32), logits.view(np.int32))
        assert model.answer([])[0].shape == (0, n_classes)
        assert model.answer(["graph neural networks"])[1] is None


@built
@pytest.mark.parametrize("name", ["murmur3", "fnv1a", "fnv1a_words"])
def test_hashes_of_long_texts(name: str) -> None:
    hashing = Hashing(name, 5000, signed=name == "murmur3")  # type: ignore[arg-type]
    rows = rows_of([NgramSettings("word", 1, 3), NgramSettings("subword", 3, 6, joined=True)], hashing=hashing)
    texts = [LONG_TEXT[:20_000], "жук " * 2000, "a"]
    found, _ = row_kernel.RowKernel(rows).answer(texts)
    np.testing.assert_array_equal(found.view(np.int32), rows.answer(texts)[0].view(np.int32))


@built
def test_what_c_does_not_take_is_answered_by_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(USUAL)
    model = row_kernel.RowKernel(rows)
    monkeypatch.setattr(row_kernel, "MOST_CHARACTERS", 20)
    texts = ["graph " * 10, "graph", "naïve " * 10, "naïve", "", "?" * 30]
    logits, known = rows.answer(texts)
    found, knows = model.answer(texts)
    np.testing.assert_array_equal(found.view(np.int32), logits.view(np.int32))
    np.testing.assert_array_equal(knows, known)


class Halves(Cleaning):
    """Words that hold blanks."""

    def words(self, clean: str) -> list[str]:
        return [clean[: len(clean) // 2], clean[len(clean) // 2 :]]


@built
def test_words_that_hold_blanks_are_never_cut_otherwise() -> None:
    block = NgramBlock(NgramSettings("word", 1, 2), ("a", "a b", "b", "b a b"), np.ones(4))
    levels = np.arange(4, dtype=np.int8)[None]
    packed = PackedLinear(
        NgramTfidf(Halves("letters", stem=False), (block,)), levels, np.ones(1, np.float32), np.ones(1, np.float32)
    )
    rows = IntRows.of(packed)
    texts = ["a b a b", "a bb", "a b", "b"]
    np.testing.assert_array_equal(row_kernel.RowKernel(rows).answer(texts)[0], rows.answer(texts)[0])


@built
def test_threads_of_python_share_one_model() -> None:
    rows = rows_of(USUAL, n_classes=36)
    model = row_kernel.RowKernel(rows)
    texts = [f"{text} {i}" for i in range(20) for text in AWKWARD]
    want = rows.answer(texts)[0]
    with ThreadPoolExecutor(6) as pool:
        for found, _ in pool.map(lambda _: model.answer(texts, 2), range(12)):
            np.testing.assert_array_equal(found, want)


@settings(max_examples=50, deadline=None)
@given(int_rows(), texts)
def test_shares_sum_to_the_logits(rows: IntRows, some: list[str]) -> None:
    logits, _ = rows.answer(some)
    for text, row in zip(some, logits, strict=True):
        names, shares = rows.shares(text)
        assert len(names) == len(shares)
        np.testing.assert_allclose(shares.sum(axis=0) + rows.intercept, row, atol=1e-6, rtol=1e-6)


def test_hashed_rows_are_called_by_what_hit_them() -> None:
    hashing = Hashing("fnv1a", 1, counted=False)
    block = NgramBlock(NgramSettings("word"), (), np.ones(1), hashing, np.zeros(1, np.int64))
    packed = PackedLinear(
        NgramTfidf(Cleaning("words"), (block,)), np.ones((1, 1), np.int8), *np.ones((2, 1), np.float32)
    )
    assert IntRows.of(packed).shares("graph of graph")[0] == ["graph | of"]


def test_signed_counts_have_no_logarithm() -> None:
    hashing = Hashing("murmur3", 8, signed=True)
    block = NgramBlock(NgramSettings("word", sublinear=True), (), np.ones(1), hashing, np.zeros(1, np.int64))
    packed = PackedLinear(
        NgramTfidf(Cleaning("words"), (block,)), np.ones((1, 1), np.int8), *np.ones((2, 1), np.float32)
    )
    with pytest.raises(ArtifactError, match=r"block 0.*logarithm"):
        IntRows.of(packed)


@given(st.booleans(), st.booleans())
def test_tables_of_counts_rise_and_go_far_enough(sublinear: bool, binary: bool) -> None:
    table = tf_table(NgramSettings("word", sublinear=sublinear, binary=binary))
    assert len(table) >= 4096
    assert table[0] == 0
    assert table[1] == 4096
    assert (np.diff(table) >= 0).all()


@built
def test_hostile_models_are_refused_by_name() -> None:
    from exports.kernel import _kernel  # type: ignore[attr-defined, unused-ignore]

    numbers = np.array([0, 1, 2, 1, 0, 0, 0, 0, 0, 1, 0, 0], np.int64)
    tf, starts, none = np.array([0, 4096], np.int32), np.array([0, 1], np.uint64), np.zeros(0, np.int64)
    floats, one = np.ones(1, np.float32), np.ones(1, np.int32)
    sound = (numbers, b"a", starts, none, tf)
    rest = ((reader_of(Cleaning("words")).model,), b"\x01", one, floats, floats, 0, 1, "")
    assert _kernel.rows_load((sound,), *rest)
    for spoilt in (
        (numbers[:5], b"a", starts, none, tf),
        (numbers, b"", starts, none, tf),
        (numbers, b"a", starts[:0], none, tf),
        (numbers, b"a", starts + np.uint64(1), none, tf),
        (numbers, b"a", starts, none, tf[:0]),
        (numbers, b"a", starts, none, -tf),
        (np.full(12, 99, np.int64), b"a", starts, none, tf),
        (np.full(12, -1, np.int64), b"a", starts, none, tf),
        (numbers, b"a", starts, none),
    ):
        with pytest.raises(ValueError, match=r"^(blocks|terms|tf): "):
            _kernel.rows_load((spoilt,), *rest)
    with pytest.raises(ValueError, match="once"):
        _kernel.rows_load(
            ((numbers, b"aa", np.array([0, 1, 2], np.uint64), none, tf),),
            *rest[:1],
            b"\x01\x01",
            np.ones(2, np.int32),
            *rest[3:],
        )
    for place, value in (
        (0, ()),
        (0, (None,) * 18),
        (1, b"\x80"),
        (1, b"\x01\x01"),
        (2, one * 65536),
        (3, floats * np.nan),
        (5, 99),
        (6, -1),
        (7, "none such"),
    ):
        changed = [*rest]
        changed[place] = value
        with pytest.raises(ValueError, match=r"^(readings|levels|idf|scale|bits|level)"):
            _kernel.rows_load((sound,), *changed)
    for damaged in (b"", b"x" * 11, b"\xff" * 40, bytes(13)):
        with pytest.raises(ValueError, match=r"texts\[0\]: text: a cleaned"):
            _kernel.rows_logits(_kernel.rows_load((sound,), *rest), [damaged], np.empty((1, 1), np.float32), 1)
    for readers in (("none",), (object(),)):
        with pytest.raises(ValueError, match=r"PyCapsule"):
            _kernel.rows_load((sound,), readers, *rest[1:])


@built
def test_a_text_that_was_not_read_is_said_to_be_unread() -> None:
    from exports.kernel import _kernel  # type: ignore[attr-defined, unused-ignore]

    numbers = np.array([0, 1, 2, 1, 0, 0, 0, 0, 0, 1, 0, 0], np.int64)
    block = (numbers, b"a", np.array([0, 1], np.uint64), np.zeros(0, np.int64), np.array([0, 4096], np.int32))
    rest = (b"\x01", np.ones(1, np.int32), np.ones(1, np.float32), np.ones(1, np.float32), 0, 1, "")
    out, texts = np.empty((3, 1), np.float32), ["a", "b", "\ud800"]
    assert _kernel.rows_logits(
        _kernel.rows_load((block,), (Reader(Cleaning("words")).model,), *rest), texts, out, 1
    ) == bytes((1, 0, 2 + NEEDS_PYTHON))
    without = _kernel.rows_load((block,), (None,), *rest)
    assert _kernel.rows_logits(without, texts, out, 1) == bytes([2 + NEEDS_PYTHON] * 3)


def test_fuzz_finds_nothing_under_the_sanitizers(tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    flags = ["-std=gnu11", "-g", "-O1", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    probe = tmp_path / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    if subprocess.run([compiler, *flags, str(probe), "-o", str(tmp_path / "probe")], capture_output=True).returncode:
        pytest.skip(f"{compiler} has no address and undefined-behaviour sanitizers")
    sources = [str(SOURCES / f"{name}.c") for name in ("fuzz_rows", "rows", "rows_build", "rows_given", "reader")]
    made = [compiler, *flags, "-Wall", "-Wextra", "-Werror", *sources, "-lpthread", "-lm", "-o", str(tmp_path / "fuzz")]
    subprocess.run(made, check=True)
    run = subprocess.run([str(tmp_path / "fuzz"), "400", "11"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
