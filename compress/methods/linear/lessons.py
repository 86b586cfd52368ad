"""What a smaller linear model is to answer: probabilities for the training texts, and for mixtures of them.

A model that is made smaller learns its parent's own answers to the very texts that the parent was fitted to. Of a
network these would be memory of the labels; a linear model is regularised, so its answers say how far each label is
borne out by the words. On eight splits of two data sets a model of 13,000 weights that learned them lost 0.01 to 0.02
F1, with answers predicted out of fold or labels in their place 0.05 to 0.11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from baselines.models.linear import LinearClassifier
from baselines.task import BY_TASK, Link, Task, link
from baselines.text.ngrams import NgramTfidf
from compress.method import Context
from compress.methods.linear.choosing import mean_squares, worth_of
from compress.methods.linear.fitting import Array, Grid, Steps, fit_to, logits_of
from compress.methods.linear.rows import narrowed, rows_of
from compress.methods.mixing.extra_texts import mixtures_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


# At 2, what lies far from a decision counts more. On six splits of two data sets models of 13,000 weights lost 0.009 F1
# instead of 0.019, in 4 % fewer bytes; at 4 they lost 0.014, at 8 0.022.
TEMPERATURE = 2.0
# Of more training texts a sample is learned from: a pass over the texts is made tens of times, and the weights that are
# looked for say what the parent's weights say already. Below, every text is.
MOST_TEXTS = 30_000


@dataclass(frozen=True)
class Lesson:
    """Texts and what to answer.

    Attributes:
        texts: of the rows.
        wanted: probabilities at the temperature of the `Learning`, float32 (n_texts, C).
        task: whose link the answers are of: that of the data, or `multilabel` where each logit is fitted by itself.
        said: sentences for the receipt, where not all training texts are among them.
    """

    texts: tuple[str, ...]
    wanted: Array
    task: Task
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Learning:
    """How a smaller model learns what its parent answers.

    Attributes:
        passes: over the texts, in all; 0 learns nothing.
        rate: of the first pass.
        alpha: weight of the parent's answers, the rest is the labels'; mixtures have no labels.
        mixtures: mixed texts per training text.
        temperature: T > 0 that answers are compared at.
    """

    passes: int
    rate: float
    alpha: float = 1.0
    mixtures: float = 0.0
    temperature: float = TEMPERATURE

    def steps(self, share: float, slower: float = 1.0) -> Steps:
        """A share of the passes, at the rate divided by `slower`."""
        return Steps(round(self.passes * share), self.rate / slower, temperature=self.temperature)


@dataclass(frozen=True)
class State:
    """A linear model on the way, with its texts as rows.

    Attributes:
        vectorizer: text to row.
        rows: float32 (n_texts, n_features).
        weights: float32 (n_features, C).
        intercept: float32 (C,).
        sampled: whether the texts are some of the training texts only.
    """

    vectorizer: NgramTfidf
    rows: csr_matrix
    weights: Array
    intercept: Array
    sampled: bool = False

    @classmethod
    def of(cls, model: LinearClassifier, texts: Sequence[str], sampled: bool = False) -> State:
        """A fitted model, only read."""
        weights = np.ascontiguousarray(model.coef_.T, np.float32)
        intercept = model.intercept_.astype(np.float32)
        return cls(model.vectorizer_, rows_of(model.vectorizer_, texts), weights, intercept, sampled)

    @property
    def mean_squares(self) -> Array:
        """See `compress.methods.linear.choosing`; float32 (n_features,)."""
        return mean_squares(self.rows, self.sampled)

    @property
    def worth(self) -> Array:
        """See `compress.methods.linear.choosing`; float32 (n_features, C)."""
        return worth_of(self.rows, self.weights, self.sampled)

    def thinned(self, mask: NDArray[np.bool_], lesson: Lesson) -> State:
        """Without the weights that the mask hides, and without the n-grams that have none left; bool like weights."""
        keep = np.asarray(mask.any(axis=1), np.bool_)
        weights = self.weights[keep] * mask[keep]
        if keep.all():
            return replace(self, weights=weights)
        rows, vectorizer = narrowed(self.rows, self.vectorizer, keep, lesson.texts)
        return replace(self, vectorizer=vectorizer, rows=rows, weights=weights)

    def fitted(self, lesson: Lesson, steps: Steps, context: Context, grid: Grid | None = None) -> State:
        """With the weights that aren't zero, and the intercepts, moved towards the lesson."""
        if not steps.n:
            return self
        weights, intercept = fit_to(
            self.rows,
            lesson.wanted,
            self.weights,
            self.intercept,
            steps,
            lesson.task,
            mask=self.weights != 0,
            grid=grid,
            seed=context.seed,
            progress=context.progress,
        )
        return replace(self, weights=weights, intercept=intercept)


def own_answers(parent: LinearClassifier, learning: Learning, context: Context) -> tuple[Lesson, State]:
    """The lesson of a parent's answers, mixed with the labels where there are any, and the parent as a state."""
    context, said = sampled(context)
    train = context.train
    texts = (*train.texts, *mixtures_of(train, learning.mixtures, [context.seed, 3]).texts)
    state = State.of(parent, texts, bool(said))
    logits = logits_of(state.rows, state.weights, state.intercept) / np.float32(learning.temperature)
    if link_of(parent) != BY_TASK:
        # Its logits have no link that a loss of ours knows; each is fitted as a yes or no of its own.
        return Lesson(texts, link(logits, "multilabel"), "multilabel", said), state
    return Lesson(texts, told(link(logits, train.task), context, learning.alpha), train.task, said), state


def sampled(context: Context) -> tuple[Context, tuple[str, ...]]:
    """The same with at most `MOST_TEXTS` training texts, drawn by the seed, and the sentence that says so."""
    n = len(context.train)
    if n <= MOST_TEXTS:
        return context, ()
    chosen = np.sort(np.random.default_rng([context.seed, 5]).choice(n, MOST_TEXTS, replace=False))
    soft = None if context.soft_targets is None else context.soft_targets[chosen]
    groups = tuple(context.groups[row] for row in chosen.tolist()) if context.groups else ()
    fewer = replace(context, train=context.train.take(chosen), soft_targets=soft, groups=groups)
    return fewer, (f"learned from {MOST_TEXTS:,} of {n:,} training texts, drawn by seed {context.seed}",)


def told(answers: Array, context: Context, alpha: float) -> Array:
    """Answers of a teacher, those for the training texts mixed with their labels: alpha · answer + (1 - alpha) · label.

    Cross-entropy is linear in what is wanted, so this is the sum of both losses in these shares.
    """
    wanted: Array = answers.copy()
    n = len(context.train)
    wanted[:n] *= np.float32(alpha)
    wanted[:n] += np.float32(1 - alpha) * context.train.labels
    return wanted


def link_of(parent: LinearClassifier) -> Link:
    """How its logits become probabilities; models made elsewhere may have another way than their task's."""
    found = getattr(parent, "link", BY_TASK)
    return found if isinstance(found, Link) else BY_TASK
