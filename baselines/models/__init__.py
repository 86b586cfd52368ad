"""One file a classifier, and the registry that names them all.

It imports `networks`, `storage`, `scores` and `text`; `fitting` and the later rooms import it.
"""
