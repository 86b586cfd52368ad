"""What others serve text classifiers with, trained on the same texts and timed beside our bundles in the same rounds.

It imports `measure`, `cost` and the earlier rooms. What isn't installed becomes a row with the reason.
"""
