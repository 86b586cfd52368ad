"""Why a text got its classes: an exact additive decomposition of every logit, for the CNN family and linear models.

CNN family: the largest response of a filter comes from one window of characters, and the head after it is linear, so
`logit_c - bias_c = sum over filters n of head[c, n] * response_n`. Filters whose winning windows are the same n-gram at
the same place are one part. A filter whose floor won has no window: what it adds is no part of the text, and counts
with the bias. Linear models: `logit_c - intercept_c = sum over n-grams of weight[c] * value`.
Either way the parts of a class add up to its logit minus its bias; nothing is sampled or approximated. Probabilities
follow from the logits of all classes by the task's link. A text in which nothing is known has no parts: what is said
of it doesn't come from its logits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Classifier, check_texts
from baselines.errors import ArtifactError
from baselines.task import BY_TASK, LabelSpace, Link, Thresholds, unknown_answer
from baselines.text.tokenizer import PAD_ID, Ids, Tokenizer
from compress.formats.integer_rows import IntRows
from compress.formats.tables import FloatTables, IntTables, stretch_of
from exports.runtime.parts import Explainer, Float64, LinearExplainer, Parts, RowsExplainer, nothing_known
from exports.runtime.predictor import Predictor


@dataclass(frozen=True)
class TableExplainer:
    """For the character CNN in any form: plain, folded, integer.

    Attributes:
        usual: responses (N,) that shares are counted from; None counts from zero.
    """

    tables: FloatTables | IntTables
    tokenizer: Tokenizer
    usual: Float64 | None = None

    def parts(self, text: str) -> Parts:
        ids, (clean, places) = self.tokenizer.encode(text), self.tokenizer.spans(text)
        responses, windows = winning_windows(self.tables, ids)
        head, usual = self._head, np.zeros(len(responses)) if self.usual is None else self.usual
        bias = self.tables.bias.astype(np.float64) + head @ usual
        if not self.tokenizer.known(ids):
            return nothing_known(clean, bias)
        if (floors := self.tables.floors) is not None:
            won = responses > floors
            bias += head[:, ~won] @ (floors - usual)[~won]
            head, responses, usual, windows = head[:, won], responses[won], usual[won], windows[won]
        # What a window sees of the padding is nothing, so windows that see the same characters are one part; of bytes,
        # those that see something of the same characters.
        seen = windows.clip(0, len(ids))
        spans = np.stack([places[seen[:, 0]], places[seen[:, 1] - 1] + 1], axis=1)
        unique, part_of = np.unique(spans, axis=0, return_inverse=True)
        shares = np.zeros((len(unique), head.shape[0]))
        np.add.at(shares, part_of.ravel(), (head * (responses - usual)).T)
        ngrams = tuple(clean[start:stop] for start, stop in unique.tolist())
        return Parts(clean, ngrams, tuple(unique[:, 0].tolist()), shares, bias)

    def typical(self, texts: Sequence[str]) -> TableExplainer:
        encoded = [ids for ids in self.tokenizer.encode_batch(texts) if self.tokenizer.known(ids)]
        responses = [self.tables.pooled(ids).astype(np.float64) for ids in encoded]
        return replace(self, usual=np.mean(responses, axis=0) if responses else None)

    @property
    def _head(self) -> Float64:
        head: Float64 = self.tables.head.astype(np.float64)
        return head * self.tables.scale[:, None] if isinstance(self.tables, IntTables) else head


def winning_windows(tables: FloatTables | IntTables, ids: Ids) -> tuple[Float64, NDArray[np.int64]]:
    """Each filter's largest response (N,) whatever its floor, and start and stop (N, 2) of the first window with it.

    Windows count from the text's first character; those that look into the padding start below 0 or stop beyond it.
    """
    length = max(len(ids), 1)
    responses, windows = [], []
    for table in tables.tables:
        width, left = table.shape[0], (table.shape[0] - 1) // 2
        padded = np.full(length + width - 1, PAD_ID, np.intp)
        padded[left : left + len(ids)] = ids
        largest, winner = _first_largest(table, padded, length)
        responses.append(largest)
        windows.append(np.stack([winner - left, winner - left + width], axis=1))
    return np.concatenate(responses), np.concatenate(windows)


def _first_largest(table: NDArray[Any], padded: NDArray[np.intp], length: int) -> tuple[Float64, NDArray[np.intp]]:
    """Each filter's largest response and its first position, (N_f,) each; by stretches, so that long texts fit."""
    stretch, n_filters = stretch_of(table.shape[2]), table.shape[2]
    largest, winner = np.full(n_filters, -np.inf), np.zeros(n_filters, np.intp)
    for start in range(0, length, stretch):
        stop = min(start + stretch, length)
        # In the tables' own arithmetic, so that the winner is the one that won.
        total = table[0][padded[start:stop]].astype(np.float32 if table.dtype == np.float32 else np.int32)
        for k in range(1, len(table)):
            total += table[k][padded[start + k : stop + k]]
        first = total.argmax(axis=0)
        found = total[first, np.arange(n_filters)].astype(np.float64)
        larger = found > largest
        winner[larger], largest[larger] = start + first[larger], found[larger]
    return largest, winner


def explainer_of(model: Any) -> Explainer:
    """The explainer of a classifier or of a loaded bundle.

    Raises:
        ArtifactError: a kind whose logits have no exact additive decomposition, or whose weights aren't at hand.
    """
    tables = getattr(model, "tables", None)
    if isinstance(tables, FloatTables | IntTables):
        return TableExplainer(tables, model.tokenizer)
    if _link_of(model).name == "tree":
        raise ArtifactError(
            f"{type(model).__name__}: has no exact additive explanation: a class's probability is a product along its "
            "path (hierarchical softmax); a model trained with softmax or one-vs-all has one"
        )
    if isinstance(rows := getattr(model, "rows", None), IntRows):
        return RowsExplainer(rows)
    if hasattr(model, "weights") and hasattr(model, "vectorizer"):
        return LinearExplainer(model.vectorizer, model.weights, model.intercept, model.vectorizer.names)
    if hasattr(model, "coef_") and hasattr(model, "vectorizer_"):
        names = model.vectorizer_.names
        return LinearExplainer(model.vectorizer_, np.ascontiguousarray(model.coef_.T), model.intercept_, names)
    raise ArtifactError(
        f"{type(model).__name__}: has no exact additive explanation here; bundles of form table and linear have one, "
        "and in Python the linear models, the table forms, and the character CNN by exports.bundles.explainable"
    )


def explain(model: Any, text: str, classes: Sequence[str], *, top: int = 5, parts: int = 5) -> dict[str, Any]:
    """The most probable classes of one text with their largest parts; JSON types only.

    Returns:
        `{"text", "known", "labels": [{"class", "probability", "logit", "bias", "parts": [{"ngram", "start",
        "share"}]}]}`. Of a text in which nothing is known, classes and probabilities alone.
    """
    (text,) = check_texts([text])
    found = explainer_of(model).parts(text)
    space, thresholds = _answers_of(model, classes)
    by_itself = found.known or space.answers_unknown
    probabilities = (
        _link_of(model)(found.logits[None], space.task)[0] if by_itself else unknown_answer(space, thresholds)
    )
    labels = []
    for column in np.argsort(-probabilities, kind="stable")[:top].tolist():
        label = {"class": classes[column], "probability": float(probabilities[column])}
        labels.append({**label, **taken_apart(found, column, parts)} if found.known else label)
    return {"text": found.text, "known": found.known, "labels": labels}


def taken_apart(found: Parts, column: int, parts: int, sign: int = 1) -> dict[str, Any]:
    """`{"logit", "bias", "parts"}` of one class; with a sign of -1 of what speaks against it."""
    largest = found.largest(column, parts)
    return {
        "logit": sign * float(found.logits[column]),
        "bias": sign * float(found.bias[column]),
        "parts": [{"ngram": ngram, "start": start, "share": sign * share} for ngram, start, share in largest],
    }


def _link_of(model: Any) -> Link:
    """How its logits become probabilities, where its task alone doesn't say."""
    found = getattr(getattr(model, "rows", model), "link", BY_TASK)
    return found if isinstance(found, Link) else BY_TASK


def _answers_of(model: Any, classes: Sequence[str]) -> tuple[LabelSpace, Thresholds]:
    """What a classifier or a loaded bundle can answer; anything else answers as a multilabel model."""
    if isinstance(model, Classifier):
        return model.space_, model.thresholds_
    if isinstance(model, Predictor):
        return model.space, model.thresholds
    space = LabelSpace(tuple(classes))
    return space, space.thresholds()


def influential_ngrams(
    model: Any, texts: Sequence[str], k: int = 10, min_texts: int = 2
) -> list[list[tuple[str, float]]]:
    """For each class the k n-grams that raise its logit most where they occur: n-gram and mean share, largest first.

    Every filter of a CNN finds some window in every text; so that n-grams don't rank high for merely being there,
    shares are counted from the filter's mean response over `texts`: they sum to a text's logit minus the mean logit.

    Args:
        model: a classifier (see `exports.bundles.explainable`) or a loaded bundle that `explainer_of` knows.
        texts: where n-grams are looked for.
        k: n-grams a class.
        min_texts: texts that must hold an n-gram; one text proves little.
    """
    texts = check_texts(texts)
    explainer = explainer_of(model).typical(texts)
    sums: dict[str, Float64] = {}
    counts: Counter[str] = Counter()
    for text in texts:
        found = explainer.parts(text)
        names = [ngram.strip() for ngram in found.ngrams]
        counts.update(set(names))
        for name, share in zip(names, found.shares, strict=True):
            sums[name] = sums.get(name, 0.0) + share
    names = sorted(name for name in sums if name and counts[name] >= min_texts)
    if not names:
        return []
    means = np.stack([sums[name] / counts[name] for name in names])  # (n-grams, classes)
    order = np.argsort(-means, axis=0, kind="stable")[:k]
    return [
        [(names[i], float(means[i, column])) for i in order[:, column] if means[i, column] > 0]
        for column in range(means.shape[1])
    ]


def why(model: Any, name: str, classes: Sequence[str], texts: Sequence[str], *, n_texts: int = 3) -> dict[str, Any]:
    """The section `why` of results.json: influential n-grams of each class, and the first `n_texts` taken apart."""
    texts = check_texts(texts)
    ngrams = influential_ngrams(model, texts)
    return {
        "model": name,
        "classes": [
            {"class": label, "ngrams": [{"ngram": ngram, "weight": weight} for ngram, weight in found]}
            for label, found in zip(classes, ngrams, strict=False)
        ],
        "texts": [explain(model, text, classes, top=3) for text in texts[:n_texts]],
    }
