"""Simulations that try the project's own claims: how often a verdict, an interval or a word about speed is wrong.

Nothing is imported by what is tried; `python -m bench.calibration` runs them with seeds.
"""
