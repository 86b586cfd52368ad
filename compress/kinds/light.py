"""Every kind that answers without torch, also those that methods make: what serves one must not pay for its import."""

from __future__ import annotations

from baselines.classifier import Classifier
from baselines.models.light_kinds import LIGHT_KINDS as LIGHT_BASELINES
from compress.kinds.adopted_linear import AdoptedLinear
from compress.kinds.int_linear import IntLinearClassifier
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier

_MADE: tuple[type[Classifier], ...] = (FloatTableClassifier, IntTableClassifier, IntLinearClassifier, AdoptedLinear)
LIGHT_KINDS: dict[str, type[Classifier]] = LIGHT_BASELINES | {kind.kind: kind for kind in _MADE}
