"""Latin encodings told apart by the alphabets of the languages that are written in them."""

from __future__ import annotations

import codecs
import re

# In the order in which equally good ones are preferred: what most files are in comes first.
_WESTERN = (
    "àâæçéèêëîïôœùûüÿ",  # French
    "äöüß",  # German
    "áéíñóúüªº",  # Spanish
    "áâãàçéêíóôõúü",  # Portuguese
    "àèéìîòùíó",  # Italian
    "åäöéü",  # Swedish, Finnish
    "æøåéèêóòô",  # Danish, Norwegian
    "áéíóúýðþæö",  # Icelandic
    "éëïóöüèáíú",  # Dutch
    "àçèéíïòóúü·",  # Catalan
    "ñéïöüãáàêçóâëèíåäôøúæîœß",  # names in an English text
)
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "čćđšž",  # Croatian, Slovene
    "ăâîşţ",  # Romanian
)
_LANGUAGES: dict[str, tuple[str, ...]] = {
    "cp1252": _WESTERN,
    "latin-1": _WESTERN,
    "cp1250": _CENTRAL,
    "iso8859-2": _CENTRAL,
    "cp1254": ("çğıöşüâîû",),  # Turkish
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž"),  # Latvian, Lithuanian, Estonian
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
}
# Signs that stand beside words, in any language; the second row also inside them.
_BESIDE = set("€‚„…†‡‰‹›“”–—•™¡¿¢£¥§©«»®°±²³µ¶·¼½¾×÷\xa0¹´¨")
_INSIDE = set("‘’\xad´·–—…")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_MOST_PLACES = 5_000
_NOTHING = "\ufffd"


def latin_encoding(content: bytes) -> tuple[str, float]:
    """The Latin encoding that explains most of the bytes beyond ASCII, and the share in [0, 1] that it explains.

    A letter is explained by a language whose alphabet has it, unless it is a capital after a small letter, or stands
    between two others beyond ASCII, as in other scripts; a sign, where it stands beside a word. A language explains all
    or the most of them; Western names of several languages in one file count for a little less, or Czech in cp1250
    would be taken for them.
    """
    places = [match.start() for _, match in zip(range(_MOST_PLACES), _BEYOND_ASCII.finditer(content), strict=False)]
    found = {name: _explained(content, places, name, alphabets) for name, alphabets in _LANGUAGES.items()}
    best = max(found.values(), default=0.0)
    return next(name for name, share in found.items() if share == best), best


def _explained(content: bytes, places: list[int], name: str, alphabets: tuple[str, ...]) -> float:
    table = _characters(name)
    if any(table[content[place]] == _NOTHING for place in places):
        return 0.0
    letters: list[str] = []
    signs = 0
    for place in places:
        character = table[content[place]]
        before = table[content[place - 1]] if place else " "
        after = table[content[place + 1]] if place + 1 < len(content) else " "
        if not character.isalpha():
            between = before.isalpha() and after.isalpha()
            signs += character in (_INSIDE if between else _BESIDE | _INSIDE)
        elif not (character.isupper() and before.islower()) and (before.isascii() or after.isascii()):
            letters.append(character.lower())
    one = max(sum(letter in alphabet for letter in letters) for alphabet in alphabets)
    several = 0.9 * sum(letter in "".join(_WESTERN) for letter in letters) if alphabets is _WESTERN else 0
    return (max(one, several) + signs) / max(1, len(places))


def _characters(name: str) -> list[str]:
    """What each byte is; U+FFFD, no letter, where the encoding has nothing."""
    return [codecs.decode(bytes([byte]), name, "replace") for byte in range(256)]
