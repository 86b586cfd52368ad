"""scikit-learn pipelines by the hundred, generated from a seed, to see whether each is taken over exactly or refused.

Imports `compress.foreign.pipelines`; the command `bench.adoption` and the tests import it.
"""
