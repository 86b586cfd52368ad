"""What fitted models are once they are fitted: arrays and phrases that answer by NumPy alone.

The classifiers beside this folder learn them; the bundles of `exports.runtime` answer by the very same code.
"""
