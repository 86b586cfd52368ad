"""Phrases that stand for classes, found in a text as whole words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from baselines.checked_reading import is_count
from baselines.errors import ArtifactError
from baselines.task import Known, Probabilities, Task
from baselines.text.cleaning import Cleaning

# What a text takes grows with the longest phrase; names of classes are no longer than this.
_MOST_CHARACTERS = 1_000
_NEGATIVE = -1


@dataclass(frozen=True)
class Phrases:
    """What the rules know.

    Attributes:
        columns: a cleaned phrase to the columns it stands for; the name of a negative class has none.
        cleaning: of texts, as of the phrases.
    """

    columns: Mapping[str, tuple[int, ...]]
    cleaning: Cleaning

    def answer(self, texts: Sequence[str], n_classes: int, task: Task) -> tuple[Probabilities, Known]:
        """1 for the classes whose phrases a text holds, else 0, of one label a text for the one named most.

        Returns:
            float32 (n_texts, n_classes), and bool (n_texts,), whether any phrase was found.
        """
        out, known = np.zeros((len(texts), n_classes), np.float32), np.zeros(len(texts), np.bool_)
        for number, text in enumerate(texts):
            found = list(self.found_in(text))
            known[number] = bool(found)
            columns = {column for phrase in found for column in self.columns[phrase]}
            out[number, list(columns if task == "multilabel" else self._named_most(found))] = 1
        return out, known

    def found_in(self, text: str) -> Iterator[str]:
        """The phrases found in a text, in order."""
        words = self.cleaning.words(self.cleaning(text))
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                phrase = " ".join(words[start:end])
                if phrase in self.columns:
                    yield phrase

    def _named_most(self, found: Sequence[str]) -> tuple[int, ...]:
        """The column that most phrases stand for; none where that is the negative class, or nothing is found."""
        votes = Counter(column for phrase in found for column in self.columns[phrase] or (_NEGATIVE,))
        most = max(votes.values(), default=0)
        for phrase in sorted(found, key=len, reverse=True):  # stable: the first of equally long ones
            for column in self.columns[phrase] or (_NEGATIVE,):
                if votes[column] == most:
                    return () if column == _NEGATIVE else (column,)
        return ()

    @cached_property
    def _longest(self) -> int:
        return max((phrase.count(" ") + 1 for phrase in self.columns), default=0)

    def to_json(self) -> dict[str, Any]:
        """A list of columns for each phrase; the cleaning is stored elsewhere."""
        return {phrase: list(columns) for phrase, columns in self.columns.items()}

    @classmethod
    def from_json(cls, content: Any, cleaning: Cleaning, n_classes: int) -> Phrases:
        """The inverse of `to_json`; raises ArtifactError."""
        if not isinstance(content, dict) or not all(isinstance(columns, list) for columns in content.values()):
            raise ArtifactError("an object is needed, a list of columns for each phrase")
        if not all(is_count(column, 0, n_classes - 1) for columns in content.values() for column in columns):
            raise ArtifactError(f"columns must lie in 0..{n_classes - 1}")
        if longest := max((len(phrase) for phrase in content if len(phrase) > _MOST_CHARACTERS), default=0):
            raise ArtifactError(f"phrases of {_MOST_CHARACTERS} characters are allowed, got {longest}")
        return cls({phrase: tuple(columns) for phrase, columns in content.items()}, cleaning)
