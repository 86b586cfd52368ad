"""Every way to read a text before its n-grams are counted, and how a stored vocabulary says which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from baselines.checked_reading import shown
from baselines.errors import ArtifactError
from baselines.text.cleaning import Cleaning


class Reading(Protocol):
    """Text in, cleaned text and words out; the same text always gives the same."""

    def __call__(self, text: str) -> str:
        """The text as n-grams of characters see it."""

    def words(self, clean: str) -> list[str]:
        """The words of a text that is cleaned already, as n-grams of words see them."""

    def to_json(self) -> dict[str, Any]:
        """Everything that reading depends on, as JSON types."""


def reading_of(content: Mapping[str, Any]) -> Reading:
    """The reading that a stored vocabulary, or one block of it, states; raises ArtifactError where it doesn't fit.

    `cleaning` and `stem` state one of ours (`baselines.text.cleaning`).
    """
    if unknown := sorted(set(content) - {"cleaning", "stem"}):
        raise ArtifactError(f"vocabulary: cleaning, stem and blocks are allowed, got {shown(unknown[0])}")
    return Cleaning.from_json(content)
