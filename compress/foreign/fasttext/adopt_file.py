"""Adopt: a classifier trained with fastText becomes a linear model over n-grams, so that every method applies to it.

What fastText computes is `output · mean(input rows)`. The mean is linear, so both matrices fold into one row of weights
a word or bucket, exactly. Then come its link functions, here without the short cuts that fastText takes: it reads the
logistic function from a table in steps of 1/32, which is up to 0.008 below, and reports 1e-5 more than it computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import check_texts
from baselines.errors import ArtifactError, NotCompressible
from baselines.task import Task
from compress.foreign.fasttext.answers import Answers, answers_of
from compress.foreign.fasttext.as_ngrams import Columns, columns_of
from compress.foreign.fasttext.matrices import stretches
from compress.foreign.fasttext.model_file import FastTextFile, read_fasttext
from compress.kinds.adopted_linear import AdoptedLinear
from compress.method import Receipt

# Columns times logits: 512 MB as float64, and about twice as much again while texts are answered.
MAX_WEIGHTS = 1 << 26
_LOSSES = {"softmax": "softmax", "hs": "hierarchical softmax", "ova": "one-vs-all", "ns": "negative sampling"}


def adopt_fasttext(
    path: str | Path, *, texts: Sequence[str] | None = None, task: Task | None = None, positive: str = ""
) -> tuple[AdoptedLinear, Receipt]:
    """Take over a fastText classifier, `.bin` or `.ftz`. Nothing of fastText is needed for it, and nothing is executed.

    Its answers are the model's own: fastText reports 1e-5 more, and with one-vs-all and negative sampling up to 0.008
    less, see this module's first lines. A line break, which fastText refuses, separates words.

    Args:
        path: of the file.
        texts: of the training. Most buckets of a `.bin` belong to no n-gram that training saw, and hold the noise they
            began with; with texts those that occur in them are taken alone. The others add nothing to an answer then,
            but still count among a text's n-grams. None takes all, where they fit: the answers are fastText's own for
            every text.
        task: what is asked of it; None is what it was trained for: with softmax and hierarchical softmax one label a
            text, with one-vs-all and negative sampling any number. Those two may be asked for one label as well, and a
            model of two labels for yes and no.
        positive: of a binary task, the class that means yes, named without `__label__`.

    Returns:
        the classifier, and a receipt with what was found.

    Raises:
        ArtifactError: no fastText file, or damaged; says at which byte.
        NotCompressible: word vectors without classes, a task it wasn't trained for, or too many n-grams.
    """
    own = None if texts is None else check_texts(texts)
    place = Path(path)
    try:
        with read_fasttext(place) as model:
            answers = answers_of(model.dictionary, model.settings.loss, model.output, task, positive)
            columns = columns_of(model.settings, model.dictionary, own)
            weights = folded(model, columns.rows, answers.output)
            intercept = np.zeros(len(weights))
            classifier = AdoptedLinear.of(columns.vectorizer, weights, intercept, answers.space, answers.link)
            return classifier, _receipt(model, columns, answers, weights)
    except (ArtifactError, NotCompressible) as refusal:
        said = str(refusal)
        raise type(refusal)(said if said.startswith(f"{place}:") else f"{place}: {said}") from None


def folded(model: FastTextFile, rows: NDArray[np.int64], output: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights of some rows of the input: float64 (logits, rows), `output · rowᵀ`, each computed once.

    Raises:
        NotCompressible: more weights than may be.
        ArtifactError: numbers in the file that aren't finite, or far too large.
    """
    if len(rows) * len(output) > MAX_WEIGHTS:
        raise NotCompressible(
            f"{len(rows):,} n-grams x {len(output):,} outputs are more than {MAX_WEIGHTS:,} weights; pass the training "
            "texts, and those n-grams alone are taken that occur in them: adopt_fasttext(path, texts=…)"
        )
    weights = np.empty((len(output), len(rows)))
    order = np.argsort(rows, kind="stable")
    for where, found in stretches(model.input, rows[order]):
        weights[:, order[where]] = output @ found.astype(np.float64).T
    return weights


def _receipt(model: FastTextFile, columns: Columns, answers: Answers, weights: NDArray[np.float64]) -> Receipt:
    settings, dictionary = model.settings, model.dictionary
    what = f"fastText, {_LOSSES[settings.loss]}, {settings.dim} dimensions, {len(dictionary.labels)} labels"
    read = f"{len(dictionary.words):,} words"
    if settings.subwords is not None:
        read += f", characters inside words from {settings.subwords[0]} to {settings.subwords[1]}"
    if settings.word_ngrams > 1:
        read += f", up to {settings.word_ngrams} neighbouring words"
    notes = [f"read: {what}; {read}"]
    if columns.left_out:
        notes.append(f"{columns.left_out:,} buckets that none of the given texts has were left out")
    if columns.unreadable:
        notes.append(f"{columns.unreadable:,} words are no UTF-8, so no text has them; they were left out")
    if settings.loss in ("ova", "ns"):
        notes.append("fastText reads its logistic function from a table, up to 0.008 below the exact values here")
    facts: dict[str, Any] = {
        "bytes_before": model.n_bytes,
        "loss": settings.loss,
        "dim": settings.dim,
        "ngrams": len(columns.rows),
        "buckets_left_out": columns.left_out,
        "task": answers.space.task,
    }
    return Receipt("adopt", weights.size, weights.nbytes + 8 * len(columns.rows), tuple(notes), facts)
