"""Filters or single weights taken away: `apply` and its `PruneConfig`."""

from compress.methods.prune.pruning import PruneConfig, apply

__all__ = ["PruneConfig", "apply"]
