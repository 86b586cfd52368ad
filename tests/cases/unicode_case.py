"""Texts of any Unicode: random ones from many scripts, and pairs that are written differently and mean the same."""

from __future__ import annotations

import random
import unicodedata
from functools import cache

# Written differently, the same to every folding cleaning.
SAME = (
    ("İSTANBUL", "istanbul"),
    ("Ｋｅｒａｓ", "keras"),
    ("ﬁne-tuning", "fine-tuning"),
    ("infor\u00admation", "information"),
    ("zero\u200bwidth\u2060join", "zerowidthjoin"),
    ("cafe\u0301", "café"),
    ("STRASSE", "straße"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("한국어", unicodedata.normalize("NFD", "한국어")),
    ("x\u2003y\u0085z\x1cw", "x y z w"),
)
# One word each: marks belong to their letters.
WHOLE_WORDS = ("हिन्दी", "ภาษาไทย", "తెలుగు", "مُحَمَّد", "שָׁלוֹם", "தமிழ்", "नमस्ते", "tiếng", "й")


@cache
def _groups() -> tuple[tuple[str, ...], ...]:
    """Every character, marks, those with another spelling, a few that often matter."""
    everything = [chr(point) for point in range(0x110000)]
    known = [char for char in everything if unicodedata.category(char) not in ("Cn", "Co", "Cs")]
    marks = [char for char in known if unicodedata.category(char)[0] == "M"]
    spelled = [char for char in known if unicodedata.normalize("NFKC", char) != char or char.casefold() != char]
    often = "aeiouİıſßΣΩ +-='\"`!漢字かが한\u0307\u0301\u0345\u200d\u00ad\u034f\ufe0f😀👍🏽\U0001f3fe\t\n\x7f"
    return tuple(everything[::37]), tuple(known), tuple(marks), tuple(spelled), tuple(often)


def random_texts(n: int, seed: int, longest: int = 14) -> list[str]:
    """`n` texts of 0 to `longest` characters, unknown ones and lone surrogates among them."""
    rng, groups = random.Random(seed), _groups()
    return ["".join(rng.choice(rng.choice(groups)) for _ in range(rng.randint(0, longest))) for _ in range(n)]
