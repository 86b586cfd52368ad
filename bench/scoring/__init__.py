"""Any bundle, or two, on a labelled file: metrics with intervals, gates, and what is better.

It imports `verdict`, `quality` and the readers of labels; only the command and the face import it.
"""
