"""The reader in C against the cleanings in Python: the same text and words for every code point and any text."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.text.cleaning import CLEANINGS, Cleaning, CleaningName
from baselines.text.tokenizer import UNITS, Tokenizer, Unit
from exports.kernel import reading, unicode_pages
from exports.kernel.reading import Alphabet, Reader, reader_of
from tests.cases.reader_case import SENTENCES
from tests.cases.unicode_case import SAME, WHOLE_WORDS, random_texts

pytestmark = pytest.mark.skipif(not reading.AVAILABLE, reason="the C extension was not built")
PUBLIC = Path(__file__).resolve().parents[4] / "shared" / "data" / "public"
POINTS = [chr(code) for code in range(0x110000)]
MARKS = [char for char in POINTS if unicodedata.combining(char)]
# Characters that compose with what stands before them, in one spelling or another.
_MAYBE = unicode_pages.composing()[1]
JOINING = {char for char in POINTS if not _MAYBE.isdisjoint(map(ord, unicodedata.normalize("NFKD", char)[:2]))}
ASSIGNED = [char for char in POINTS if unicodedata.category(char) not in ("Cn", "Co", "Cs")]
UNKNOWN = [char for char in POINTS if unicodedata.category(char) in ("Cn", "Co")]
COMPOSED = [char for char in POINTS if unicodedata.decomposition(char)]


def _check(cleaning: Cleaning, texts: list[str]) -> float:
    """The share of texts that C handed back."""
    reader, handed_back = reader_of(cleaning), 0
    for text, prepared in zip(texts, reader.prepare(texts), strict=True):
        clean = cleaning(text)
        want = clean, cleaning.words(clean)
        assert reader.read(prepared) == want, ascii(text)
        assert reader.read(clean.encode("utf-8")) == want, ascii(text)
        handed_back += isinstance(prepared, bytes)
    return handed_back / max(len(texts), 1)


@pytest.mark.parametrize("name", CLEANINGS)
def test_every_code_point_becomes_what_it_becomes_in_python(name: CleaningName) -> None:
    cleaning = Cleaning(name)
    reader = reader_of(cleaning)
    # The pages of two others differ in their kinds alone, and raw goes through fewer spellings.
    step = {"words": 1, "raw": 3}.get(name, 6)
    for chars in (ASSIGNED[::step], UNKNOWN[:: 97 * step]):
        for start in range(0, len(chars), 512):
            # Whoever stands between two letters that no mark composes with is on its own.
            text = "".join(f"β{char}β " for char in chars[start : start + 512] if char not in JOINING)
            clean = cleaning(text)
            assert reader.mend(text) == text, hex(ord(chars[start]))
            assert reader.read(text) == (clean, cleaning.words(clean)), hex(ord(chars[start]))


def test_what_composes_is_found_where_it_is_looked_for() -> None:
    """The blocks that are searched hold every pair of the running version of Unicode."""
    firsts, maybes = unicode_pages.composing()
    for char in COMPOSED:
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<") and unicodedata.normalize("NFC", char) == char:
            assert int(parts[0], 16) in firsts, hex(ord(char))
            assert int(parts[1], 16) in maybes, hex(ord(char))
    assert {ord("각") - 1, 0x1100} <= firsts
    assert {0x1161, 0x11A8} <= maybes


def _soup(n: int, seed: int) -> Iterator[str]:
    """Marks, composed characters, parts of syllables, what nobody sees."""
    rng = random.Random(seed)
    others = "xyzé가각각\u1165\u200d\ufe0f\u00ad 😀c\u0628\u0623\u05d0\u0915\u0928\u1112İiıſßΣ\u0345ᾳ!か\t\u2126"
    for _ in range(n):
        groups = rng.choices((MARKS, COMPOSED, POINTS, others), (6, 2, 1, 3), k=rng.randint(1, 12))
        yield "".join(rng.choice(group) for group in groups)


@pytest.mark.parametrize("name", CLEANINGS)
def test_any_text_gives_what_python_gives(name: CleaningName) -> None:
    cleaning = Cleaning(name)
    _check(cleaning, [*random_texts(800, 5), *WHOLE_WORDS, *(word for pair in SAME for word in pair)])
    assert _check(cleaning, [*_soup(1000, 6)]) < 0.3
    _check(cleaning, ["", " ", "\ud800", "a\udc00b", "a" * 5000, "the " * 3000, "+ẽ" * 3000, "\u0378" * 2000])
    # The edges of what is looked at together.
    _check(cleaning, [(piece * 20)[:n] for n in range(140) for piece in ("aB+c of ", "x" * 7, "!!!!!!!")])


@pytest.mark.parametrize("name", CLEANINGS)
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=40) | st.text(st.characters(max_codepoint=0x17F), max_size=90), max_size=4))
def test_texts_of_any_shape(name: CleaningName, texts: list[str]) -> None:
    _check(Cleaning(name), texts)


@pytest.mark.parametrize("name", CLEANINGS)
def test_what_people_write_is_read_in_c(name: CleaningName) -> None:
    assert _check(Cleaning(name), [*SENTENCES.values()]) == 0


def test_what_others_published_is_read_in_c() -> None:
    if not PUBLIC.is_dir():
        pytest.skip("the public data sets are not here")
    for name in ("banking77/test.csv", "sms/sms.tsv", "sst2/test.txt", "thuc/test.txt", "trec/test.txt"):
        lines = (PUBLIC / name).read_text(encoding="utf-8", errors="replace").splitlines()
        assert _check(Cleaning("words"), lines[:3000]) < 0.002, name


def test_marks_in_another_order_are_put_in_order_in_c() -> None:
    text = "\u0643\u064f\u0651\u0644\u0651\u064e \u05e9\u05b8\u05bc\u05c1"
    assert reader_of(Cleaning("raw")).mend(text) == text
    assert unicodedata.normalize("NFC", text) != text
    many = "\u0643" + "\u064e\u0651" * 20
    _check(Cleaning("raw"), [text, many, many + text])


@pytest.mark.parametrize("name", ["course", "letters", "words"])
def test_stems_are_made_in_python_and_cut_in_c(name: CleaningName) -> None:
    cleaning = Cleaning(name, stem=True)
    assert _check(cleaning, ["Running networks aren't slow", "naïve Läufe", ""]) == 1


def test_pages_are_made_when_they_are_needed_and_shared() -> None:
    cleaning = Cleaning("words")
    reader = Reader(cleaning)
    assert reader.prepare(["plain", "English"]) == ["plain", "English"]
    assert reader._pages == set()
    assert reader.read("слова") == ("слова", ["слова"])
    assert reader._pages == {4}
    assert reader_of(Cleaning("words")) is reader_of(cleaning)
    assert reader_of(Cleaning("raw")) is not reader_of(cleaning)


def test_many_threads_read_and_make_pages_at_once() -> None:
    cleaning = Cleaning("words")
    reader = Reader(cleaning)
    texts = [*random_texts(400, 9), *SENTENCES.values()]
    want = [(clean := cleaning(text), cleaning.words(clean)) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert [*pool.map(reader.read, texts)] == want


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", CLEANINGS)
def test_ids_are_those_of_the_tokenizer(name: CleaningName, unit: Unit) -> None:
    texts = [*SENTENCES.values(), *random_texts(300, 3), "", "\ud800"]
    tokenizer = Tokenizer.learn(texts, min_count=1, cleaning=Cleaning(name), unit=unit)
    for each in (tokenizer, Tokenizer("", Cleaning(name), unit)):
        alphabet = Alphabet(each)
        for text in texts:
            assert alphabet.encode(text).tolist() == each.encode(text).tolist()


def test_what_is_no_text_page_or_reader_is_refused() -> None:
    from exports.kernel import _kernel  # type: ignore[attr-defined, unused-ignore]

    model = Reader(Cleaning("words")).model
    with pytest.raises(TypeError):
        _kernel.reader_read(model, 5)
    with pytest.raises(ValueError, match="PyCapsule"):
        _kernel.reader_try(object(), ["a"])
    with pytest.raises(ValueError, match="256 points"):
        _kernel.reader_page(model, 1, b"", b"")
    with pytest.raises(ValueError, match="there are 4352"):
        _kernel.reader_page(model, 0x1100, bytes(4096), b"")
    with pytest.raises(ValueError, match="scheme"):
        _kernel.reader_new(9, False, False, b"", b"", b"")
    with pytest.raises(ValueError, match="whole records"):
        _kernel.reader_new(0, False, False, b"1", b"", b"")
    with pytest.raises(ValueError, match="stop words"):
        _kernel.reader_new(0, False, False, b"", b"the", (9).to_bytes(4, "little"))
    with pytest.raises(ValueError, match="at most 254"):
        _kernel.reader_alphabet(bytes(4 * 255), bytes(255), 1, False)
    assert _kernel.reader_read(model, b"\xff")[0] == 3
    with pytest.raises(ValueError, match="no UTF-8"):
        Reader(Cleaning("words")).read(b"\xe4\xb8")
