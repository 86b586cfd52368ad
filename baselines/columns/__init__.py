"""Texts and labels of many records in few bytes: one buffer with offsets, and the ones of a sparse matrix."""
