"""In which order models are worth their time: what is cheap and often wins first, what seldom pays last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from baselines.task import Task
from bench.making.adopted import ADOPTED
from bench.making.variants import LINEAR, REFERENCE, STUDENT, Variant

# Without a guess nobody knows whether a score means anything; it costs nothing.
_GUESSES = ("chance-majority", "chance-frequency", "chance-coin")
# A model from elsewhere is fitted already.
_FIRST = (LINEAR, ADOPTED)
# The linear model in few bits is the smallest model that was recommended on most data so far.
_FIRST_OF_LINEAR = ("int4", "pruned-int4", "few-int4", "sparse-int4")
_FIRST_OF_CNN = (f"{REFERENCE}-int8", f"{REFERENCE}-int4", STUDENT, f"{STUDENT}-control", f"{STUDENT}-int4", "smallest")
_REST = (
    *("rules", "tfidf-logistic", "tfidf-svm", "rules-stemmed", "tfidf-knn", "tfidf-forest", "tfidf-boosting", "rnn"),
    *("ensemble", "transformer-frozen", "transformer-tuned"),
)


def by_worth(
    baselines: Sequence[str],
    variants: Sequence[Variant],
    task: Task,
    *,
    asked: Collection[str] = (),
    members: Sequence[str] = (),
) -> list[str]:
    """Names of all models, the most worthwhile first; each comes after what it is made of.

    A guess of the task; the linear model and what is made of it; the CNN, its tables, and students; the other
    baselines; variants that explain more than they are likely to win. What was asked for by name comes before what
    wasn't.

    Args:
        baselines, variants: of the study, parents first.
        task: decides which guess is the one to beat.
        asked: names given with --only or --baseline.
        members: baselines that the ensemble averages.
    """
    of = {variant.name: variant for variant in variants}
    names = [*baselines, *of]
    ordered = sorted(names, key=lambda name: (name not in asked, _rank(name, of.get(name), task), names.index(name)))
    needs = {name: [v.parent, *([v.teacher] if isinstance(v.teacher, str) else [])] for name, v in of.items()}
    return _needed_first(ordered, {**needs, "ensemble": list(members)})


def _rank(name: str, variant: Variant | None, task: Task) -> tuple[int, int]:
    if name == (_GUESSES[0] if task != "multilabel" else _GUESSES[1]):
        return 0, 0
    if name in _FIRST or (variant is not None and _root(variant) in _FIRST):
        return 1, 0 if variant is None else 1 + _place(name.partition("-")[2], _FIRST_OF_LINEAR)
    if name == REFERENCE:
        return 2, 0
    if name in _FIRST_OF_CNN:
        return 2, 1 + _place(name, _FIRST_OF_CNN)
    return (3, _place(name, _REST)) if variant is None else (4, 0)


def _root(variant: Variant) -> str:
    return variant.parent.partition("-")[0]


def _place(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)


def _needed_first(ordered: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The same order, but whoever is needed moves before the first that needs it."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in found or name not in known:
            return
        for other in needs.get(name, ()):
            add(other)
        found[name] = None

    known = set(ordered)
    for name in ordered:
        add(name)
    return list(found)
