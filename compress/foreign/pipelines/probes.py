"""Random texts of many kinds, on which a pipeline and what was made of it have to answer alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

_STRANGE = "ßẞİıſﬁǅΣςŒœÅ\u0301\u0308\u0327éñ١२३٪½²Ⅷⅷ①_\u00ad\u200b\u200d\ufeff’“”—…·'\"-.@#$%&/\\"
_BLANKS = " \t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u1680\u2003\u2028\u3000"
# First and last code point of scripts, marks and pictures.
_SCRIPTS = (
    (0x20, 0x7E),
    (0xA0, 0x24F),
    (0x300, 0x36F),
    (0x370, 0x3FF),
    (0x400, 0x4FF),
    (0x5D0, 0x6FF),
    (0x900, 0x97F),
    (0xE01, 0xE5B),
    (0x1E00, 0x1FFF),
    (0x2010, 0x2BFF),
    (0x3040, 0x30FF),
    (0x4E00, 0x5000),
    (0xAC00, 0xAD00),
    (0xFB00, 0xFB06),
    (0xFF01, 0xFF5E),
    (0x1D400, 0x1D500),
    (0x1F300, 0x1F6FF),
)
EMPTY = ("", " ", "\n\t ", "the of and to", "...", "\u3000", "a", "I", "?!")


def random_texts(words: Sequence[str], count: int, seed: int, *, long_text: int = 5000) -> list[str]:
    """Texts of words, ASCII, every script, odd capitals and marks, blanks, nothing, and one long one.

    Args:
        words: to make some of them from; may be none.
        count: of texts.
        seed: of everything random.
        long_text: characters of the longest.
    """
    random = Random(seed)
    known = list(words) or ["word", "another"]
    kinds: tuple[Callable[[Random, list[str]], str], ...] = (_of_words, _of_words, _ascii, _scripts, _odd, _blank)
    found = [*EMPTY[:count]]
    while len(found) < count - 1:
        found.append(random.choice(kinds)(random, known))
    if len(found) < count:
        found.append(_long(random, known, long_text))
    return found


def _of_words(random: Random, words: list[str]) -> str:
    return random.choice((" ", " ", ", ", "  ", "\n", "-")).join(random.choices(words, k=random.randint(1, 40)))


def _ascii(random: Random, words: list[str]) -> str:
    return "".join(chr(random.randint(32, 126)) for _ in range(random.randint(1, 120)))


def _scripts(random: Random, words: list[str]) -> str:
    parts = []
    for _ in range(random.randint(1, 6)):
        low, high = random.choice(_SCRIPTS)
        parts.append("".join(chr(random.randint(low, high)) for _ in range(random.randint(1, 12))))
    return random.choice((" ", "")).join(parts)


def _odd(random: Random, words: list[str]) -> str:
    text = " ".join(random.choices(words, k=random.randint(1, 12)))
    changes: tuple[Callable[[str], str], ...] = (str.upper, str.title, str.swapcase, str)
    characters = list(random.choice(changes)(text))
    for _ in range(random.randint(1, 8)):
        characters.insert(random.randint(0, len(characters)), random.choice(_STRANGE))
    return "".join(characters)


def _blank(random: Random, words: list[str]) -> str:
    pieces = (random.choice(words) + "".join(random.choices(_BLANKS, k=random.randint(1, 3))) for _ in range(8))
    return random.choice(_BLANKS) + "".join(pieces)


def _long(random: Random, words: list[str], size: int) -> str:
    text = ""
    while len(text) < size:
        text += _of_words(random, words) + " " + _ascii(random, words)
    return text[:size]
