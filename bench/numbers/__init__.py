"""Figures with what they are worth: quantities and their words, ratios with intervals, statistics of timings."""
