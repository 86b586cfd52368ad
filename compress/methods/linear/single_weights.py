"""Single weights of a linear model taken away, the others refitted to the answers of the whole model.

Most weights of a linear model over n-grams say next to nothing: of the sample's 1.6 million, 25,000 answer as all of
them do. What is left is chosen by worth (`compress.methods.linear.choosing`) in two stages, refitted after each, and
n-grams without a weight leave with their letters and idf.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from baselines.errors import NotCompressible
from baselines.models.linear import LinearClassifier
from compress.method import Context, Outcome, Receipt, refit_thresholds, title_of, validation_score
from compress.methods.linear.choosing import chosen
from compress.methods.linear.lessons import Learning, Lesson, State, own_answers

# What an n-gram costs in bytes beside its weights, in bytes of one weight.
PRICE_OF_ROW = 0.5
# The smallest share of the weights that is looked at is 2 ** (-_FINEST / 2).
_FINEST = 20


def prune_weights(parent: LinearClassifier, sparsity: float, learning: Learning, context: Context) -> Outcome:
    """Take `sparsity` of all weights away and refit; thresholds are chosen anew.

    Raises:
        NotCompressible: nothing would be taken away, or nothing left.
    """
    total, present = int(parent.coef_.size), int(np.count_nonzero(parent.coef_))
    n_left = total - round(sparsity * total)
    if n_left >= present or n_left < 1:
        raise NotCompressible(
            f"prune: sparsity {sparsity} would leave {n_left} of {present} weights; at least one has to go, and one to "
            "stay"
        )
    lesson, state = own_answers(parent, learning, context)
    child = _thinned(parent, state, n_left, lesson, learning, context)
    return child, _receipt(parent, child, {"sparsity_asked": sparsity}, lesson.said)


def prune_within(parent: LinearClassifier, tolerance: float, learning: Learning, context: Context) -> Outcome:
    """The fewest weights whose validation score falls by at most `tolerance` after refitting, by bisection.

    Shares of 1 / √2, 1 / 2, … 1 / 1,024 of the weights are tried. Scores go up and down by chance, so what is found is
    the edge of one stretch that keeps the tolerance.

    Raises:
        NotCompressible: even the largest share falls further.
    """
    lesson, state = own_answers(parent, learning, context)
    total, least = int(np.count_nonzero(state.weights)), validation_score(parent, context) - tolerance
    best: LinearClassifier | None = None
    scan: list[dict[str, float]] = []
    low, high = 0, _FINEST + 1  # the parent itself keeps any tolerance
    while high - low > 1:
        middle = (low + high) // 2
        child = _thinned(parent, state, max(1, round(total * 2 ** (-middle / 2))), lesson, learning, context)
        score = validation_score(child, context)
        scan.append({"sparsity": 1 - np.count_nonzero(child.coef_) / parent.coef_.size, "score": score})
        if score >= least:
            low, best = middle, child
        else:
            high = middle
    if best is None:
        raise NotCompressible(
            f"prune: no weights can go within a fall of {tolerance} in {title_of(context.validation)} on validation; "
            "raise the tolerance"
        )
    return best, _receipt(parent, best, {"sparsity_asked": None, "auto": True, "scan": scan}, lesson.said)


def _thinned(
    parent: LinearClassifier, state: State, n_left: int, lesson: Lesson, learning: Learning, context: Context
) -> LinearClassifier:
    mask = chosen(state.worth, n_left, PRICE_OF_ROW)
    state = state.thinned(mask, lesson).fitted(lesson, learning.steps(1.0), context)
    child = parent.with_weights(state.vectorizer, np.ascontiguousarray(state.weights.T), state.intercept)
    refit_thresholds(child, context, like=parent)
    return child


def _receipt(
    parent: LinearClassifier, child: LinearClassifier, asked: dict[str, Any], said: tuple[str, ...]
) -> Receipt:
    present = int(np.count_nonzero(parent.coef_))
    left, total = int(np.count_nonzero(child.coef_)), int(parent.coef_.size)
    before, after = parent.vectorizer_.n_features, child.vectorizer_.n_features
    facts: dict[str, Any] = {
        "criterion": "mean square of what a weight adds to a logit",
        **asked,
        "sparsity": 1 - left / total,
        "parameters_before": total,
        "parameters_after": int(child.coef_.size),
        "nonzero_before": present,
        "nonzero_after": left,
        "ngrams_before": before,
        "ngrams_after": after,
    }
    promised = 4 * (child.coef_.size + child.intercept_.size + after)
    promised += sum(len(name.encode()) + 3 for name in child.vectorizer_.names)
    notes = (
        f"{left} of {total} weights are left, in {after} of {before} n-grams",
        "refitted to the answers of the whole model",
        *said,
        "as floats, zeros take as many bytes as other weights: quantize it",
    )
    return Receipt("prune", present - left, promised, notes, facts)
