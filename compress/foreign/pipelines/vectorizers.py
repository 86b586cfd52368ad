"""scikit-learn's vectorizers as blocks of n-grams."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer

from baselines.errors import NotCompressible
from baselines.text.hashing import Hashing
from baselines.text.ngram_settings import MAX_N, MAX_TERMS, NgramSettings
from baselines.text.token_reading import TokenReading
from compress.foreign.pipelines.features import Block, Features
from compress.foreign.pipelines.refusal import MAX_COLUMNS, dense, fitted, refused
from compress.foreign.pipelines.token_pattern import token_shapes

_ANALYZERS = {"word": "word", "char": "char_bare", "char_wb": "char_wb"}
_OWN_CODE = "code of its own can't be taken over"


def of_vectorizer(step: Any) -> Features:
    """What a fitted vectorizer makes of texts."""
    if type(step) is HashingVectorizer:
        return _hashed(step)
    found = _counted(step)
    return of_tfidf(fitted(step, "_tfidf"), found, step) if type(step) is TfidfVectorizer else found


def of_tfidf(step: Any, before: Features, named: Any = None) -> Features:
    """What `TfidfTransformer` makes of counts."""
    named = step if named is None else named
    if type(step) is not TfidfTransformer:
        raise refused(named, _OWN_CODE, "fit it with scikit-learn's own TfidfTransformer")
    found = before.sublinear(named) if step.sublinear_tf else before
    if hasattr(step, "idf_"):
        found = found.scaled(dense(step, "idf_", (found.n_out,)))
    elif step.use_idf:
        raise refused(named, "not fitted, it has no idf_", "fit the pipeline, then adopt it")
    return found.normalised(named, step.norm)


def reading_of_step(step: Any) -> TokenReading:
    """How a vectorizer reads texts; refuses code of the user's own."""
    for name, callables in (("preprocessor", True), ("tokenizer", True), ("analyzer", callable(step.analyzer))):
        if callables and getattr(step, name) is not None:
            raise refused(
                step,
                f"{name}={getattr(step, name)!r:.80}: {_OWN_CODE}",
                f"fit it without {name}, with lowercase, strip_accents and token_pattern, or clean the texts before",
            )
    if step.analyzer not in _ANALYZERS:
        raise refused(step, f"analyzer={step.analyzer!r:.80}", f"allowed: {', '.join(_ANALYZERS)}")
    if step.input != "content":
        raise refused(step, f"input={step.input!r:.80}", "fit it on texts, with input='content'")
    accents: Any = step.strip_accents or ""
    if accents not in ("", "ascii", "unicode"):
        raise refused(step, f"strip_accents={accents!r:.80}: {_OWN_CODE}", "use 'ascii', 'unicode' or None")
    if step.analyzer != "word":
        return TokenReading(bool(step.lowercase), accents, squeeze=step.analyzer == "char")
    try:
        shapes = token_shapes(step.token_pattern)
    except NotCompressible as error:
        raise NotCompressible(f"adopt: {type(step).__name__}: {error}") from None
    return TokenReading(bool(step.lowercase), accents, False, shapes, _stop_words(step))


def _stop_words(step: Any) -> tuple[str, ...]:
    try:
        words = step.get_stop_words() or ()
        found = tuple(sorted(words))
    except Exception:
        raise refused(step, f"stop_words={step.stop_words!r:.80}", "use 'english', a list of words or None") from None
    if not all(isinstance(word, str) for word in found):
        raise refused(step, "stop_words that are no strings", "use a list of words")
    return found


def _settings(step: Any) -> NgramSettings:
    low, high = (int(n) for n in step.ngram_range)
    if not 1 <= low <= high <= MAX_N:
        raise refused(step, f"ngram_range={(low, high)}", f"1 to {MAX_N} is allowed")
    analyzer: Any = _ANALYZERS[step.analyzer]
    return NgramSettings(analyzer, low, high, binary=bool(step.binary), norm="none")


def _counted(step: Any) -> Features:
    if type(step) not in (CountVectorizer, TfidfVectorizer):
        raise refused(step, _OWN_CODE, "use CountVectorizer, TfidfVectorizer or HashingVectorizer")
    vocabulary: Any = fitted(step, "vocabulary_")
    if not isinstance(vocabulary, dict) or not 1 <= len(vocabulary) <= MAX_TERMS:
        raise refused(
            step,
            f"a vocabulary of {len(vocabulary):,} n-grams, 1 to {MAX_TERMS:,} are allowed (about 1 GB of memory)",
            "fit it with max_features or a larger min_df",
        )
    terms: list[Any] = [""] * len(vocabulary)
    for term, place in vocabulary.items():
        if not isinstance(term, str) or not 0 <= int(place) < len(terms) or terms[place]:
            raise refused(step, "vocabulary_ that doesn't number strings from 0 on", "fit it again")
        terms[int(place)] = term
    try:
        "".join(terms).encode()
    except UnicodeEncodeError:
        raise refused(step, "n-grams with half a character in them", "clean the texts before") from None
    ordered = sorted(term for term in terms if term)
    place_of = {term: place for place, term in enumerate(ordered)}
    order = np.array([place_of.get(term, -1) for term in terms])
    block = Block(_settings(step), reading_of_step(step), np.ones(len(ordered)), tuple(ordered))
    return Features.of(block, order)


def _hashed(step: Any) -> Features:
    n = int(step.n_features)
    if not 1 <= n <= MAX_COLUMNS:
        raise refused(step, f"n_features={n:,}", f"at most {MAX_COLUMNS:,} are allowed; fit it with fewer")
    # A bucket whose n-grams cancel each other is set to 1 all the same, and its sign is lost.
    signed = bool(step.alternate_sign) and not step.binary
    hashing = Hashing("murmur3", n, signed=signed)
    block = Block(_settings(step), reading_of_step(step), np.ones(n), hashing=hashing, buckets=np.arange(n))
    return Features.of(block, np.arange(n)).normalised(step, step.norm)
