"""A user's options to a checked, split `Dataset`: sources, the task, the data card, and the options that name a file.

It imports `tables`, `labels` and `splits`; `fitting` and the commands import it.
"""
