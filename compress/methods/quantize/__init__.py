"""Weights in few bits: `apply` and its `QuantizeConfig`."""
