"""Decisions judged: metrics, thresholds, intervals over documents, scores over folds. Pure functions on arrays.

It imports the room's contracts; networks, models and every later room may import it.
"""
