"""Bundles of what isn't a network or a linear model: trees, neighbours, rules, the GRU, and several models together.

Each answers by the code of `baselines.models.learned` that its classifier answers by, so with the same bits.
"""
