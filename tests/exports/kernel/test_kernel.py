"""The C kernel against its NumPy twin: the same bits for every instruction set, and no memory touched but its own."""

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
from baselines.text.tokenizer import UNITS, Ids, Tokenizer, Unit
from compress.formats.tables import IntTables
from exports import kernel
from exports.bundles.parity import AWKWARD, LONG_TEXT
from exports.kernel import reading
from exports.kernel.extension import EXTENSION
from exports.kernel.reading import NEEDS_PYTHON, reader_of
from tests.cases.reader_case import SENTENCES
from tests.cases.table_case import TEXTS, TOKENIZER, int_tables
from tests.cases.unicode_case import random_texts

SOURCES = Path(__file__).resolve().parents[3] / "exports" / "kernel"
built = pytest.mark.skipif(not kernel.AVAILABLE, reason="the C extension was not built (no compiler at install time)")
LEVELS = kernel.levels() or ("",)


def _twin(tables: IntTables, texts: list[str], tokenizer: Tokenizer = TOKENIZER) -> np.ndarray:
    return np.stack([tables.logits(tokenizer.encode(text)) for text in texts])


@built
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("limit", [1, 7, 127])
def test_every_instruction_set_gives_the_bits_of_the_twin(level: str, limit: int) -> None:
    tables = int_tables(limit, ((1, 1), (2, 32), (3, 33), (4, 64), (11, 7)), limit=limit)
    texts = [*TEXTS, *AWKWARD, LONG_TEXT]
    model = kernel.TableKernel(tables, TOKENIZER, level)
    want = _twin(tables, texts)
    assert np.array_equal(model.logits(texts), want)
    assert np.array_equal(model.logits(texts, threads=3), want)
    assert np.array_equal(model.logits([TOKENIZER.encode(text) for text in texts]), want)


@built
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n_texts", [1, 8, 9, 40])
def test_it_says_in_which_texts_something_is_known(level: str, n_texts: int) -> None:
    kinds: list[str | Ids] = ["", "the of", "?!", "a b", np.array([0, 1, TOKENIZER.space_id], np.uint8), "Graph", "жук"]
    texts = [kinds[i % len(kinds)] for i in range(n_texts)]
    ids = [TOKENIZER.encode(text) if isinstance(text, str) else text for text in texts]
    model = kernel.TableKernel(int_tables(), TOKENIZER, level)
    for threads in (1, 3):
        known = model.answer([*map(_ready, texts)], threads)[1]
        assert known is not None
        assert np.array_equal(known, TOKENIZER.known_batch(ids))
    assert model.answer(["Graph"] * n_texts)[1] is None
    assert model.answer([])[1] is None


def _ready(text: str | Ids) -> str | Ids:
    return TOKENIZER.encode(text) if isinstance(text, str) and not text.isascii() else text


@built
def test_without_a_space_in_the_alphabet_every_letter_is_known() -> None:
    tokenizer = Tokenizer("xyz", Cleaning("words"))
    model = kernel.TableKernel(int_tables(n_ids=tokenizer.n_ids), tokenizer)
    texts = ["x", "a b", "z z", "..."]
    known = model.answer(texts)[1]
    assert known is not None
    assert known.tolist() == tokenizer.known_batch(tokenizer.encode_batch(texts)).tolist() == [True, False, True, False]


@built
def test_the_widest_filters_reach_the_largest_sums_without_overflow() -> None:
    table = np.full((258, TOKENIZER.n_ids, 4), 127, np.int8)
    table[:, :, 1::2] = -127
    table[:, 0] = 0
    tables = IntTables((table,), np.full((1, 4), 127, np.int8), np.ones(1, np.float32), np.zeros(1, np.float32))
    model = kernel.TableKernel(tables, TOKENIZER)
    ids = np.full(600, 5, np.uint8)
    assert tables.pooled(ids).max() == 258 * 127
    assert np.array_equal(model.logits([ids])[0], tables.logits(ids))


@built
@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(max_codepoint=127) | st.sampled_from(" Aa!+-"), max_size=80),
    st.sampled_from(CLEANINGS),
    st.sampled_from(UNITS),
)
def test_ascii_is_cleaned_and_encoded_as_the_tokenizer_does(text: str, name: CleaningName, unit: Unit) -> None:
    tokenizer = Tokenizer(" abcdefghijklmnopqrstuvwxyzAZ+-!?9é012", Cleaning(name), unit)
    model = kernel.TableKernel(int_tables(n_ids=tokenizer.n_ids), tokenizer)
    assert np.array_equal(model.encode(text), tokenizer.encode(text))


@built
@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=4), st.sampled_from(CLEANINGS), st.sampled_from(UNITS))
def test_any_texts_are_answered_with_the_bits_of_the_twin(texts: list[str], name: CleaningName, unit: Unit) -> None:
    tokenizer = Tokenizer(TOKENIZER.alphabet, Cleaning(name), unit)
    model = kernel.TableKernel(int_tables(), tokenizer)
    texts = [*texts, "+" * 700, "\ud800"]
    assert np.array_equal(model.logits(texts), _twin(int_tables(), texts, tokenizer))


@built
def test_each_stop_word_is_left_out_and_its_neighbours_are_not() -> None:
    model = kernel.TableKernel(int_tables(), TOKENIZER)
    for text in ("The transformer of the ATTENTION", "yourselves", "yourselvesx", "the", "theory", "a" * 16, "a" * 17):
        assert np.array_equal(model.encode(text), TOKENIZER.encode(text))


@built
def test_stemmed_texts_go_through_python() -> None:
    tokenizer = Tokenizer(TOKENIZER.alphabet, Cleaning("course", stem=True))
    model = kernel.TableKernel(int_tables(), tokenizer)
    want = _twin(int_tables(), ["running networks"], tokenizer)
    assert np.array_equal(model.logits(["running networks"]), want)


@built
def test_hostile_arguments_are_refused_before_memory_is_touched() -> None:
    model = kernel.TableKernel(int_tables(), TOKENIZER)
    with pytest.raises(ValueError, match=r"texts\[1\].*id is not below"):
        model.logits([np.zeros(3, np.uint8), np.array([1, TOKENIZER.n_ids], np.uint8)])
    with pytest.raises(TypeError):
        model.logits([None])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="contiguous"):
        model.logits([np.zeros((4, 4), np.uint8)[:, ::2]])
    with pytest.raises(ValueError, match="n_threads"):
        model.logits(["a"], threads=0)
    assert model.logits([]).shape == (0, 5)


@built
def test_the_binding_refuses_what_is_no_model_and_buffers_that_do_not_fit() -> None:
    raw = kernel.TableKernel(int_tables(), TOKENIZER)._model
    with pytest.raises(ValueError, match="PyCapsule"):
        EXTENSION.logits(object(), ["a"], np.zeros((1, 5), np.float32), 1)
    with pytest.raises(ValueError, match="out"):
        EXTENSION.logits(raw, ["a", "b"], np.zeros((1, 5), np.float32), 1)
    with pytest.raises(BufferError):
        EXTENSION.logits(raw, ["a"], b"\0" * 20, 1)
    with pytest.raises(TypeError, match="are needed"):
        EXTENSION.logits(raw, ["a"])
    with pytest.raises(ValueError, match="shapes"):
        EXTENSION.load(b"", b"", b"", b"", b"", 2, 1, bytes(256), b"", 0)
    with pytest.raises(ValueError, match="int32 pairs"):
        EXTENSION.load(b"123", b"", b"", b"", b"", 2, 1, bytes(256), b"", 0)
    with pytest.raises(ValueError, match="PyCapsule"):
        EXTENSION.load(b"", b"", b"", b"", b"", 2, 1, bytes(256), b"", 0, "", b"", raw, raw)


@built
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", CLEANINGS)
def test_any_script_is_read_in_one_call(name: CleaningName, unit: Unit) -> None:
    """With the pages of its characters, a text is left to Python only where its neighbours change one another."""
    texts = [*SENTENCES.values(), *random_texts(200, 3), "\ud800", *AWKWARD, "!" * 3000, "\ufdfa" * 2000]
    tokenizer = Tokenizer.learn(
        SENTENCES.values(), cleaning=Cleaning(name), unit=unit, min_count=1 if unit == "bytes" else 40
    )
    tables = int_tables(n_ids=tokenizer.n_ids)
    model = kernel.TableKernel(tables, tokenizer)
    ids = tokenizer.encode_batch(texts)
    want, knows = np.stack([tables.logits(each) for each in ids]), tokenizer.known_batch(ids)
    for threads in (1, 3):
        logits, known = model.answer(texts, threads)
        assert np.array_equal(logits, want)
        assert known is not None
        assert np.array_equal(known, knows)
    for text in texts:
        reader_of(tokenizer.cleaning).learn(text, 0x1100)
    out = np.empty((len(texts), len(tables.bias)), np.float32)
    status = EXTENSION.logits(model._model, texts, out, 1)
    unread = [text for text, each in zip(texts, status, strict=True) if each >= 2]
    assert "\ud800" in unread
    assert not set(unread) & {
        SENTENCES[script] for script in ("German", "Russian", "Hindi", "Chinese", "Japanese", "Korean")
    }
    assert {each for each in status if each >= 2} == {2 + NEEDS_PYTHON}


@built
def test_a_text_waits_for_two_pages_at_most() -> None:
    reading._shared.cache_clear()  # readers are shared, with their pages
    tokenizer = Tokenizer("入門", Cleaning("raw"))
    tables = int_tables(n_ids=tokenizer.n_ids)
    model, reader = kernel.TableKernel(tables, tokenizer), reader_of(tokenizer.cleaning)
    text = "".join(chr(0x4E00 + 256 * page) for page in range(5))
    for learned in (2, 4, 5, 5):
        assert np.array_equal(model.logits([text])[0], tables.logits(tokenizer.encode(text)))
        assert len(reader._pages) == learned


@built
def test_without_a_reader_what_is_not_ascii_is_said_to_be_unread() -> None:
    tables = int_tables()
    shapes = np.array([(table.shape[0], table.shape[2]) for table in tables.tables], np.int32)
    model = EXTENSION.load(
        *(shapes, b"".join(table.tobytes() for table in tables.tables), tables.head.tobytes()),
        *(tables.scale, tables.bias, tables.n_ids, 5, TOKENIZER.by_byte, b"", 1),
    )
    out = np.empty((3, 5), np.float32)
    assert EXTENSION.logits(model, ["graph", "é", "\ud800"], out, 1) == bytes([1, 2 + NEEDS_PYTHON, 2 + NEEDS_PYTHON])


@built
@pytest.mark.parametrize("spoil", ["minus 128", "padding", "nan"])
def test_tables_that_break_the_rules_are_refused(spoil: str) -> None:
    tables = int_tables()
    if spoil == "minus 128":
        tables.tables[0][0, 3, 0] = -128
    elif spoil == "padding":
        tables.tables[-1][-1, 0, -1] = 1
    else:
        tables.scale[0] = np.nan
    with pytest.raises(ArtifactError, match="kernel"):
        kernel.TableKernel(tables, TOKENIZER)


@built
def test_one_model_serves_many_threads() -> None:
    model = kernel.TableKernel(int_tables(), TOKENIZER)
    want = _twin(int_tables(), TEXTS)
    with ThreadPoolExecutor(8) as pool:
        assert all(np.array_equal(got, want) for got in pool.map(lambda _: model.logits(TEXTS, 2), range(200)))


@built
def test_it_is_faster_than_its_twin() -> None:
    import time

    tables = int_tables(0, tuple((width, 128) for width in range(1, 11)))
    model = kernel.TableKernel(tables, TOKENIZER)
    ids = TOKENIZER.encode("attention is all you need " * 5)

    def best(run: object) -> float:
        times = []
        for _ in range(15):
            start = time.perf_counter()
            run()  # type: ignore[operator]
            times.append(time.perf_counter() - start)
        return min(times)

    assert best(lambda: tables.logits(ids)) > 4 * best(lambda: model.logits([ids]))


def test_fuzz_finds_nothing_under_the_sanitizers(tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    flags = ["-std=gnu11", "-g", "-O1", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    flags += ["-DSTACK_BYTES=512"]
    probe = tmp_path / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    if subprocess.run([compiler, *flags, str(probe), "-o", str(tmp_path / "probe")], capture_output=True).returncode:
        pytest.skip(f"{compiler} has no address and undefined-behaviour sanitizers")
    sources = [str(SOURCES / name) for name in ("fuzz.c", "tables.c", "decide.c", "link.c", "reader.c")]
    made = [compiler, *flags, "-Wall", "-Wextra", "-Werror", *sources, "-lpthread", "-lm", "-o", str(tmp_path / "fuzz")]
    subprocess.run(made, check=True)
    result = subprocess.run([str(tmp_path / "fuzz"), "150", "0"], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "no difference" in result.stdout
