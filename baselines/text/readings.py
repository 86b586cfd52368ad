"""Every way to read a text before its n-grams are counted, and how a stored vocabulary says which one it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from baselines.checked_reading import shown
from baselines.errors import ArtifactError
from baselines.text.cleaning import Cleaning
from baselines.text.fasttext_reading import FastTextReading
from baselines.text.token_reading import TokenReading


class Reading(Protocol):
    """Text in, cleaned text and words out; the same text always gives the same."""

    def __call__(self, text: str) -> str:
        """The text as n-grams of characters see it."""

    def words(self, clean: str) -> list[str]:
        """The words of a text that is cleaned already, as n-grams of words see them."""

    def to_json(self) -> dict[str, Any]:
        """Everything that reading depends on, as JSON types."""


# Readings of models made elsewhere, by the name under `reading`.
_ELSEWHERE: Mapping[str, Callable[[Mapping[str, Any]], Reading]] = {
    "tokens": TokenReading.from_json,
    "fasttext": FastTextReading.from_json,
}


def reading_of(content: Mapping[str, Any]) -> Reading:
    """The reading that a stored vocabulary, or one block of it, states; raises ArtifactError where it doesn't fit.

    `cleaning` and `stem` state one of ours (`baselines.text.cleaning`), `reading` the name of another one.
    """
    if not isinstance(content, Mapping):
        raise ArtifactError(f"vocabulary: reading: an object is needed, got {shown(content)}")
    if "reading" in content:
        name = content["reading"]
        if not isinstance(name, str) or name not in _ELSEWHERE:
            raise ArtifactError(f"vocabulary: reading: {', '.join(_ELSEWHERE)} are allowed, got {shown(name)}")
        return _ELSEWHERE[name](content)
    if unknown := sorted(set(content) - {"cleaning", "stem"}):
        raise ArtifactError(f"vocabulary: cleaning, stem and blocks are allowed, got {shown(unknown[0])}")
    return Cleaning.from_json(content)
