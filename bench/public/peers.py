"""What scikit-learn gives on the same parts, in two ways: as it comes, and with features that are known to do well."""

from __future__ import annotations

from typing import Any

from bench.public.published import Row

# Words with punctuation as words of their own, nothing else done to the text.
_WORDS_AND_SYMBOLS = r"\w+|[^\w\s]"


def accuracies(train: list[Row], test: list[Row]) -> dict[str, float]:
    """Accuracy on the test part of each pipeline, by its name; trained on all training texts."""
    from sklearn.metrics import accuracy_score

    texts, labels = zip(*train, strict=True)
    asked, truth = zip(*test, strict=True)
    return {name: float(accuracy_score(truth, model.fit(texts, labels).predict(asked))) for name, model in _pipelines()}


def _pipelines() -> list[tuple[str, Any]]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    tuned = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORDS_AND_SYMBOLS),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    return [
        ("as it comes", make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))),
        ("words, pairs and characters, linear SVM", make_pipeline(tuned, LinearSVC())),
    ]
