"""Tagging by names: a text gets a class when it holds its name or an alias as whole words, and the class's parents too.

Where a text has one label, it gets the class whose names it holds most often; of equal ones that of the longest name,
and of equally long ones that of the first. The name of a binary task's negative class speaks against the positive one.

Source: the rule-based baseline of Made With ML. Nothing is learned; the taxonomy of the data is the model. Data without
a taxonomy is tagged by the names of its classes, hyphens read as spaces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from baselines.checked_reading import is_count
from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part, TaxonomyEntry
from baselines.errors import ArtifactError, DataError
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.task import Known, LabelSpace, Probabilities
from baselines.text.cleaning import Cleaning, CleaningName

# What a text takes grows with the longest phrase; names of classes are no longer than this.
_MOST_CHARACTERS = 1_000
_STATE = "rules.json"
_NEGATIVE = -1


@dataclass(frozen=True)
class RulesConfig(CheckedFields):
    """How texts and names are compared.

    Attributes:
        stem: compare Porter stems, so that "transformer" finds "transformers".
        cleaning: of texts and names, see `baselines.text.cleaning`.
    """

    stem: bool = False
    cleaning: CleaningName = "course"


class RulesClassifier(Classifier):
    """Answers 1 for the classes whose names a text holds, else 0; of one label a text, 1 for the one named most.

    `phrases_` maps a cleaned phrase to its columns; the name of a negative class has none.
    """

    kind: ClassVar[str] = "rules"
    why_no_form: ClassVar[str] = (
        "its phrases are data for people to edit; serve its artifact, which needs neither torch nor scikit-learn"
    )

    def __init__(self, config: RulesConfig = RulesConfig()) -> None:
        self.config = config
        self.packages = ("numpy", "nltk") if config.stem else ("numpy",)
        self.phrases_: dict[str, tuple[int, ...]] = {}

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Turn the taxonomy into phrases; raises DataError for an unknown parent."""
        self.accept(train.space)
        self.phrases_ = phrases_of(train.taxonomy, train.classes, self._clean)
        if against := " ".join(self._clean.words(self._clean(train.negative.replace("-", " ")))):
            self.phrases_.setdefault(against, ())
        self.__dict__.pop("_longest", None)
        return self

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        out, known = np.zeros((len(texts), len(self.classes_)), np.float32), np.zeros(len(texts), np.bool_)
        for number, text in enumerate(texts):
            found = list(self.reasons(text))
            known[number] = bool(found)
            columns = {column for phrase in found for column in self.phrases_[phrase]}
            out[number, list(columns if self.task_ == "multilabel" else self._named_most(found))] = 1
        return out, known

    def _named_most(self, found: Sequence[str]) -> tuple[int, ...]:
        """The column that most phrases stand for; none where that is the negative class, or nothing is found."""
        votes = Counter(column for phrase in found for column in self.phrases_[phrase] or (_NEGATIVE,))
        most = max(votes.values(), default=0)
        for phrase in sorted(found, key=len, reverse=True):  # stable: the first of equally long ones
            for column in self.phrases_[phrase] or (_NEGATIVE,):
                if votes[column] == most:
                    return () if column == _NEGATIVE else (column,)
        return ()

    def reasons(self, text: str) -> Iterator[str]:
        """The phrases found in a text, in order; each gives the classes `phrases_` lists for it."""
        words = self._clean.words(self._clean(text))
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                phrase = " ".join(words[start:end])
                if phrase in self.phrases_:
                    yield phrase

    @property
    def _clean(self) -> Cleaning:
        return Cleaning(self.config.cleaning, self.config.stem)

    @cached_property
    def _longest(self) -> int:
        return max((phrase.count(" ") + 1 for phrase in self.phrases_), default=0)

    def save_state(self, folder: Path) -> None:
        write_json(folder / _STATE, {phrase: list(columns) for phrase, columns in self.phrases_.items()})

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        classifier = cls(config_from_json(RulesConfig, config))
        classifier.accept(space)
        content = read_json(folder / _STATE)
        if not isinstance(content, dict) or not all(isinstance(columns, list) for columns in content.values()):
            raise ArtifactError(f"{folder / _STATE}: an object is needed, a list of columns for each phrase")
        if not all(is_count(column, 0, len(space.classes) - 1) for columns in content.values() for column in columns):
            raise ArtifactError(f"{folder / _STATE}: columns must lie in 0..{len(space.classes) - 1}")
        if longest := max((len(phrase) for phrase in content if len(phrase) > _MOST_CHARACTERS), default=0):
            raise ArtifactError(
                f"{folder / _STATE}: phrases of {_MOST_CHARACTERS} characters are allowed, got {longest}"
            )
        classifier.phrases_ = {phrase: tuple(columns) for phrase, columns in content.items()}
        return classifier


def phrases_of(
    taxonomy: Sequence[TaxonomyEntry], classes: Sequence[str], clean: Cleaning
) -> dict[str, tuple[int, ...]]:
    """Columns that each cleaned name or alias gives, parents of parents included.

    Tags that are no class still count for the classes among their parents. A name that cleaning empties is skipped.
    """
    entries = {entry.tag: entry for entry in taxonomy}
    for name in classes:
        entries.setdefault(name, TaxonomyEntry(name))
    column = {name: index for index, name in enumerate(classes)}
    found: dict[str, set[int]] = {}
    for tag, entry in entries.items():
        implied = {column[t] for t in with_parents(tag, entries) if t in column}
        for name in (tag.replace("-", " "), *entry.aliases):
            if implied and (phrase := " ".join(clean.words(clean(name)))):
                found.setdefault(phrase, set()).update(implied)
    return {phrase: tuple(sorted(found[phrase])) for phrase in sorted(found)}


def with_parents(tag: str, entries: Mapping[str, TaxonomyEntry]) -> set[str]:
    """A tag and everything above it; raises DataError naming a parent that has no entry."""
    above: set[str] = set()
    waiting = [tag]
    while waiting:
        name = waiting.pop()
        if name in above:
            continue
        above.add(name)
        for parent in entries[name].parents:
            if parent not in entries:
                raise DataError(
                    f"taxonomy: parent {parent!r} of tag {name!r} is neither tag nor class; add it, or remove it there"
                )
            waiting.append(parent)
    return above
