"""Filters or single weights taken away: `apply` and its `PruneConfig`."""
