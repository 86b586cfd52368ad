"""Adopt: a fitted scikit-learn pipeline over texts becomes a linear model of ours, exactly, and proves it.

A pipeline of vectorizers, linear steps and a linear classifier is one linear map of n-gram values. Its steps are read
(`steps`), its classifier (`heads`), both are folded together (`assembly`); then both models answer the caller's texts
and random ones, and their probabilities must agree to 1e-6 and their decisions altogether. Whatever can't be taken over
so is refused, naming the step, the setting and the way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from baselines.classifier import check_texts
from baselines.task import Task
from compress.foreign.pipelines.assembly import assembled, space_of
from compress.foreign.pipelines.heads import Head, Scores, head_of, is_bernoulli
from compress.foreign.pipelines.probes import random_texts
from compress.foreign.pipelines.proof import TOLERANCE, Agreement, compared
from compress.foreign.pipelines.refusal import fitted, refused
from compress.foreign.pipelines.steps import applied, column_of
from compress.kinds.adopted_linear import AdoptedLinear
from compress.method import Receipt

N_RANDOM = 500
# Of the caller's texts; more would take longer than training did.
MOST_TEXTS = 2000
_WORDS = 2000


def adopt_pipeline(
    pipeline: Any,
    *,
    texts: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    task: Task | None = None,
    scores: Scores | None = None,
    n_random: int = N_RANDOM,
    seed: int = 0,
) -> tuple[AdoptedLinear, Receipt]:
    """Take over a fitted pipeline, so that every method applies to it.

    Args:
        pipeline: fitted `Pipeline` from texts to classes, or a search whose `best_estimator_` is one. Only asked.
        texts: to compare on, besides random ones.
        classes: names in place of the classifier's `classes_`, in their order; of a binary task the negative one first.
            Needed where the labels of several outputs have no names.
        task: None takes what the classifier answers; `multiclass` takes two classes as two.
        scores: None takes its probabilities, or its margins where it has none: then ours are the task's link of the
            margins. `margins` takes them anyway.
        n_random: random texts to compare on besides, of many kinds (`probes`).
        seed: of these.

    Returns:
        the classifier, and a receipt with what was found and how closely both agree.

    Raises:
        NotCompressible: it computes something else; names the step, the setting and the way out.
    """
    pipeline = whole(pipeline)
    try:
        steps, head, model = _read(pipeline, classes, task, scores)
    except (AttributeError, TypeError, ValueError, LookupError, ArithmeticError, MemoryError) as error:
        what = f"its parts don't hold together ({type(error).__name__}: {error!s:.200})"
        raise refused("pipeline", what, "fit it again with this version of scikit-learn") from None
    column = column_of(steps[0]) if type(steps[0]) is ColumnTransformer else None
    asked = [*_some(check_texts(texts or [])), *random_texts(_known_words(model), n_random, seed)]
    agreement = compared(pipeline, column, head, model, asked)
    if not agreement.holds:
        raise _differs(steps[-1], head, model, agreement)
    return model, _receipt(steps, head, model, agreement)


def _read(
    pipeline: Pipeline, classes: Sequence[str] | None, task: Task | None, scores: Scores | None
) -> tuple[list[Any], Head, AdoptedLinear]:
    steps = [step for _, step in pipeline.steps if step is not None and not _passes(step)]
    if len(steps) < 2:
        raise refused("pipeline", "no classifier behind a vectorizer", "adopt make_pipeline(vectorizer, classifier)")
    features = None
    for step in steps[:-1]:
        features = applied(step, features)
    if features is None:
        raise refused(
            "pipeline", "no vectorizer", "let a CountVectorizer, TfidfVectorizer or HashingVectorizer read the texts"
        )
    if is_bernoulli(steps[-1]):
        features = features.binarised(steps[-1])
    head = head_of(steps[-1], features.n_out, scores)
    return steps, head, assembled(features, head, space_of(head, classes, task))


def whole(pipeline: Any) -> Pipeline:
    """The pipeline itself, of a search the best one; refuses anything else."""
    best = getattr(pipeline, "best_estimator_", None)
    if best is not None and type(pipeline).__module__.startswith("sklearn.model_selection"):
        pipeline = best
    elif hasattr(pipeline, "param_grid") or hasattr(pipeline, "param_distributions"):
        raise refused(pipeline, "no best_estimator_", "fit it with refit=True, then adopt it")
    if type(pipeline) is not Pipeline:
        raise refused(pipeline, "not a pipeline", "adopt a fitted make_pipeline(vectorizer, classifier)")
    fitted(pipeline, "steps")
    return _flat(pipeline)


def _flat(pipeline: Any) -> Pipeline:
    """A search as the last step is its best classifier."""
    name, last = pipeline.steps[-1]
    best = getattr(last, "best_estimator_", None)
    if best is None or not type(last).__module__.startswith("sklearn.model_selection"):
        return pipeline
    return Pipeline([*pipeline.steps[:-1], (name, best)])


def _passes(step: Any) -> bool:
    return isinstance(step, str) and step == "passthrough"


def _some(texts: Sequence[str]) -> list[str]:
    places = np.linspace(0, len(texts) - 1, MOST_TEXTS).astype(int) if len(texts) > MOST_TEXTS else range(len(texts))
    return [texts[int(place)] for place in places]


def _known_words(model: AdoptedLinear) -> list[str]:
    terms = [term for block in model.exact[0].blocks for term in block.vocabulary]
    return terms[:: max(1, len(terms) // _WORDS)]


def _differs(step: Any, head: Head, model: AdoptedLinear, agreement: Agreement) -> Exception:
    example = ascii(agreement.worst[:60])
    if agreement.largest <= TOLERANCE:
        return refused(
            step,
            f"{agreement.changed} of {agreement.n_texts} texts get another class, such as {example}: probabilities so "
            "near to 0 or 1 that they no longer tell classes apart",
            "adopt it with scores='margins', or scale its features",
        )
    return refused(
        "pipeline",
        f"probabilities differ by up to {agreement.largest:.1e} (allowed: {TOLERANCE:g}), most on {example}, and "
        f"{agreement.changed} of {agreement.n_texts} decisions",
        "fit it with dtype=numpy.float64 where it has another, or without the steps that aren't scikit-learn's own",
    )


def _receipt(steps: Sequence[Any], head: Head, model: AdoptedLinear, agreement: Agreement) -> Receipt:
    vectorizer, weights, intercept = model.exact
    names = [type(step).__name__ for step in steps]
    size = weights.size + intercept.size
    notes = [
        f"read: {' → '.join(names)}",
        f"{agreement.n_texts} texts answered alike, probabilities at most {agreement.largest:.1e} apart, no decision "
        "changed",
    ]
    if head.scores == "margins":
        notes.append(
            "it has margins and no probabilities; those given are the task's link of the margins, uncalibrated"
        )
    if agreement.ties:
        notes.append(f"{agreement.ties} of these texts are ties, which the last bits decide")
    facts = {
        "steps": names,
        "ngrams": vectorizer.n_features,
        "link": model.link.name,
        "scores": head.scores,
        "texts": agreement.n_texts,
        "largest_difference": agreement.largest,
        "changed_decisions": agreement.changed,
        "ties": agreement.ties,
        "parameters_before": size,
        "parameters_after": size,
    }
    text = sum(len(name.encode()) + 3 for name in vectorizer.names)
    return Receipt("adopt", size, 8 * (size + vectorizer.n_features) + text, tuple(notes), facts)
