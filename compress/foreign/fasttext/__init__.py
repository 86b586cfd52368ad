"""Classifiers trained with fastText: their files read by a reader of our own, and taken over as linear models.

`adopt_fasttext` is what others call. It imports `baselines` and `compress.method`.
"""

from compress.foreign.fasttext.adopt_file import adopt_fasttext
from compress.foreign.fasttext.model_file import read_fasttext

__all__ = ["adopt_fasttext", "read_fasttext"]
