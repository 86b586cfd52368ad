"""Classifiers in memory as the explanations read them: the character CNN is explained by its tables, folded exactly."""

from __future__ import annotations

from baselines.classifier import Classifier
from baselines.models.cnn import CharCNNClassifier
from compress.kinds.table_classifiers import FloatTableClassifier
from compress.methods.fold import fold_module


def explainable(classifier: Classifier) -> Classifier:
    """What `exports.runtime.explain` can take apart in place of a classifier: itself, or the CNN in its table form."""
    if not isinstance(classifier, CharCNNClassifier):
        return classifier
    folded = FloatTableClassifier(fold_module(classifier.module).tables, classifier.tokenizer, classifier.space_)
    folded.accept(classifier.space_, classifier.thresholds_)
    return folded
