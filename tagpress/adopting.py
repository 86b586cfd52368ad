"""Models that were made elsewhere become classifiers of ours, in Python.

Everything is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from baselines.classifier import Classifier
from baselines.errors import UserError
from baselines.storage.artifact import Lineage
from baselines.task import TASKS, Task
from tagpress.arguments import one_of
from tagpress.provenance import remember

if TYPE_CHECKING:
    from baselines.text.cleaning import CleaningName
    from compress.method import Receipt

_WHAT = (
    "adopt takes a PyTorch module with its vocabulary, a fitted scikit-learn pipeline, the file of one (.skops, or "
    ".joblib and .pkl with trust=True), or fastText's own (.bin, .ftz)"
)


def adopt(
    module: Any,
    vocabulary: Mapping[str, int] | None = None,
    classes: Sequence[str] | None = None,
    *,
    task: Task | None = None,
    negative: str = "",
    padding: int = 0,
    unknown: int = 1,
    thresholds: Sequence[float] | None = None,
    cleaning: CleaningName = "letters",
    texts: Sequence[str] | None = None,
    scores: Literal["probabilities", "margins"] | None = None,
    trust: bool = False,
) -> tuple[Classifier, Receipt]:
    """Take over a scikit-learn pipeline, a fastText model, or a character CNN made in PyTorch, exactly.

    The classifier is a parent for every method. A pipeline's texts are read as it reads them. Those of a module are
    cleaned before their characters are read, by default to lower-case words of letters and digits with single spaces
    between them: say how its own texts were cleaned, or it answers otherwise.

    Args:
        module: a fitted `Pipeline` of vectorizers, linear steps and a linear classifier, or a search that found one;
            the file of one; the `.bin` or `.ftz` of a fastText classifier; or a trained `nn.Module`: embedding,
            parallel convolutions with one window a character, each perhaps with a BatchNorm and a ReLU, the maximum
            over time, one or two linear layers; gives logits. It stays as it is.
        vocabulary: of a module alone, its own character -> id.
        classes: names of a module's outputs, in order; of a binary task the positive class alone. Of a pipeline names
            in place of its own, in their order; of two classes the negative one first.
        task: what a module's logits mean: `"multilabel"` (the default), a sigmoid for each; `"multiclass"`, the softmax
            over all of them, as after `CrossEntropyLoss`; `"binary"`, the sigmoid of its only output. A pipeline knows
            its own; `"multiclass"` takes two classes as two.
        negative: of a binary module, the name of what isn't the positive class.
        padding, unknown: a module's ids of the padding and of a character it doesn't know.
        thresholds: one a class, in [0, 1]; None is 0.5, and of multiclass 0, so that the largest probability decides.
        cleaning: of a module's texts: `"letters"`; `"course"`, the same without English function words; `"words"`,
            folded words and every symbol; `"raw"`, capitals and symbols as they stand.
        texts: what a pipeline is compared on, besides random texts. Of a fastText model, only the n-grams that these
            texts have are kept, which large files need; None keeps all of them.
        scores: of a pipeline: `"margins"` takes its `decision_function` where its probabilities aren't wanted.
        trust: whether a pickle is read, which runs whatever code is in it.

    Returns:
        the classifier, and a receipt with what was found and how closely the two agree.

    Raises:
        UserError: it computes something else, or reads texts by code of its own; says where, and what would do.

    Examples:
        >>> from sklearn.feature_extraction.text import TfidfVectorizer
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.pipeline import make_pipeline
        >>> learned = ["good day", "fine day", "bad night", "dark night"]
        >>> pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(learned, [1, 1, 0, 0])
        >>> linear, receipt = tagpress.adopt(pipeline, classes=["sad", "glad"], texts=learned)
        >>> linear.kind, linear.predict(["a fine day", "a dark one"]), receipt.facts["largest_difference"] < 1e-6
        ('linear-adopted', [['glad'], ['sad']], True)
    """
    if task is not None:
        one_of("task", task, TASKS)
    if vocabulary is not None:
        if classes is None:
            raise UserError("adopt: classes: the names of a module's outputs, in order, are needed")
        of_module: dict[str, Any] = {"negative": negative, "thresholds": thresholds}
        classifier, receipt = _of_module(
            module, vocabulary, classes, padding, unknown, cleaning, task=task or "multilabel", **of_module
        )
    elif isinstance(module, str | Path) and _is_fasttext(module):
        _refuse_of_modules(negative, padding, unknown, cleaning)
        classifier, receipt = _of_fasttext(module, texts, classes, task, scores)
        _decide_by(classifier, thresholds)
    elif isinstance(module, str | Path) or type(module).__module__.split(".")[0] == "sklearn":
        _refuse_of_modules(negative, padding, unknown, cleaning)
        pipeline = _read(Path(module), trust) if isinstance(module, str | Path) else module
        classifier, receipt = _of_pipeline(pipeline, texts, classes, task, scores)
        _decide_by(classifier, thresholds)
    else:
        raise UserError(f"{_WHAT}; got a {type(module).__name__}{' without vocabulary' if _is_module(module) else ''}")
    remember(classifier, Lineage("adopted", "baseline", recipe=({"method": "adopt"},), receipt=receipt.to_json()))
    return classifier, receipt


def _of_module(
    module: Any,
    vocabulary: Mapping[str, int],
    classes: Sequence[str],
    padding: int,
    unknown: int,
    cleaning: CleaningName,
    **asked: Any,
) -> tuple[Classifier, Receipt]:
    from baselines.text.cleaning import CLEANINGS, Cleaning
    from compress.foreign.adopt import adopt, tokenizer_of

    cleaned = Cleaning(one_of("cleaning", cleaning, CLEANINGS))
    tokenizer, rows = tokenizer_of(vocabulary, padding=padding, unknown=unknown, cleaning=cleaned)
    return adopt(module, tokenizer, classes, rows=rows, **asked)


def _of_pipeline(
    pipeline: Any,
    texts: Sequence[str] | None,
    classes: Sequence[str] | None,
    task: Task | None,
    scores: Literal["probabilities", "margins"] | None,
) -> tuple[Classifier, Receipt]:
    from compress.foreign.pipelines import adopt_pipeline

    one_of("scores", scores, (None, "probabilities", "margins"))
    return adopt_pipeline(pipeline, texts=texts, classes=classes, task=task, scores=scores)


def _of_fasttext(
    path: str | Path,
    texts: Sequence[str] | None,
    classes: Sequence[str] | None,
    task: Task | None,
    scores: Literal["probabilities", "margins"] | None,
) -> tuple[Classifier, Receipt]:
    from compress.foreign.fasttext import adopt_fasttext

    one_of("scores", scores, (None, "probabilities"))
    if task == "binary" and not classes:
        raise UserError("adopt: classes: the name of the positive class comes last; of task binary it is needed")
    positive = classes[-1] if task == "binary" and classes else ""
    return adopt_fasttext(path, texts=texts, task=task, positive=positive)


def _is_fasttext(path: str | Path) -> bool:
    from compress.foreign.fasttext import is_fasttext

    return is_fasttext(Path(path))


def _read(path: Path, trust: bool) -> Any:
    from compress.foreign.pipelines import read_pipeline

    return read_pipeline(path, trust=trust)


def _refuse_of_modules(negative: str, padding: int, unknown: int, cleaning: str) -> None:
    if (negative, padding, unknown, cleaning) != ("", 0, 1, "letters"):
        raise UserError(
            "adopt: negative, padding, unknown and cleaning are of a PyTorch module; a pipeline has its own, and its "
            "classes name both sides of a binary task"
        )


def _decide_by(classifier: Classifier, thresholds: Sequence[float] | None) -> None:
    """Take the caller's thresholds, where there are any."""
    import numpy as np

    if thresholds is None:
        return
    n_classes, given = len(classifier.classes_), np.asarray(thresholds, np.float32)
    if given.shape != (n_classes,) or not bool(((given >= 0) & (given <= 1)).all()):
        raise UserError(f"thresholds: {n_classes} numbers in [0, 1] are needed, one for each class")
    classifier.accept(classifier.space_, given)


def _is_module(module: Any) -> bool:
    return hasattr(module, "state_dict")
