"""Every compression method by name, and every kind of artifact. Adding a method is a file and one entry here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from baselines.classifier import Classifier
from baselines.errors import UserError
from baselines.models.registry import KINDS as BASELINE_KINDS
from baselines.storage.configs import with_tuples
from compress.kinds.adopted_linear import AdoptedLinear
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
    for kind in (
        FloatTableClassifier,
        IntTableClassifier,
        IntLinearClassifier,
        AdoptedLinear,
        OnnxClassifier,
        TorchInt8Classifier,
    )
}


def method_named(name: str) -> Method:
    """The registry's entry; raises UserError listing the names there are."""
    if name not in METHODS:
        raise UserError(f"method {name!r} unknown; known: {', '.join(METHODS)}")
    return METHODS[name]


def configured(name: str, settings: Mapping[str, Any], config: Any = None) -> Any:
    """A method's config with some of its fields replaced.

    Args:
        name: of the method.
        settings: new values by field; lists become tuples, as in a config read from JSON.
        config: what they are replaced in; None takes the method's default.

    Raises:
        UserError: a field that the config doesn't have; lists those it has. Or a value that its field can't hold.
    """
    config = method_named(name).config() if config is None else config
    known = [field.name for field in dataclasses.fields(config)]
    if unknown := sorted(set(settings) - set(known)):
        raise UserError(f"{name} has no setting {', '.join(unknown)}; allowed: {', '.join(known)}")
    try:
        return dataclasses.replace(config, **{field: with_tuples(value) for field, value in settings.items()})
    except (TypeError, ValueError) as error:
        raise UserError(f"settings of {name}: {error}") from None
