"""scikit-learn pipelines fitted on the invented data sets of each task."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from baselines.task import Task
from compress.foreign.pipelines import adopt_pipeline
from compress.kinds.adopted_linear import AdoptedLinear
from tests.cases.task_case import task_data

# Symbols are tokens too, so that the pairs of each task can be told apart.
TOKENS = r"\w+|[^\w\s]"


def learned(task: Task) -> tuple[list[str], Any]:
    """Texts and targets, as scikit-learn wants them."""
    part = task_data(task).part("train")
    if task == "multilabel":
        return list(part.texts), part.labels.astype(int)
    if task == "multiclass":
        return list(part.texts), np.array(part.classes)[part.labels.argmax(axis=1)]
    return list(part.texts), np.where(part.labels[:, 0], "good", "bad")


def fitted(task: Task, *steps: Any) -> Pipeline:
    """A pipeline of these steps, fitted; without any the usual one."""
    if not steps:
        classifier = LogisticRegression(C=10.0)
        last = OneVsRestClassifier(classifier) if task == "multilabel" else classifier
        steps = (TfidfVectorizer(token_pattern=TOKENS, ngram_range=(1, 2)), last)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = [step if isinstance(step, str) else clone(step) for step in steps]
        return make_pipeline(*own).fit(*learned(task))


@cache
def adopted_model(task: Task) -> AdoptedLinear:
    """The usual pipeline, taken over with the classes of the data."""
    data = task_data(task).everything
    names = None if task == "multiclass" else ("bad", "good") if task == "binary" else data.classes
    return adopt_pipeline(fitted(task), classes=names, n_random=50)[0]
