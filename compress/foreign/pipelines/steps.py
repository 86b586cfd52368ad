"""The steps of a pipeline before its classifier, one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectorMixin
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import Binarizer, FunctionTransformer, MaxAbsScaler, Normalizer, StandardScaler

from compress.foreign.pipelines.features import Features, side_by_side
from compress.foreign.pipelines.refusal import dense, fitted, refused
from compress.foreign.pipelines.vectorizers import of_tfidf, of_vectorizer

_VECTORIZERS = (CountVectorizer, TfidfVectorizer, HashingVectorizer)
_KNOWN = (
    "CountVectorizer, TfidfVectorizer, HashingVectorizer, TfidfTransformer, FeatureUnion, ColumnTransformer of one "
    "column of texts, feature selections, TruncatedSVD, MaxAbsScaler, StandardScaler, Binarizer and Normalizer are "
    "taken over"
)


def applied(step: Any, before: Features | None) -> Features | None:
    """What a fitted step makes of the numbers before it; None stands for the texts themselves."""
    if step is None or step == "passthrough":
        return before
    kind = type(step)
    if kind is Pipeline:
        for _, inner in fitted(step, "steps"):
            before = applied(inner, before)
        return before
    if kind is FunctionTransformer and step.func is None:
        return before
    if kind is FeatureUnion:
        return _union(step, before)
    if kind is ColumnTransformer:
        return _of_column(step, before)
    if isinstance(step, _VECTORIZERS):
        if before is not None:
            raise refused(step, "a vectorizer behind another step", "let it read the texts")
        return of_vectorizer(step)
    if before is None:
        raise refused(step, "it changes texts, or reads something else", f"do that before the pipeline; {_KNOWN}")
    return _of_numbers(step, before)


def _of_numbers(step: Any, before: Features) -> Features:
    kind = type(step)
    if kind is TfidfTransformer:
        return of_tfidf(step, before)
    if kind is Normalizer:
        return before.normalised(step, step.norm)
    if kind is Binarizer and step.threshold == 0:
        return before.binarised(step)
    if kind is MaxAbsScaler and not getattr(step, "clip", False):
        return before.scaled(1 / dense(step, "scale_", (before.n_out,)))
    if kind is StandardScaler:
        if step.with_mean:
            before = before.moved(-dense(step, "mean_", (before.n_out,)))
        return before.scaled(1 / dense(step, "scale_", (before.n_out,))) if step.with_std else before
    if kind is TruncatedSVD:
        return before.projected(step, dense(step, "components_", (None, before.n_out)))
    if isinstance(step, SelectorMixin) and kind.__module__.startswith("sklearn."):
        return before.chosen(_support(step, before))
    if kind in (Binarizer, MaxAbsScaler):
        raise refused(step, "a threshold or limit of its own", "leave it at its default")
    raise refused(step, "this step isn't known", f"leave it out; {_KNOWN}")


def _support(step: Any, before: Features) -> Any:
    try:
        mask = np.asarray(step.get_support())
    except Exception as error:
        raise refused(
            step, f"it doesn't say what it keeps ({error!s:.120})", "fit the pipeline, then adopt it"
        ) from None
    if mask.dtype != bool or mask.shape != (before.n_out,):
        raise refused(step, f"it chooses among {mask.shape} numbers, {before.n_out} come in", "fit the pipeline again")
    return np.flatnonzero(mask)


def _union(step: Any, before: Features | None) -> Features:
    parts = []
    for name, inner in step.transformer_list:
        if inner == "drop":
            continue
        part = applied(inner, before)
        if part is None:
            raise refused(step, f"its member {name!r} passes texts on", "leave it out")
        weight = (step.transformer_weights or {}).get(name)
        parts.append(part if weight is None else part.scaled(np.full(part.n_out, float(weight))))
    if not parts:
        raise refused(step, "nothing is left of it", "keep a vectorizer")
    return side_by_side(step, parts, shared=before is not None)


def _of_column(step: Any, before: Features | None) -> Features:
    if before is not None:
        raise refused(step, "columns of numbers", "let it be the first step, on one column of texts")
    column_of(step)
    parts = []
    for name, inner, _ in fitted(step, "transformers_"):
        if inner == "drop":
            continue
        part = applied(inner, None)
        if part is None:
            raise refused(step, f"its member {name!r} passes columns on", "use remainder='drop'")
        weight = (step.transformer_weights or {}).get(name)
        parts.append(part if weight is None else part.scaled(np.full(part.n_out, float(weight))))
    if not parts:
        raise refused(step, "nothing is left of it", "keep a vectorizer")
    return side_by_side(step, parts, shared=False)


def column_of(step: Any) -> Any:
    """The one column of texts that a `ColumnTransformer` reads: its name or number."""
    columns = [columns for _, inner, columns in fitted(step, "transformers_") if not _is_drop(inner)]
    if not columns or not all(isinstance(each, str | int) and each == columns[0] for each in columns):
        raise refused(
            step,
            "columns beside one column of texts",
            "adopt a pipeline over the texts alone; name the column as a string",
        )
    return columns[0]


def _is_drop(step: Any) -> bool:
    return isinstance(step, str) and step == "drop"
