"""Files and tables of any origin as columns of values, each mistake named with its place.

Knows nothing of labels or tasks. Text formats need the standard library alone, so that a server can read them too.
"""
