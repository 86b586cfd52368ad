"""Weights in few bits: `apply` and its `QuantizeConfig`."""

from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply

__all__ = ["QuantizeConfig", "apply"]
