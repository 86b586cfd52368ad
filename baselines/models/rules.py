"""Tagging by names: a text gets a class when it holds its name or an alias as whole words, and the class's parents too.

Where a text has one label, it gets the class whose names it holds most often; of equal ones that of the longest name,
and of equally long ones that of the first. The name of a binary task's negative class speaks against the positive one.

Source: the rule-based baseline of Made With ML. Nothing is learned; the taxonomy of the data is the model. Data without
a taxonomy is tagged by the names of its classes, hyphens read as spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from baselines.classifier import Classifier, Progress, ignore_progress
from baselines.dataset import Part, TaxonomyEntry
from baselines.errors import ArtifactError, DataError
from baselines.models.learned.phrases import Phrases
from baselines.storage.artifact import read_json, write_json
from baselines.storage.configs import CheckedFields, config_from_json
from baselines.task import Known, LabelSpace, Probabilities
from baselines.text.cleaning import Cleaning, CleaningName

_STATE = "rules.json"


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

    `phrases_` are those of the fitted taxonomy, cleaned.
    """

    kind: ClassVar[str] = "rules"
    forms = ("rules",)
    phrases_: Phrases

    def __init__(self, config: RulesConfig = RulesConfig()) -> None:
        self.config = config
        self.packages = ("numpy", "nltk") if config.stem else ("numpy",)
        self.phrases_ = Phrases({}, self._clean)

    def fit(self, train: Part, validation: Part | None = None, *, progress: Progress = ignore_progress) -> Self:
        """Turn the taxonomy into phrases; raises DataError for an unknown parent."""
        self.accept(train.space)
        columns = phrases_of(train.taxonomy, train.classes, self._clean)
        if against := " ".join(self._clean.words(self._clean(train.negative.replace("-", " ")))):
            columns.setdefault(against, ())
        self.phrases_ = Phrases(columns, self._clean)
        return self

    def answer(self, texts: Sequence[str]) -> tuple[Probabilities, Known]:
        return self.phrases_.answer(texts, len(self.classes_), self.task_)

    def reasons(self, text: str) -> Iterator[str]:
        """The phrases found in a text, in order; each gives the classes `phrases_.columns` lists for it."""
        return self.phrases_.found_in(text)

    @property
    def _clean(self) -> Cleaning:
        return Cleaning(self.config.cleaning, self.config.stem)

    def save_state(self, folder: Path) -> None:
        write_json(folder / _STATE, self.phrases_.to_json())

    @classmethod
    def load_state(cls, folder: Path, config: Mapping[str, Any], space: LabelSpace) -> Self:
        classifier = cls(config_from_json(RulesConfig, config))
        classifier.accept(space)
        content = read_json(folder / _STATE)
        try:
            classifier.phrases_ = Phrases.from_json(content, classifier._clean, len(space.classes))
        except ArtifactError as error:
            raise ArtifactError(f"{folder / _STATE}: {error}") from None
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
