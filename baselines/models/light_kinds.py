"""Kinds of classifier that answer without torch: what is loaded to serve one of them must not pay for its import."""

from __future__ import annotations

from baselines.classifier import Classifier
from baselines.models.chance import ChanceClassifier
from baselines.models.ensemble import EnsembleClassifier
from baselines.models.forests import BoostingClassifier, ForestClassifier
from baselines.models.knn import KnnClassifier
from baselines.models.linear import LinearClassifier
from baselines.models.rules import RulesClassifier

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
