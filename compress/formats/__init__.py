"""Numbers on disk: tables, packed integers, tensors, rounding. Torch-free, so that what is served can read them.

It imports `baselines.text`; every other wing and the exports may import it.
"""
