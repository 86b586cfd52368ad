"""Every compression method by name, and every kind of artifact. Adding a method is a file and one entry here."""

from __future__ import annotations

from baselines.classifier import Classifier
from baselines.models.registry import KINDS as BASELINE_KINDS
from compress.kinds.int_linear import IntLinearClassifier
from compress.kinds.onnx_int8 import OnnxClassifier
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier
from compress.kinds.torch_int8 import TorchInt8Classifier
from compress.method import Method
from compress.methods import distill, fold, prune, quantize
from compress.methods.quantize.quantize_config import FLOAT_BITS

METHODS: dict[str, Method] = {
    "quantize": Method(
        "Quantize",
        quantize.QuantizeConfig,
        quantize.QuantizeConfig(bits=FLOAT_BITS),
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
