"""What a classifier should do whatever its F1: behavioural tests of three kinds.

Source: Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList" (2020). Minimum
functionality: the name of a class alone gets the class. Invariance: a change that keeps the meaning keeps the labels.
Directional: naming a class must not make it less likely. Everything is made from the classes, the taxonomy (where there
is one) and real texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.dataset import Part, TaxonomyEntry
from baselines.task import LabelMatrix, LabelSpace, Probabilities, Thresholds, decide

N_TEXTS = 200
EXAMPLES = 3
# A probability may fall by this much before a directional test fails.
TOLERANCE = 0.01

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_PUNCTUATION = re.compile(r"[^\w\s]+")

Json = dict[str, Any]
PredictProba = Callable[[Sequence[str]], Probabilities]


@dataclass(frozen=True)
class Subject:
    """The classifier under test: anything that can predict.

    Attributes:
        predict_proba: texts -> float32 (n_texts, n_classes).
        thresholds: float32 (n_classes,).
        space: what it can answer.
    """

    predict_proba: PredictProba
    thresholds: Thresholds
    space: LabelSpace

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.space.classes

    def decide(self, texts: Sequence[str]) -> LabelMatrix:
        """bool (n_texts, n_classes)."""
        return decide(self.predict_proba(texts), self.thresholds, self.space.task)

    def names(self, row: LabelMatrix) -> list[str]:
        """Classes of one row."""
        return [self.classes[column] for column in np.flatnonzero(row).tolist()]


def run_behaviour(subject: Subject, part: Part, seed: int, *, n_texts: int = N_TEXTS) -> list[Json]:
    """Run every test that the data allows.

    Args:
        subject: what is tested.
        part: where texts and taxonomy come from; its labels are not read.
        seed: chooses the texts and the classes that are named in them.
        n_texts: at most so many texts a test.

    Returns:
        `{"test", "kind", "n", "failed", "examples": [{"text", "expected", "got"}]}` a test, three examples at most.
        Tests without a case (no aliases, no text of two sentences) are left out.
    """
    rng = np.random.default_rng(seed)
    texts = [part.texts[i] for i in rng.permutation(len(part))[:n_texts].tolist() if part.texts[i].strip()]
    synonyms = names_of(part.classes, part.taxonomy)
    unchanged = subject.predict_proba(texts)
    before = decide(unchanged, subject.thresholds, subject.space.task)
    results = [
        _minimum("a class's name alone gets the class", subject, [(c, synonyms[c][0]) for c in part.classes]),
        _minimum("an alias alone gets its class", subject, [(c, a) for c in part.classes for a in synonyms[c][1:]]),
    ]
    for title, change in {**CHANGES, "another name of the same class": _swap_names(synonyms)}.items():
        results.append(_invariance(title, subject, texts, before, change))
    results.append(_directional(subject, texts, unchanged, synonyms, rng))
    return [result for result in results if result["n"]]


def names_of(classes: Sequence[str], taxonomy: Sequence[TaxonomyEntry]) -> dict[str, tuple[str, ...]]:
    """Names of each class: its own, hyphens and underscores read as spaces, then its aliases."""
    aliases = {entry.tag: entry.aliases for entry in taxonomy}
    spoken = {c: re.sub(r"[-_]+", " ", c).strip() or c for c in classes}
    return {c: tuple(dict.fromkeys([spoken[c], *aliases.get(c, ())])) for c in classes}


def _minimum(title: str, subject: Subject, cases: Sequence[tuple[str, str]]) -> Json:
    decisions = subject.decide([name for _, name in cases])
    failures = [
        {"text": name, "expected": [class_], "got": subject.names(row)}
        for (class_, name), row in zip(cases, decisions, strict=True)
        if not row[subject.classes.index(class_)]
    ]
    return _result(title, "minimum functionality", len(cases), failures)


def _invariance(
    title: str, subject: Subject, texts: Sequence[str], before: LabelMatrix, change: Callable[[str], str]
) -> Json:
    changed = {row: new for row, text in enumerate(texts) if (new := change(text)) != text}
    after = subject.decide(list(changed.values()))
    failures = [
        {"text": new, "expected": subject.names(before[row]), "got": subject.names(own)}
        for (row, new), own in zip(changed.items(), after, strict=True)
        if (before[row] != own).any()
    ]
    return _result(title, "invariance", len(changed), failures)


def _directional(
    subject: Subject,
    texts: Sequence[str],
    unchanged: Probabilities,
    synonyms: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
) -> Json:
    columns = rng.integers(len(subject.classes), size=len(texts)).tolist()
    named = [f"{text} {synonyms[subject.classes[c]][0]}" for text, c in zip(texts, columns, strict=True)]
    rows = np.arange(len(texts))
    before, after = (answers[rows, columns] for answers in (unchanged, subject.predict_proba(named)))
    failures = [
        {
            "text": named[row],
            "expected": [f"{subject.classes[columns[row]]} at least {before[row]:.2f}"],
            "got": [f"{subject.classes[columns[row]]} {after[row]:.2f}"],
        }
        for row in np.flatnonzero(after < before - TOLERANCE).tolist()
    ]
    return _result("naming a class at the end does not make it less likely", "directional", len(texts), failures)


def _result(title: str, kind: str, n: int, failures: Sequence[Json]) -> Json:
    return {"test": title, "kind": kind, "n": n, "failed": len(failures), "examples": list(failures[:EXAMPLES])}


def _reverse_sentences(text: str) -> str:
    return " ".join(reversed(_SENTENCE_END.split(text.strip())))


CHANGES: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "without punctuation": lambda text: _PUNCTUATION.sub(" ", text),
    "blanks around it": lambda text: f"  {text} \n",
    "sentences in reverse order": _reverse_sentences,
}


def _swap_names(synonyms: Mapping[str, Sequence[str]]) -> Callable[[str], str]:
    """Replaces each name of a class by the class's next name ("transformers" by "BERT", say); longest names first."""
    following = dict(_successors(synonyms))
    if not following:
        return lambda text: text
    longest_first = sorted(following, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    return lambda text: pattern.sub(lambda match: following.get(match[0].lower(), match[0]), text)


def _successors(synonyms: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    for names in synonyms.values():
        if len(names) > 1:
            yield from zip(map(str.lower, names), [*names[1:], names[0]], strict=True)
