"""Choose, shrink and ship text classifiers: the names a Python user needs, each documented with an example.

Importing this package imports NumPy and nothing heavier; what a function needs is imported when it is called.

Examples:
    A data set has three parts. A classifier gives one probability a class, and the names that follow from them:

    >>> import tagpress
    >>> dataset = tagpress.read_dataset("sample")
    >>> test = dataset.part("test")
    >>> isinstance(dataset, tagpress.Dataset), isinstance(test, tagpress.Part), len(test.texts)
    (True, True, 220)
    >>> rules = tagpress.train("rules", dataset)
    >>> isinstance(rules, tagpress.Classifier), rules.predict_proba(test.texts).shape
    (True, (220, 36))
    >>> rules.predict(["Transformers for machine translation"])
    [['natural-language-processing', 'transformers']]

    Whatever a user can mend is one kind of error, with the exit code of a command that meets it:

    >>> try:
    ...     tagpress.train("lniear", dataset)
    ... except tagpress.UserError as error:
    ...     print(error.exit_code, str(error)[:26])
    2 baseline 'lniear' unknown;
"""

from baselines.classifier import Classifier
from baselines.dataset import Dataset, Part
from baselines.errors import UserError
from tagpress.adopting import adopt
from tagpress.data import read_dataset
from tagpress.models import apply, train
from tagpress.scores import score
from tagpress.storage import export, load, read, save
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
    "score",
    "study",
    "train",
]
