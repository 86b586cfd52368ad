"""What is done to a parent: fold, prune, quantize, distill, smaller linear models, and recovery after them.

It imports `kinds` and `formats`; the registry and everything above it import it.
"""
