"""Makes what a study compares: variants, the workshop that makes them, folds, the search within a budget.

It imports `quality` and `cost`; `study` imports it.
"""
