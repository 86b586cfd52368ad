"""Every compression method by name, and every kind of artifact. Adding a method is a file and one entry here."""

from __future__ import annotations

from baselines.classifier import Classifier
from baselines.registry import KINDS as BASELINE_KINDS
from compress import distill, fold, prune, quantize
from compress.classifiers import FloatTableClassifier, IntTableClassifier
from compress.linear import IntLinearClassifier
from compress.method import Method
from compress.onnx_classifier import OnnxClassifier
from compress.torch_int8 import TorchInt8Classifier

METHODS: dict[str, Method] = {
    "quantize": Method(
        "Quantize",
        quantize.QuantizeConfig,
        quantize.QuantizeConfig(bits=quantize.FLOAT_BITS),
        quantize.apply,
        retrains=False,
    ),
    "prune": Method("Prune", prune.PruneConfig, prune.PruneConfig(sparsity=0.0), prune.apply, retrains=True),
    # A student trained without a teacher is the control, not the parent: distilling has no setting that changes
    # nothing.
    "distill": Method("Distill", distill.DistillConfig, None, distill.apply, retrains=True),
    "fold": Method("Fold", fold.FoldConfig, None, fold.apply, retrains=False),
}

KINDS: dict[str, type[Classifier]] = BASELINE_KINDS | {
    kind.kind: kind
    for kind in (FloatTableClassifier, IntTableClassifier, IntLinearClassifier, OnnxClassifier, TorchInt8Classifier)
}
