"""Where a classifier made in Python came from, so that what is saved or shipped can say it.

Kept beside the classifiers and not in them: a classifier is what it answers with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.storage.artifact import Lineage, lineage_from

_KNOWN: WeakKeyDictionary[Classifier, Lineage] = WeakKeyDictionary()


def remember(classifier: Classifier, lineage: Lineage) -> None:
    """Keep where a classifier came from, for as long as there is the classifier."""
    _KNOWN[classifier] = lineage


def remember_step(
    child: Classifier, parent: Classifier, step: Mapping[str, Any], receipt: Mapping[str, Any], seed: int
) -> None:
    """A method that made one classifier of another; `step` is its name, as `method`, and its settings."""
    above = lineage_of(parent)
    remember(child, above.followed_by(f"{above.name}-{step['method']}", step, receipt, seed))


def lineage_of(classifier: Classifier, name: str = "", dataset: Dataset | None = None) -> Lineage:
    """What is known of a classifier, under another name where one is given.

    Args:
        classifier: whoever made it.
        name: "" keeps its own, or takes its kind.
        dataset: what it was trained on, as the caller says; None keeps what is known.
    """
    known = _KNOWN.get(classifier) or lineage_from(classifier.kind, None)
    stated = known.dataset if dataset is None else lineage_from(known.name, dataset).dataset
    return replace(known, name=name or known.name, dataset=stated)
