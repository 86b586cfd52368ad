"""Fit, cross-validate and tune whatever is registered; the options that every training command shares.

It imports every wing of this room; the commands and later rooms import it.
"""
