"""Choose, shrink and ship text classifiers: the names a Python user needs, each documented with an example.

Importing this package imports NumPy and nothing heavier; what a function needs is imported when it is called.
"""

from baselines.classifier import Classifier
from baselines.dataset import Dataset, Part
from baselines.errors import UserError
from tagpress.data import read_dataset
from tagpress.models import adopt, apply, export, load, read, save, train
from tagpress.studies import open_run, study

__all__ = [
    "Classifier",
    "Dataset",
    "Part",
    "UserError",
    "adopt",
    "apply",
    "export",
    "load",
    "open_run",
    "read",
    "read_dataset",
    "save",
    "study",
    "train",
]
