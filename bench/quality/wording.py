"""Changes of a text: some keep what it says, others can turn it round.

Negation and question words are English, as are the data they were written for; in other texts nothing matches, and no
test is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Change = Callable[[str], str]

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# What divides and ends sentences. Symbols, emoji and marks on letters stay: they may be what a label hangs on.
_PUNCTUATION = re.compile(r"[.,;:!?\"()\[\]\u2026\u2013\u2014\u201c\u201d\u3001\u3002\uff0c\uff01\uff1f]+")
_NEGATED = re.compile(r"(?<!\w)(?:not|never|no)\s+|n['\u2019]t(?!\w)", re.IGNORECASE)
# "can't" ends in the n that belongs to "can".
_SHORTENED_CAN = re.compile(r"(?<!\w)(ca)n['\u2019]t(?!\w)", re.IGNORECASE)
_VERB = re.compile(
    r"(?<!\w)(?:is|are|was|were|be|been|will|would|can|could|should|must|may|might)(?!\w)", re.IGNORECASE
)
_NEXT_QUESTION = {"who": "when", "when": "where", "where": "who"}
_QUESTION = re.compile(rf"(?<!\w)(?:{'|'.join(_NEXT_QUESTION)})(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Turn:
    """A change that can turn the meaning of a text round.

    Attributes:
        change: it.
        held: changes the texts that hold what it is about; where hardly any does, the change says nothing.
        decides: whether some answers must change: what is asked for hangs on the question word, while what a text is
            about often stays when a "not" comes in.
    """

    change: Change
    held: Change
    decides: bool = False


def without_negation(text: str) -> str:
    """Every "not", "never", "no" and "n't" taken away."""
    return _NEGATED.sub("", _SHORTENED_CAN.sub(r"\1n", text))


def with_negation(text: str) -> str:
    """ "not" behind the first verb that bears it, where the text has no negation."""
    if _NEGATED.search(text):
        return text
    return _VERB.sub(lambda match: f"{match[0]} not", text, count=1)


def other_question(text: str) -> str:
    """ "who" to "when", "when" to "where", "where" to "who"; capitals stay."""
    return _QUESTION.sub(lambda match: _as_written(_NEXT_QUESTION[match[0].lower()], match[0]), text)


def reversed_sentences(text: str) -> str:
    """The last sentence first."""
    return " ".join(reversed(_SENTENCE_END.split(text.strip())))


def _as_written(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word


INVARIANT: Mapping[str, Change] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "without punctuation": lambda text: _PUNCTUATION.sub(" ", text),
    "blanks around it": lambda text: f"  {text} \n",
    "sentences in reverse order": reversed_sentences,
}
MEANING: Mapping[str, Turn] = {
    "a negation taken away": Turn(without_negation, without_negation),
    "a negation put in": Turn(with_negation, without_negation),
    "another question word": Turn(other_question, other_question, decides=True),
}
