"""Classifiers trained with fastText: their files read by a reader of our own, and taken over as linear models.

`adopt_fasttext` is what others call, and `with_classes` gives it the classes of a data set. It imports `baselines`,
`compress.kinds` and `compress.method`.
"""

from compress.foreign.fasttext.adopt_file import adopt_fasttext
from compress.foreign.fasttext.classes import with_classes
from compress.foreign.fasttext.model_file import read_fasttext
from compress.foreign.fasttext.source import is_fasttext

__all__ = ["adopt_fasttext", "is_fasttext", "read_fasttext", "with_classes"]
