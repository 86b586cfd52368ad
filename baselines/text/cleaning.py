"""Text cleaning shared by training, inference and export: four ways to choose from, the same bits in every engine.

- `course`: lower-case words of letters and digits, English stop words out, as the course Made With ML does it;
- `letters`: the same with stop words kept;
- `words`: folded words, and every symbol a word of its own; stop words kept;
- `raw`: capitals and symbols as they stand.

All pass the door of `baselines.text.unicode` first. Needs no download. The stop words are function words only; words of
a domain ("computer", "system") are never removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from baselines.checked_reading import shown
from baselines.errors import ArtifactError, MissingExtra
from baselines.text import unicode

CleaningName = Literal["course", "letters", "words", "raw"]
CLEANINGS: tuple[CleaningName, ...] = get_args(CleaningName)
# What a study chooses from on validation; the first is the default.
CHOICES: tuple[CleaningName, ...] = ("words", "raw", "course")

# Closed-class English words, the same kind as in NLTK's list, including the remains of contractions once the
# apostrophe is gone ("don't" -> "don t"). Written down here because NLTK's corpus needs a download.
STOP_WORDS: frozenset[str] = frozenset(
    """
    a about above after again against ain all am an and any are aren as at be because been before being below between
    both but by can could couldn d did didn do does doesn doing don down during each few for from further had hadn has
    hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself just ll m ma
    me might mightn more most must mustn my myself need needn no nor not now o of off on once only or other our ours
    ourselves out over own re s same shan she should shouldn so some such t than that the their theirs them themselves
    then there these they this those through to too under until up ve very was wasn we were weren what when where which
    while who whom why will with won would wouldn y you your yours yourself yourselves
    """.split()
)

# Plain ASCII as one table look-up a byte: an order of magnitude faster than the tables of all Unicode.
_LOWER = bytes(i + 32 if 65 <= i <= 90 else i if 32 < i < 127 else 32 for i in range(256))
_LETTERS = bytes(byte if chr(byte).isalnum() else 32 for byte in _LOWER)
_AS_IT_STANDS = bytes(i if 32 < i < 127 else 32 for i in range(256))
_ASCII: dict[CleaningName, bytes] = {"course": _LETTERS, "letters": _LETTERS, "words": _LOWER, "raw": _AS_IT_STANDS}
_NO_SYMBOLS = bytes(i for i in range(128) if chr(i).isalnum()) + b" "
_ASCII_PIECES = re.compile("[0-9A-Za-z]+|[^0-9A-Za-z ]")


@dataclass(frozen=True)
class Cleaning:
    """One way to clean texts.

    Attributes:
        name: which.
        stem: Porter stems of the words; not with `raw`.
    """

    name: CleaningName = "words"
    stem: bool = False

    def __post_init__(self) -> None:
        if self.name not in CLEANINGS or type(self.stem) is not bool or (self.stem and self.name == "raw"):
            raise ArtifactError(
                f"cleaning: {', '.join(CLEANINGS)} are allowed, stems with all but raw; got {shown(self.name)} "
                f"with stem {self.stem}"
            )

    def __call__(self, text: str) -> str:
        """Clean one text.

        Args:
            text: any string, any length.

        Returns:
            What character models read: words (and symbols) joined by single spaces; `""` when nothing is left.
        """
        words = (_ascii_split if text.isascii() else _split)(text, self.name)
        if self.name == "course":
            words = [word for word in words if word not in STOP_WORDS]
        if self.stem:
            stem = _stemmer()
            words = [stem(word) for word in words]
        return " ".join(words)

    def words(self, clean: str) -> list[str]:
        """The words of a text that is cleaned already: what word n-grams read.

        With `words` and `raw` each symbol, and each Chinese, Japanese or Korean character, is a word of its own.
        """
        if self.name in ("course", "letters"):
            return clean.split()
        if not clean.isascii():
            return unicode.pieces(clean)
        return clean.split() if self.name == "words" else _ASCII_PIECES.findall(clean)

    def to_json(self) -> dict[str, Any]:
        """What a vocabulary or alphabet says about its cleaning."""
        return {"cleaning": self.name, "stem": self.stem}

    @classmethod
    def from_json(cls, content: Any) -> Cleaning:
        """Read the fields that `to_json` writes, perhaps among others; raises ArtifactError where they don't fit."""
        name, stem = (content.get(field) if isinstance(content, dict) else None for field in ("cleaning", "stem"))
        if not isinstance(name, str) or not isinstance(stem, bool):
            raise ArtifactError(
                f"cleaning: fields cleaning ({', '.join(CLEANINGS)}) and stem (true or false) are needed, got "
                f"{shown(name)} and {shown(stem)}; was it written by another version?"
            )
        return cls(name, stem)  # type: ignore[arg-type]  # the constructor checks it


def _split(text: str, name: CleaningName) -> list[str]:
    if name == "raw":
        return unicode.door(text).split()
    folded = unicode.fold(text)
    return (unicode.symbols_apart(folded) if name == "words" else unicode.without_symbols(folded)).split()


def _ascii_split(text: str, name: CleaningName) -> list[str]:
    """What `_split` gives for plain ASCII."""
    content = text.encode("ascii").translate(_ASCII[name])
    if name == "words":
        for symbol in set(content.translate(None, _NO_SYMBOLS)):
            byte = bytes((symbol,))
            content = content.replace(byte, b" " + byte + b" ")
    return content.decode("ascii").split()


@cache
def _stemmer() -> Callable[[str], str]:
    # Imported here: the runtime that serves a character model must not need NLTK.
    try:
        from nltk.stem import PorterStemmer
    except ImportError:
        raise MissingExtra("stems of words need the package nltk; install it with: pip install nltk") from None

    return cache(PorterStemmer().stem)
