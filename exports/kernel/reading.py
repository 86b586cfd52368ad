"""Any text cleaned and cut into words in C, without the lock of Python: the bits of the reading in Python.

A text is given to a kernel as a `str`, which it reads itself, or as `bytes`, which are clean already. `Reader.mend`
says which, for a text that the kernel handed back: it makes the pages that are missing (`unicode_pages`), or cleans the
text here. So a kernel tries first, and most texts are never looked at in Python:

    statuses = kernel(reader.model, texts, ...)          # None, or what stood in the way of each
    texts = reader.mended(texts, statuses)               # then once more, and it goes through
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.text.cleaning import STOP_WORDS, Cleaning, CleaningName
from baselines.text.readings import Reading
from baselines.text.tokenizer import UNKNOWN_ID, Ids, Tokenizer
from exports.kernel.extension import EXTENSION as _C
from exports.kernel.token_pages import TokenPoints
from exports.kernel.unicode_pages import Point, cleaned_point, page

AVAILABLE = _C is not None
# As in reader.h.
_CLEANINGS: dict[CleaningName, int] = {"course": 0, "letters": 0, "words": 1, "raw": 2}
_TOKENS, _LINE = 3, 4
DONE, NEEDS_PAGES, NEEDS_PYTHON, _NOT_UTF8, TOO_LONG = range(5)

Text = str | bytes
Spans = NDArray[np.uint32]
PointOf = Callable[[int], Point]


class Reader:
    """One reading in C, and what it needs of Python. Any number of threads may use it, and models may share it.

    Attributes:
        model: what kernels take.
        reading: the same in Python.
        holds_blanks: whether a word may have a blank in it.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._pages: set[int] = set()
        try:
            stored = reading.to_json()
            scheme, alternatives, stop_words, self._point_of = stored_form(stored)
            flags = stored.get("squeeze", False), stored.get("end", False)
            self.model = _C.reader_new(scheme, *flags, alternatives, *stop_words)
        except ValueError as error:
            raise ArtifactError(f"kernel: {error}") from None
        self.holds_blanks = isinstance(self._point_of, TokenPoints) and self._point_of.holds_blanks
        # Stems are found in Python alone; C cuts what was stemmed into words.
        self._cleans = not (isinstance(reading, Cleaning) and reading.stem)
        # Ours read plain ASCII without a page.
        if isinstance(self._point_of, TokenPoints):
            self._add(0)

    def prepare(self, texts: Sequence[str]) -> list[Text]:
        """Every text so that C reads it: as it is, or cleaned."""
        if not self._cleans:
            return [self._cleaned(text) for text in texts]
        return self.mended(texts, _C.reader_try(self.model, texts))

    def mended(self, texts: Sequence[Text], statuses: bytes | None) -> list[Text]:
        """`mend` of the texts that a kernel handed back."""
        if statuses is None:
            return list(texts)
        return [self.mend(text) if status else text for text, status in zip(texts, statuses, strict=True)]

    def mend(self, text: Text) -> Text:
        """One text so that C reads it, with the pages it needs."""
        if isinstance(text, str) and self._cleans:
            self._add_all(text)
            if _C.reader_try(self.model, (text,)) is None:
                return text
        elif isinstance(text, bytes):
            self._add_all(text.decode("utf-8", "surrogatepass"))
            return text
        return self._cleaned(text)

    def learn(self, text: str, most: int) -> bool:
        """Make some of the pages that a text needs, at most so many; whether all of them are there now."""
        missing = sorted({ord(char) >> 8 for char in text} - self._pages)
        for number in missing[:most]:
            self._add(number)
        return len(missing) <= most

    def read(self, text: Text) -> tuple[str, list[str]]:
        """The cleaned text and its words, as C has them.

        Raises:
            ValueError: a text of 4 GiB or more.
        """
        clean, words, _ = self._read(text)
        return clean.decode("utf-8", "surrogatepass"), [word.decode("utf-8", "surrogatepass") for word in words]

    def runs(self, text: Text) -> list[str]:
        """What lies between whitespace in the cleaned text: what `char_wb` reads."""
        return [run.decode("utf-8", "surrogatepass") for run in self._read(text)[2]]

    def _read(self, text: Text) -> tuple[bytes, list[bytes], list[bytes]]:
        status, _, clean, words, runs = _C.reader_read(self.model, text)
        if status in (NEEDS_PAGES, NEEDS_PYTHON):
            status, _, clean, words, runs = _C.reader_read(self.model, self.mend(text))
        if status:
            raise ValueError(f"kernel: a text that is no UTF-8, or of 4 GiB or more (status {status})")
        size = int.from_bytes(words[-4:], "little") if words else 0
        whole = clean if size <= len(clean) else clean + b"</s>"
        return clean, _cut(whole, words), _cut(clean, runs)

    def _cleaned(self, text: str) -> bytes:
        clean = self.reading(text)
        self._add_all(clean)
        return clean.encode("utf-8", "surrogatepass")

    def _add_all(self, text: str) -> None:
        for number in {ord(char) >> 8 for char in text} - self._pages:
            self._add(number)

    def _add(self, number: int) -> None:
        # Two threads may make the same page; the first one stays, and both are the same.
        if self._point_of is not None:
            _C.reader_page(self.model, number, *page(number, self._point_of))
        self._pages.add(number)


class Alphabet:
    """The characters or bytes of a tokenizer in C; with a reader of its cleaning, texts go to ids without Python.

    Attributes:
        model: what kernels take.
        reader: of the cleaning.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        codes = np.frombuffer(tokenizer.alphabet.encode("utf-32-le", "surrogatepass"), np.uint32)
        ids = np.arange(2, len(codes) + 2, dtype=np.uint8)
        self.model = _C.reader_alphabet(np.ascontiguousarray(codes), ids, UNKNOWN_ID, tokenizer.unit == "bytes")
        self.reader = reader_of(tokenizer.cleaning)

    def encode(self, text: Text) -> Ids:
        """Ids of a text; equal to `Tokenizer.encode`."""
        status, _, ids = _C.reader_ids(self.reader.model, self.model, text)
        if status:
            status, _, ids = _C.reader_ids(self.reader.model, self.model, self.reader.mend(text))
        if status:
            raise ValueError(f"kernel: a text that is no UTF-8, or of 4 GiB or more (status {status})")
        return np.frombuffer(ids, np.uint8)


def reader_of(reading: Reading) -> Reader:
    """The one reader of a reading, with its pages, for all models of this process.

    Raises:
        ArtifactError: C can't hold it: more than 30 classes of characters.
    """
    return _shared(json.dumps(reading.to_json(), sort_keys=True), _Held(reading))


class _Held:
    """A reading that a cache takes for equal to any other: its JSON stands beside it."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=16)
def _shared(_: str, held: _Held) -> Reader:
    return Reader(held.reading)


def stored_form(reading: dict[str, Any]) -> tuple[int, bytes, tuple[bytes, bytes], PointOf | None]:
    """A reading as C holds it: its scheme, its alternatives, its stop words and where each ends, and what makes points.

    Args:
        reading: what `to_json` gives. No points are needed where bytes are read as they stand.
    """
    if reading.get("reading") == "tokens":
        points = TokenPoints(reading)
        if not points.fits:
            raise ValueError("tokens of more than 30 classes of characters")
        return _TOKENS, points.alternatives, _stored(reading["stop_words"]), points
    if "fasttext" in (reading.get("name"), reading.get("reading")):
        return _LINE, b"", _stored(reading["turned"]), None
    name: CleaningName = reading["cleaning"]
    words = _stored(STOP_WORDS if name == "course" else ())
    return _CLEANINGS[name], b"", words, lambda code: cleaned_point(code, name)


def _stored(words: Any) -> tuple[bytes, bytes]:
    """Words one after the other, and where each ends."""
    spelled = [word.encode("utf-8", "surrogatepass") for word in sorted(set(words)) if word]
    return b"".join(spelled), np.cumsum([len(word) for word in spelled]).astype(np.uint32).tobytes()


def _cut(text: bytes, spans: bytes) -> list[bytes]:
    pairs = np.frombuffer(spans, np.uint32).reshape(-1, 2).tolist()
    return [text[start:end] for start, end in pairs]
