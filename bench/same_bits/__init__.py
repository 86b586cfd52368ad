"""Proof of sameness: every engine that runs a bundle in whole numbers, compared bit by bit over any number of texts.

It judges bits, never speed: what it says of seconds is how long the proof took.
"""
