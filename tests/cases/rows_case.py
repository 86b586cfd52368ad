"""Random linear models in whole numbers, and their arithmetic written the plain way."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from baselines.text.cleaning import CLEANINGS, Cleaning
from baselines.text.hashing import Hashing
from baselines.text.ngram_settings import NgramSettings
from baselines.text.ngrams import NgramBlock, NgramTfidf
from compress.formats.integer_rows import IntRows
from compress.formats.packed_linear import PackedLinear

# Few letters, so that n-grams meet their rows.
ALPHABET = "ab C1-+ é入ж"
texts = st.lists(st.text(ALPHABET, max_size=40) | st.text(max_size=12), min_size=1, max_size=6)


@st.composite
def settings_of(draw: Any, joins: bool) -> NgramSettings:
    low = draw(st.integers(1, 5))
    return NgramSettings(
        draw(st.sampled_from(["word", "char_wb", "char", "char_bare", "subword"])),
        low,
        low + draw(st.integers(0, 3)),
        sublinear=draw(st.booleans()),
        shortest_word=draw(st.integers(0, 3)),
        binary=draw(st.booleans()),
        norm=draw(st.sampled_from(["l2", "l1", "none"])),
        joined=joins,
    )


@st.composite
def int_rows(draw: Any) -> IntRows:
    """Any blocks of any reading over a few texts' own n-grams, or over buckets."""
    names = draw(st.sampled_from(CLEANINGS)), draw(st.sampled_from(CLEANINGS))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    blocks: list[NgramBlock] = []
    for place in range(draw(st.integers(1, 3))):
        own = draw(settings_of(joins=bool(place) and draw(st.booleans())))
        if own.joined:
            own = replace(own, norm=blocks[-1].settings.norm)
        reading = Cleaning(names[1]) if draw(st.booleans()) else None
        blocks.append(draw(block_of(own, reading, Cleaning(names[0]), rng)))
    if not sum(map(len, blocks)):
        blocks.append(NgramBlock(NgramSettings("char_bare"), ("a",), np.ones(1, np.float32)))
    n_rows, n_classes = sum(map(len, blocks)), draw(st.sampled_from([1, 2, 5, 8, 9, 16, 17, 40, 65]))
    most = draw(st.sampled_from([1, 7, 127]))
    levels = rng.integers(-most, most + 1, (n_classes, n_rows)).astype(np.int8)
    scale, intercept = rng.normal(size=(2, n_classes)).astype(np.float32)
    return IntRows.of(PackedLinear(NgramTfidf(Cleaning(names[0]), tuple(blocks)), levels, scale, intercept))


@st.composite
def block_of(
    draw: Any, own: NgramSettings, reading: Cleaning | None, cleaning: Cleaning, rng: np.random.Generator
) -> NgramBlock:
    wide = draw(st.booleans())
    factor = draw(st.sampled_from([1.0, 8.0, 1e4]))

    def idf_of(n: int) -> Any:
        return (rng.normal(size=n) * factor).astype(np.float32) if wide else np.ones(n, np.float64)

    if draw(st.booleans()):
        name = draw(st.sampled_from(["murmur3", "fnv1a", "fnv1a_words"]))
        signed = name == "murmur3" and not (own.sublinear and not own.binary) and draw(st.booleans())
        n_buckets = draw(st.sampled_from([1, 7, 64, 1 << 20, 1 << 31]))
        buckets = np.unique(rng.integers(0, n_buckets, rng.integers(1, 60)))
        hashing = Hashing(name, n_buckets, signed, draw(st.booleans()))
        return NgramBlock(own, (), idf_of(len(buckets)), hashing, buckets.astype(np.int64), reading)
    read = reading or cleaning
    clean = [read(text) for text in draw(texts)]
    terms = sorted({term for text in clean for term in own.terms(text, read.words(text))})
    # Some that are too long, too short or in no text.
    kept = sorted(
        {term for term in terms if rng.random() < 0.7} | set(draw(st.lists(st.text(ALPHABET, min_size=1), max_size=3)))
    )
    return NgramBlock(own, tuple(kept), idf_of(len(kept)), reading=reading)


def plain_logits(rows: IntRows, text: str) -> tuple[list[float], bool]:
    """The arithmetic of `compress.formats.integer_rows` with Python's own numbers; no NumPy but float32's rounding."""
    groups: list[tuple[str, list[int], Counter[int]]] = []
    known, first = False, 0
    for block in rows.vectorizer.blocks:
        own = block.settings
        reading = block.reading or rows.vectorizer.cleaning
        clean = reading(text)
        counts: Counter[Any] = Counter()
        for term in own.terms(clean, reading.words(clean)):
            bucket, sign = (term, 1) if block.hashing is None else block.hashing.place(term)
            counts[bucket] += sign
        keys: list[Any] = list(block.vocabulary) if block.buckets is None else block.buckets.tolist()
        row_of = {key: first + i for i, key in enumerate(keys)}
        if not own.joined:
            groups.append((own.norm, [], Counter()))
        _, values, units = groups[-1]
        for key, count in counts.items():
            counted = block.hashing is not None and block.hashing.counted
            if key not in row_of and not counted:
                continue
            idf = int(rows.idf[row_of[key]]) if key in row_of else _rint(Fraction(2) ** rows.bits)
            x = _units(own, idf, count)
            values.append(x)
            if key in row_of:
                known = True
                units[row_of[key]] += x
        first += len(block)
    totals = [0.0] * len(rows.scale)
    for norm, values, units in groups:
        size = sum(x * x for x in values) if norm == "l2" else sum(map(abs, values))
        inverse = 2.0**-rows.bits
        if norm != "none":
            inverse = 0.0 if not size else 1.0 / (math.sqrt(float(size)) if norm == "l2" else float(size))
        for c in range(len(totals)):
            totals[c] += float(sum(x * int(rows.levels[row, c]) for row, x in units.items())) * inverse
    pairs = zip(totals, rows.scale.tolist(), rows.intercept.tolist(), strict=True)
    return [float(np.float32(total * scale + intercept)) for total, scale, intercept in pairs], known


def _units(own: NgramSettings, idf: int, count: int) -> int:
    many = min(abs(count), 4095 if own.binary or own.sublinear else 65535)
    if own.binary:
        tf = 4096 * (many > 0)
    elif own.sublinear:
        tf = round(4096 * (1 + math.log(many))) if many else 0
    else:
        tf = 4096 * many
    x = (idf * tf + 2048) // 4096
    if count < 0 and not own.binary:
        x = -x
    return max(-65535, min(65535, x))


def _rint(value: Fraction) -> int:
    return round(value)
