"""A text classifier as scikit-learn expects one, for pipelines, grid search and cross-validation.

The only module of this package that is imported for a name when that name is asked for: it needs scikit-learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from baselines.classifier import Classifier, check_texts
from baselines.dataset import Part
from baselines.errors import DataError, UserError
from baselines.task import LabelMatrix, Task

if TYPE_CHECKING:
    from sklearn.utils import Tags

    from compress.method import Receipt

# Twentieths of the texts that choices are made on, as in a study.
_TWENTIETHS = 20
_LARGEST_SEED = 2**31


class TrainingDataError(DataError, ValueError):
    """Texts or labels that nothing can be learned from; a ValueError too, as scikit-learn's tools expect."""


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A baseline, and methods applied to it one after the other, as one estimator.

    X is one column of texts: a list, a tuple, a one-dimensional array, a column of a data frame. y has one label a
    text (any type that can be sorted), or it is a matrix of 0 and 1 with a column for each class, as
    `sklearn.preprocessing.MultiLabelBinarizer` makes it.

    Args:
        baseline: a name that `tagpress train --help` lists, such as `"linear"` or `"cnn"`.
        config: fields of the baseline's config to replace, such as `{"C": 3.0}`.
        steps: methods and their settings, in order: `(("prune", {"sparsity": 0.5}), ("quantize", {"bits": 4}))`.
        positive: of two labels the one that scores are about: a threshold for it is chosen on validation by F1. None:
            the more probable label is answered.
        validation: share of the texts, in [0, 0.5], that are held out of training for what is chosen on them:
            thresholds, cleaning, when to stop. 0 leaves all at their defaults.
        device: `"cpu"`, `"cuda"` or `"auto"`.
        n_jobs: threads of the training; None is 1, -1 all usable cores.
        random_state: a whole number, a `RandomState`, or None for 0: the same texts give the same classifier.

    Attributes:
        classes_: labels in the order of the columns of `predict_proba`; of a matrix the numbers of its columns.
        classifier_: the `tagpress.Classifier` itself, for `tagpress.export`, `tagpress.save` and `tagpress.apply`.
        receipts_: what each step did.

    Examples:
        >>> texts = [f"note {n} is {'not ' * (n % 2)}done" for n in range(80)]
        >>> model = tagpress.TextClassifier(steps=(("quantize", {"bits": 4}),)).fit(texts, ["done", "open"] * 40)
        >>> model.predict(["it is done", "it is not done"]).tolist()
        ['done', 'open']
        >>> model.score(texts, ["done", "open"] * 40), model.classifier_.kind
        (1.0, 'linear-int')

        With scikit-learn's own tools:

        >>> from sklearn.model_selection import GridSearchCV
        >>> search = GridSearchCV(tagpress.TextClassifier(), {"config": [{"C": 1.0}, {"C": 10.0}]}, cv=2)
        >>> float(search.fit(texts, ["done", "open"] * 40).best_score_)
        1.0
    """

    classes_: NDArray[Any]
    classifier_: Classifier
    receipts_: tuple[Receipt, ...]

    def __init__(
        self,
        baseline: str = "linear",
        *,
        config: Mapping[str, Any] | None = None,
        steps: Sequence[tuple[str, Mapping[str, Any]]] = (),
        positive: Any = None,
        validation: float = 0.15,
        device: str = "cpu",
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.baseline = baseline
        self.config = config
        self.steps = steps
        self.positive = positive
        self.validation = validation
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array, tags.input_tags.two_d_array, tags.input_tags.string = True, False, True
        tags.classifier_tags.multi_label = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803  # scikit-learn's names
        """Learn from labelled texts; whatever was learned before is forgotten.

        Raises:
            ValueError: texts and labels of different number, one label only, labels that are numbers on a scale, or
                too few texts.
            TypeError: X is no column of texts; says what to pass instead.
            UserError: an unknown baseline, method or setting.
        """
        from baselines.fitting.fit import baseline_named, choose_thresholds
        from tagpress.arguments import device_and_threads

        texts = tuple(str(text) for text in check_texts(X))
        if not texts:
            raise TrainingDataError("X: at least 2 texts are needed, got none")
        if y is None:
            raise TrainingDataError("TextClassifier requires y to be passed, but the target y is None")
        part = self._part_of(texts, y)
        seed, (device, threads) = self._seed(), device_and_threads(self.device, self._threads())
        train, validation = self._held_out(part, seed)
        entry = baseline_named(self.baseline)
        classifier = entry.make(seed, device, threads, dict(self.config or {}), part.task)
        try:
            classifier.fit(train, validation if len(validation) else None)
        except DataError as error:
            raise TrainingDataError(str(error)) from None
        if len(validation):
            choose_thresholds(self.baseline, classifier, validation)
        self.receipts_: tuple[Receipt, ...] = ()
        for method, settings in self.steps:
            classifier = self._applied(classifier, method, settings, (train, validation), (seed, device, threads))
        self.classifier_ = classifier
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float32]:  # noqa: N803
        """float32 (n_texts, n_classes), in the order of `classes_`; rows sum to 1 unless y was a matrix."""
        check_is_fitted(self, "classifier_")
        probabilities = self.classifier_.predict_proba(_texts(X))
        if self.classifier_.task_ != "binary":
            return probabilities
        both = np.concatenate([1 - probabilities, probabilities], axis=1)
        return both if self._positive_column() else both[:, ::-1]

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """One label a text, of `classes_`; or a matrix of 0 and 1 (n_texts, n_classes), where y was one."""
        from baselines.task import decide

        check_is_fitted(self, "classifier_")
        model = self.classifier_
        probabilities = model.predict_proba(_texts(X))
        decided = decide(probabilities, model.thresholds_, model.task_)
        if model.task_ == "multilabel":
            return decided.astype(np.int64)
        if model.task_ == "multiclass":
            return np.asarray(self.classes_[probabilities.argmax(axis=1) if len(probabilities) else []])
        column = self._positive_column()
        return np.asarray(self.classes_[np.where(decided[:, 0], column, 1 - column)])

    def export(self, folder: str | Path, *, form: str = "", name: str = "") -> Path:
        """Write a bundle that runs without scikit-learn and torch; see `tagpress.export`."""
        from tagpress.storage import export

        check_is_fitted(self, "classifier_")
        return export(self.classifier_, folder, form=form, name=name)

    def _applied(
        self,
        parent: Classifier,
        method: str,
        settings: Mapping[str, Any],
        parts: tuple[Part, Part],
        how: tuple[int, str, int],
    ) -> Classifier:
        from compress.method import Context
        from compress.registry import configured, method_named

        seed, device, threads = how
        context = Context(*parts, seed=seed, device=device, threads=threads)
        child, receipt = method_named(method).apply(parent, configured(method, settings), context)
        self.receipts_ += (receipt,)
        return child

    def _part_of(self, texts: tuple[str, ...], y: Any) -> Part:
        """All texts with their labels; sets `classes_`."""
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind == "multilabel-indicator":
            matrix = np.asarray(y.toarray() if hasattr(y, "toarray") else y).astype(bool)
            names = [str(name) for name in getattr(y, "columns", range(matrix.shape[1]))]
            self.classes_ = np.arange(matrix.shape[1])
            return _checked(texts, matrix, names, "multilabel")
        if kind not in ("binary", "multiclass"):
            raise TrainingDataError(
                f"Unknown label type: {kind}. One label a text, or a matrix of 0 and 1, is needed; continuous values "
                "are no classes"
            )
        self.classes_, number = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        names = [str(label) for label in self.classes_.tolist()]
        if len(names) < 2:
            raise TrainingDataError(f"y: at least 2 classes are needed, got one class: {names[0] if names else 'none'}")
        matrix = number[:, None] == np.arange(len(names))
        if self.positive is None:
            return _checked(texts, matrix, names, "multiclass")
        column = self._positive_column()
        return _checked(texts, matrix[:, [column]], [names[column]], "binary", names[1 - column])

    def _positive_column(self) -> int:
        places = [place for place, label in enumerate(self.classes_.tolist()) if label == self.positive]
        if len(self.classes_) != 2 or not places:
            raise TrainingDataError(
                f"positive: one of two labels is allowed, got {self.positive!r} for {self.classes_.tolist()[:10]}"
            )
        return places[0]

    def _held_out(self, part: Part, seed: int) -> tuple[Part, Part]:
        """Training and validation; a class of one text stays in training."""
        from baselines.splits.stratify import stratify

        if not 0 <= self.validation <= 0.5:
            raise TrainingDataError(f"validation: a share from 0 to 0.5 is allowed, got {self.validation}")
        held = round(_TWENTIETHS * self.validation)
        if not held or len(part) < _TWENTIETHS // 2:
            return part, part.take([])
        owner = stratify(part.labels, (_TWENTIETHS - held, held), np.random.default_rng(seed))
        return part.take(np.flatnonzero(owner == 0)), part.take(np.flatnonzero(owner == 1))

    def _seed(self) -> int:
        if self.random_state is None or isinstance(self.random_state, int | np.integer):
            return int(self.random_state or 0)
        return int(check_random_state(self.random_state).randint(_LARGEST_SEED))

    def _threads(self) -> int:
        if self.n_jobs is None:
            return 1
        if self.n_jobs == 0 or self.n_jobs < -1:
            raise UserError(f"n_jobs: None, -1, or 1 and more are allowed, got {self.n_jobs}")
        return max(self.n_jobs, 0)


def _texts(column: Any) -> list[str]:
    return [str(text) for text in check_texts(column)]


def _checked(texts: tuple[str, ...], labels: LabelMatrix, names: Sequence[str], task: Task, negative: str = "") -> Part:
    if len(texts) != len(labels):
        raise TrainingDataError(f"X and y: one label a text is needed, got {len(texts)} texts and {len(labels)} labels")
    if same := [name for name, n in Counter(names).items() if n > 1]:
        raise TrainingDataError(f"y: labels must differ when they are written, got {same[0]} more than once")
    try:
        return Part(texts, np.asarray(labels, np.bool_), tuple(names), task=task, negative=negative)
    except DataError as error:
        raise TrainingDataError(str(error)) from None
