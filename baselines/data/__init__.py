"""Files to a checked, split `Dataset`: readers, labels, splits, the data card, and the options that name a file.

It imports `text`; `fitting` and the commands import it.
"""
