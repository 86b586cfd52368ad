"""Arithmetic of the same bits on every machine."""
