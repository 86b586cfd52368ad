"""What a classifier should do whatever its score: behavioural tests of four kinds.

Source: Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList" (2020). Minimum
functionality: the name of a class alone gets the class, and a text without anything known gets what the training data
say of such texts. Invariance: a change that keeps the meaning keeps the labels. Directional: naming a class must not
make it less likely. Sensitivity: a change that can turn the meaning round changes some answers; which ones nobody can
know, so it only fails where the model doesn't even see it. Everything is made from the classes, the taxonomy (where
there is one) and real texts, and only where those have it: a class whose name no text holds isn't asked for by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.dataset import Part, TaxonomyEntry
from baselines.task import Known, LabelMatrix, LabelSpace, Probabilities, Thresholds, decide, unknown_answer
from bench.numbers.samples import MOST_ASKED, sampled_rows
from bench.quality.wording import INVARIANT, MEANING, Change, Turn

N_TEXTS = 200
EXAMPLES = 3
# A probability may fall by this much before a directional test fails.
TOLERANCE = 0.01
# A sensitivity test needs what it is about in more than this share of the texts, and so many to change.
LEAST_SHARE = 0.05
LEAST_TEXTS = 5
# Engines of one model agree to about this; what moves a probability by more was read.
_MOVED = 1e-5
# Nothing at all, blanks, and what is only there to steer the display.
_NOTHING = ("", " ", " \t\n ", "\u200b\u00ad")
# Letters of scripts that hardly any data hold: Ogham, runes, Gothic. Only those that the texts don't have are asked.
_SCRIPTS = ("\u1681\u1682\u1683", "\u16a0\u16a2\u16a6", "\U00010330\U00010331\U00010332")

Json = dict[str, Any]
PredictProba = Callable[[Sequence[str]], Probabilities]
FindKnown = Callable[[Sequence[str]], Known]


@dataclass(frozen=True)
class Subject:
    """The classifier under test: anything that can predict.

    Attributes:
        predict_proba: texts -> float32 (n_texts, n_classes).
        thresholds: float32 (n_classes,).
        space: what it can answer.
        known: texts -> bool (n_texts,), whether anything in them is known; None where it can't be asked.
    """

    predict_proba: PredictProba
    thresholds: Thresholds
    space: LabelSpace
    known: FindKnown | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.space.classes

    def decide(self, texts: Sequence[str]) -> LabelMatrix:
        """bool (n_texts, n_classes)."""
        return decide(self.predict_proba(texts), self.thresholds, self.space.task)

    def names(self, row: LabelMatrix) -> list[str]:
        """What one row says."""
        return self.space.said(row)


def run_behaviour(subject: Subject, part: Part, seed: int, *, n_texts: int = N_TEXTS) -> list[Json]:
    """Run every test that the data allows.

    Args:
        subject: what is tested.
        part: where texts and taxonomy come from; its labels only say which class names mean their class, of more than
            `MOST_ASKED` texts those of so many.
        seed: chooses the texts and the classes that are named in them.
        n_texts: at most so many texts a test.

    Returns:
        `{"test", "kind", "n", "failed", "examples": [{"text", "expected", "got"}]}` a test, three examples at most; of
        sensitivity also `changed`, how many answers changed, and `expected`, a sentence. Tests without a case (no
        aliases, no text of two sentences, hardly a negation) are left out.
    """
    rng = np.random.default_rng(seed)
    texts = [part.texts[i] for i in rng.permutation(len(part))[:n_texts].tolist() if part.texts[i].strip()]
    synonyms = names_of(part.classes, part.taxonomy)
    some = part if len(part) <= MOST_ASKED else part.take(sampled_rows(len(part)))
    naming = telling_names(some, synonyms)
    unchanged = subject.predict_proba(texts)
    before = decide(unchanged, subject.thresholds, subject.space.task)
    own = [(c, synonyms[c][0]) for c in naming if synonyms[c][0] in naming[c]]
    aliases = [(c, name) for c in naming for name in naming[c] if name != synonyms[c][0]]
    results = [
        _minimum("a class's name alone gets the class", subject, own),
        _minimum("an alias alone gets its class", subject, aliases),
        _nothing_known(subject, part),
    ]
    for title, change in {**INVARIANT, "another name of the same class": _swap_names(synonyms)}.items():
        results.append(_invariance(title, subject, texts, before, change))
    results.append(_directional(subject, texts, unchanged, own, rng))
    results += [_sensitivity(title, subject, texts, unchanged, turn) for title, turn in MEANING.items()]
    return [result for result in results if result["n"]]


def names_of(classes: Sequence[str], taxonomy: Sequence[TaxonomyEntry]) -> dict[str, tuple[str, ...]]:
    """Names of each class: its own, hyphens and underscores read as spaces, then its aliases."""
    aliases = {entry.tag: entry.aliases for entry in taxonomy}
    spoken = {c: re.sub(r"[-_]+", " ", c).strip() or c for c in classes}
    return {c: tuple(dict.fromkeys([spoken[c], *aliases.get(c, ())])) for c in classes}


def telling_names(part: Part, synonyms: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """By class, those of its names that mean it: all that a taxonomy gives, else those that texts of the class hold.

    Without a taxonomy a class may have a name that means nothing in its texts ("HUM"), or something else ("positive"):
    at least half of the texts that hold it must have the class.
    """
    described = {entry.tag for entry in part.taxonomy}
    lowered = [text.casefold() for text in part.texts]
    found: dict[str, list[str]] = {}
    for column, class_ in enumerate(part.classes):
        for name in synonyms[class_]:
            if class_ in described:
                found.setdefault(class_, []).append(name)
                continue
            word = re.compile(rf"(?<!\w){re.escape(name.casefold())}(?!\w)")
            rows = [row for row, text in enumerate(lowered) if name.casefold() in text and word.search(text)]
            if rows and part.labels[rows, column].mean() >= 0.5:
                found.setdefault(class_, []).append(name)
    return found


def _nothing_known(subject: Subject, part: Part) -> Json:
    """Texts without anything known get what the data say of them, and the answer says that nothing was known.

    A script that no text has counts where the model says it doesn't know it; one that reads bytes may know some.
    """
    held = set("".join(part.texts))
    texts = [*_NOTHING, *(script for script in _SCRIPTS if not held & set(script))]
    known = np.zeros(len(texts), bool) if subject.known is None else subject.known(texts)
    itself = subject.space.answers_unknown  # a model from elsewhere, which may know a blank, and answers all alike
    rows = [row for row in range(len(texts)) if (row < len(_NOTHING) and not itself) or not known[row]]
    expected = unknown_answer(subject.space, subject.thresholds)
    if itself and rows:
        expected = subject.predict_proba([texts[rows[0]]])[0]
    answers = subject.predict_proba([texts[row] for row in rows])
    wanted = subject.names(decide(expected[None], subject.thresholds, subject.space.task)[0])
    failures = [
        {
            "text": texts[row],
            "expected": [*wanted, "known: false"],
            "got": [*subject.names(own), f"known: {str(bool(known[row])).lower()}"],
        }
        for row, answer, own in zip(rows, answers, decide(answers, subject.thresholds, subject.space.task), strict=True)
        if known[row] or not np.allclose(answer, expected, atol=1e-4)
    ]
    return _result("a text without anything known", "minimum functionality", len(rows), failures)


def _minimum(title: str, subject: Subject, cases: Sequence[tuple[str, str]]) -> Json:
    if not cases:
        return _result(title, "minimum functionality", 0, [])
    decisions = subject.decide([name for _, name in cases])
    failures = [
        {"text": name, "expected": [class_], "got": subject.names(row)}
        for (class_, name), row in zip(cases, decisions, strict=True)
        if not row[subject.classes.index(class_)]
    ]
    return _result(title, "minimum functionality", len(cases), failures)


def _invariance(title: str, subject: Subject, texts: Sequence[str], before: LabelMatrix, change: Change) -> Json:
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
    naming: Sequence[tuple[str, str]],
    rng: np.random.Generator,
) -> Json:
    title = "naming a class at the end does not make it less likely"
    if not naming:
        return _result(title, "directional", 0, [])
    drawn = [naming[i] for i in rng.integers(len(naming), size=len(texts))]
    columns = [subject.classes.index(class_) for class_, _ in drawn]
    named = [f"{text} {name}" for text, (_, name) in zip(texts, drawn, strict=True)]
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
    return _result(title, "directional", len(texts), failures)


def _sensitivity(title: str, subject: Subject, texts: Sequence[str], unchanged: Probabilities, turn: Turn) -> Json:
    """How often a change of meaning changes the answer; failed where the model doesn't even see it.

    That is where no probability moves; for a change that decides what is asked for, where no answer does, unless there
    are several labels a text, which are mostly topics.
    """
    changed = {row: new for row, text in enumerate(texts) if (new := turn.change(text)) != text}
    holding = sum(turn.held(text) != text for text in texts)
    if len(changed) < LEAST_TEXTS or holding <= LEAST_SHARE * len(texts):
        return _result(title, "sensitivity", 0, [])
    rows, after = list(changed), subject.predict_proba(list(changed.values()))
    task = subject.space.task
    before, now = (decide(p, subject.thresholds, task) for p in (unchanged[rows], after))
    n_changed = int((before != now).any(axis=1).sum())
    by_answers = turn.decides and task != "multilabel"
    seen = n_changed > 0 if by_answers else bool((np.abs(after - unchanged[rows]) > _MOVED).any())
    expected = "some answers change" if by_answers else "some probabilities move"
    failures = [
        {"text": new, "expected": [expected], "got": subject.names(own)}
        for new, own in zip(changed.values(), now, strict=True)
    ]
    result = _result(title, "sensitivity", len(changed), [] if seen else failures)
    return {**result, "changed": n_changed, "expected": f"{expected}; by how many is for the reader to judge"}


def _result(title: str, kind: str, n: int, failures: Sequence[Json]) -> Json:
    return {"test": title, "kind": kind, "n": n, "failed": len(failures), "examples": list(failures[:EXAMPLES])}


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
