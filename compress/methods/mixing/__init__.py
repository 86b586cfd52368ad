"""Texts made of halves of training texts, which a teacher labels: more to learn from than there is.

They import a data set and how texts are read, no model.
"""
