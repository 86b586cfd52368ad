"""A model within a budget: candidates, the grid of linear models, the solver.

It imports the recipes and the registry; only `bench.making` imports it.
"""
