"""Texts to compare engines by: any number of them, of every kind that cleaning treats otherwise, the same for a seed.

A stream begins with the awkward texts; then each text's flavour is drawn, so that the first texts of any stretch of the
stream are as mixed as all of it. One text in a few hundred is longer than a small device takes.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from exports.bundles.parity import AWKWARD

_BLANKS = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x00\x01\x07\x1b\x7f\x80\x85\x9f\xa0"
    "\u1680\u2000\u2003\u2009\u2028\u2029\u202f\u205f\u3000"
)
_UNSEEN = "\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u202e\u2060\ufeff\ufe00\ufe0f\U000e0001\U000e0100\U000e01ef"
_EMOJI = "😀🤖👩👨👍🚀🔬💻❤☺✈\U0001f1e9\U0001f1ea#*9"
_AFTER_EMOJI = "\u200d\ufe0f\ufe0e🏻🏽🏿\u20e3\U000e0067\U000e007f"
_ASCII = "".join(map(chr, range(32, 127)))
_WORDS = (
    "Graph neural networks the of and BERT-like x_1 C++ don't e.g. 50% <p> http://a.b/c?d=e O(n^2) #tag @me".split()
)
_HALF = re.compile("[\ud800-\udfff]")
# Of the texts that `long` makes; beyond what a target of 2,048 bytes takes, within what 64 kB hold.
_LONGEST = 6000


@dataclass(frozen=True)
class Material:
    """What the texts are made of besides Unicode.

    Attributes:
        own: words, n-grams or characters that the model knows.
        data: texts of the data; each is given as it is before any comes a second time.
    """

    own: tuple[str, ...] = ()
    data: tuple[str, ...] = ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What is glued and mutated: the model's own, and the words of the data."""
        of_data = {word for text in self.data[:2000] for word in text.split()}
        return tuple(dict.fromkeys((*self.own, *sorted(of_data)))) or tuple(_WORDS)


@dataclass(frozen=True)
class Sample:
    """One text and the flavour that it has."""

    text: str
    flavour: str


def samples(seed: int, material: Material) -> Iterator[Sample]:
    """An endless stream; the same for the same seed, material and tables of Unicode.

    Args:
        seed: any whole number from 0 on.
        material: of the model and its data.
    """
    for text in AWKWARD:
        yield Sample(text, "awkward")
    rng = random.Random(seed)
    names, weights = list(FLAVOURS), [weight for weight, _ in FLAVOURS.values()]
    places = iter(material.data)
    while True:
        for name in rng.choices(names, weights, k=256):
            if name == "data":
                whole = next(places, None)
                text = _data(rng, material) if whole is None else whole
            else:
                text = FLAVOURS[name][1](rng, material)
            yield Sample(_without_pairs(text), name)


def _without_pairs(text: str) -> str:
    """Two halves of a character that meet are that character in every string of UTF-16, so they are it here, too."""
    if not _HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@cache
def _kinds() -> dict[str, list[str]]:
    """Every code point by what it is: letters by script, marks, with another spelling, not assigned, and so on."""
    found: dict[str, list[str]] = {
        name: [] for name in ("marks", "spelled", "strange", "surrogates", "symbols", "any", "jamo")
    }
    for point in range(0x110000):
        char = chr(point)
        category = unicodedata.category(char)
        found["any"].append(char)
        if category in ("Cn", "Co"):
            found["strange"].append(char)
        elif category == "Cs":
            found["surrogates"].append(char)
        elif unicodedata.normalize("NFKC", char) != char or char.casefold() != char:
            found["spelled"].append(char)
        if category[0] == "M":
            found["marks"].append(char)
        elif category[0] in "SP":
            found["symbols"].append(char)
        elif category[0] in "LN":
            found.setdefault(f"script {_script(char)}", []).append(char)
    found["jamo"] = [
        chr(point) for span in ((0x1100, 0x1200), (0xA960, 0xA980), (0xD7B0, 0xD800)) for point in range(*span)
    ]
    # A few thousand unassigned code points of every plane say as much as eight hundred thousand.
    found["strange"] = [*found["strange"][::100], "\uffff", "\U0010ffff", "\ufdd0"]
    return found


def _script(char: str) -> str:
    """The first word of a character's name: its script, nearly always."""
    return unicodedata.name(char, "UNNAMED").split()[0].split("-")[0]


@cache
def _scripts() -> list[list[str]]:
    return [chars for name, chars in sorted(_kinds().items()) if name.startswith("script ")]


def _glued(rng: random.Random, pieces: Sequence[str], longest: int) -> str:
    """Up to so many pieces, with a blank between them here and there."""
    chosen = rng.choices(pieces, k=rng.randint(0, longest))
    return "".join(piece + " " if rng.random() < 0.2 else piece for piece in chosen)


def _plain(rng: random.Random, material: Material) -> str:
    words = [
        rng.choice((word, word.upper(), word.title(), word[::-1])) for word in rng.choices(_WORDS, k=rng.randint(0, 12))
    ]
    return " ".join(words) + "".join(rng.choices(_ASCII, k=rng.randint(0, 20)))


def _scripted(rng: random.Random, material: Material) -> str:
    letters = [char for script in rng.choices(_scripts(), k=2) for char in rng.choices(script, k=12)]
    return _glued(rng, letters, 30)


def _marked(rng: random.Random, material: Material) -> str:
    kinds = _kinds()
    bases = rng.choices("aeiouyAEIOUnsÅÇßσıİ漢かカיلक", k=6) + rng.choices(kinds["spelled"], k=2)
    often = rng.choices("\u0301\u0300\u0307\u0308\u0323\u0327\u0345\u3099\u05b7\u0651", k=5)
    return _glued(rng, bases + (often + rng.choices(kinds["marks"], k=5)) * 2, 24)


def _hangul(rng: random.Random, material: Material) -> str:
    jamo = _kinds()["jamo"]
    syllables = [chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(4)]
    parted = [
        chr(0x1100 + rng.randrange(21)) + chr(0x1160 + rng.randrange(23)) + chr(0x11A6 + rng.randrange(30))
        for _ in range(4)
    ]
    return _glued(rng, syllables + parted + rng.choices(jamo, k=4) + ["\u0301", "a"], 16)


def _spelled(rng: random.Random, material: Material) -> str:
    return _glued(rng, rng.choices(_kinds()["spelled"], k=10) + list("ab i\u0307"), 20)


def _strange(rng: random.Random, material: Material) -> str:
    return _glued(rng, rng.choices(_kinds()["strange"], k=8) + list("ab- é") + [rng.choice(_own(material))], 20)


def _surrogates(rng: random.Random, material: Material) -> str:
    pieces: list[str] = [
        *rng.choices(_kinds()["surrogates"], k=4),
        *"ab -é漢",
        "\U0001f600",
        rng.choice(_own(material)),
    ]
    # Never none of them: this flavour is what has no UTF-8.
    return _glued(rng, pieces, 8) + pieces[0] + _glued(rng, pieces, 8)


def _blank(rng: random.Random, material: Material) -> str:
    return "".join(rng.choices(list(_BLANKS + _UNSEEN) + rng.choices(_own(material), k=12), k=rng.randint(0, 30)))


def _symbols(rng: random.Random, material: Material) -> str:
    return _glued(rng, rng.choices(_kinds()["symbols"], k=6) + list("a1.-'\"`") + list(rng.choice(_own(material))), 24)


def _emoji(rng: random.Random, material: Material) -> str:
    return "".join(
        rng.choice(_EMOJI) + "".join(rng.choices(_AFTER_EMOJI, k=rng.randint(0, 2))) + rng.choice(("", "", " ", "a"))
        for _ in range(rng.randint(1, 10))
    )


def _any(rng: random.Random, material: Material) -> str:
    return _glued(rng, rng.choices(_kinds()["any"], k=12), 12)


def _own(material: Material) -> tuple[str, ...]:
    return material.own or material.words


def _owned(rng: random.Random, material: Material) -> str:
    words = [
        mutated(rng, word) if rng.random() < 0.3 else word for word in rng.choices(material.words, k=rng.randint(1, 14))
    ]
    return rng.choice((" ", " ", "", "-", "  ")).join(words)


def _alphabet(rng: random.Random, material: Material) -> str:
    return "".join(rng.choices(_own(material), k=rng.randint(1, 60)))


def _data(rng: random.Random, material: Material) -> str:
    return mutated(rng, rng.choice(material.data)) if material.data else _owned(rng, material)


def _long(rng: random.Random, material: Material) -> str:
    others = [other for name, (_, other) in FLAVOURS.items() if name not in ("long", "data")]
    text, aim = "", rng.choice((200, 256, 257, 512, 1024, 2048, 2049, _LONGEST))
    while len(text) < aim:
        make = rng.choice(others) if rng.random() < 0.2 else _owned
        text += make(rng, material) + " "
    return text[:aim]


def mutated(rng: random.Random, text: str) -> str:
    """The text changed in one way: characters left out, doubled, replaced or added, its case, or its spelling."""
    place = rng.randint(0, len(text))
    added = rng.choice((_UNSEEN, "\u0301\u0307\u0323", _BLANKS, _ASCII, "éßİ漢\ufffd"))
    return rng.choice(_CHANGES)(text, place, rng.choice(added))


_CHANGES: tuple[Callable[[str, int, str], str], ...] = (
    lambda text, place, char: text[:place] + text[place + 1 :],
    lambda text, place, char: text[:place] + text[max(place - 1, 0) :],
    lambda text, place, char: text[:place] + char + text[place:],
    lambda text, place, char: text[:place] + char + text[place + 1 :],
    lambda text, place, char: text.upper(),
    lambda text, place, char: text.swapcase(),
    lambda text, place, char: unicodedata.normalize("NFD", text),
    lambda text, place, char: "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text),
)
# Flavour to how often it is drawn, and what makes it.
FLAVOURS: dict[str, tuple[float, Callable[[random.Random, Material], str]]] = {
    "ascii": (10, _plain),
    "scripts": (10, _scripted),
    "marks": (8, _marked),
    "hangul": (4, _hangul),
    "spelled": (7, _spelled),
    "strange": (4, _strange),
    "surrogates": (3, _surrogates),
    "blanks": (5, _blank),
    "symbols": (5, _symbols),
    "emoji": (4, _emoji),
    "any": (8, _any),
    "own": (16, _owned),
    "alphabet": (6, _alphabet),
    "data": (20, _data),
    "long": (0.4, _long),
}
