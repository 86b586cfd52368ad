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
from compress.method import Context, Outcome, Receipt, refit_thresholds
from compress.methods.linear.choosing import chosen, worth_of
from compress.methods.linear.lessons import Learning, Lesson, State, own_answers

# What an n-gram costs in bytes beside its weights, in bytes of one weight.
PRICE_OF_ROW = 0.5
# The share of what leaves that is gone after the first of two stages, on a logarithmic scale.
_HALFWAY = 0.5


def prune_weights(parent: LinearClassifier, sparsity: float, learning: Learning, context: Context) -> Outcome:
    """Take `sparsity` of all weights away and refit; thresholds are chosen anew.

    Raises:
        NotCompressible: nothing would be taken away, or nothing left.
    """
    total = int(parent.coef_.size)
    n_left = total - round(sparsity * total)
    present = int(np.count_nonzero(parent.coef_))
    if n_left >= present or n_left < 1:
        raise NotCompressible(
            f"prune: sparsity {sparsity} would leave {n_left} of {present} weights; at least one has to go, and "
            "one to stay"
        )
    lesson, state = own_answers(parent, learning, context)
    state = thinned_in_stages(state, n_left, lesson, learning, context)
    child = parent.with_weights(state.vectorizer, np.ascontiguousarray(state.weights.T), state.intercept)
    refit_thresholds(child, context, like=parent)
    return child, _receipt(parent, child, sparsity, present)


def thinned_in_stages(state: State, n_left: int, lesson: Lesson, learning: Learning, context: Context) -> State:
    """About n_left weights, those that are worth most; refitted on the way, for a third of the passes, and at the end.

    Args:
        state: where to begin; only read.
        n_left: at least 1.
        lesson: what is answered.
        learning: how.
        context: seed and progress.
    """
    present = int(np.count_nonzero(state.weights))
    halfway = round(n_left * (present / n_left) ** _HALFWAY)
    for n, share in ((halfway, 1 / 3), (n_left, 2 / 3)):
        if n < np.count_nonzero(state.weights):
            mask = chosen(worth_of(state.rows, state.weights), n, PRICE_OF_ROW)
            state = state.thinned(mask, lesson).fitted(lesson, learning.steps(share), context)
    return state


def _receipt(parent: LinearClassifier, child: LinearClassifier, sparsity: float, present: int) -> Receipt:
    left, total = int(np.count_nonzero(child.coef_)), int(parent.coef_.size)
    before, after = parent.vectorizer_.n_features, child.vectorizer_.n_features
    facts: dict[str, Any] = {
        "criterion": "mean square of what a weight adds to a logit",
        "sparsity_asked": sparsity,
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
        "as floats, zeros take as many bytes as other weights: quantize it",
    )
    return Receipt("prune", present - left, promised, notes, facts)
