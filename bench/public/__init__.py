"""Seven published data sets of other tasks: read as published, studied with default options, set beside scikit-learn.

It imports `results`; `bench.public_study` is its command. The data is never part of this project.
"""
