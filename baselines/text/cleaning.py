"""Text cleaning shared by training, inference and export: lower case, no punctuation, no stop words, optionally stems.

Needs no download. The stop words are function words only; words of a domain ("computer", "system") are never removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

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

_NOT_WORD = re.compile(r"[\W_]+")
# The same rule for plain ASCII as one table look-up a byte: an order of magnitude faster than the regular expression.
_ASCII_TABLE = bytes(i if chr(i).isalnum() and i < 128 else 32 for i in range(256))


@dataclass(frozen=True)
class Cleaning:
    """Which steps of cleaning apply. All three together are the course's preprocessing for the rules with stems."""

    stop_words: bool = True
    stem: bool = False

    def __call__(self, text: str) -> str:
        """Clean one text.

        Args:
            text: any string, any length.

        Returns:
            Lower-case words of letters and digits joined by single spaces; `""` when nothing is left.
        """
        words = split_words(text)
        if self.stop_words:
            words = [word for word in words if word not in STOP_WORDS]
        if self.stem:
            stem = _stemmer()
            words = [stem(word) for word in words]
        return " ".join(words)


def split_words(text: str) -> list[str]:
    """Lower-case runs of letters and digits (Unicode), in order."""
    lower = text.lower()
    if lower.isascii():
        return lower.encode("ascii").translate(_ASCII_TABLE).decode("ascii").split()
    return _NOT_WORD.sub(" ", lower).split()


@cache
def _stemmer() -> Callable[[str], str]:
    # Imported here: the runtime that serves a character model must not need NLTK.
    from nltk.stem import PorterStemmer

    return cache(PorterStemmer().stem)
