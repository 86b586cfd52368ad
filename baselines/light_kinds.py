"""Kinds of classifier that answer without torch: what is loaded to serve one of them must not pay for its import."""

from __future__ import annotations

from baselines.chance import ChanceClassifier
from baselines.classifier import Classifier
from baselines.ensemble import EnsembleClassifier
from baselines.forests import BoostingClassifier, ForestClassifier
from baselines.linear import LinearClassifier
from baselines.rules import RulesClassifier
from baselines.tfidf import KnnClassifier

LIGHT_KINDS: dict[str, type[Classifier]] = {
    kind.kind: kind
    for kind in (
        ChanceClassifier,
        RulesClassifier,
        LinearClassifier,
        KnnClassifier,
        ForestClassifier,
        BoostingClassifier,
        EnsembleClassifier,
    )
}
