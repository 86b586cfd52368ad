"""A fastText file's settings and dictionary: words, labels with their counts, and the buckets that pruning left.

Source of the layout: fastText (Joulin et al., 2016), its files of versions 11 and 12, read here by a reader of our own.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from baselines.errors import ArtifactError, NotCompressible
from baselines.text.ngram_settings import MAX_N, MAX_TERMS
from compress.foreign.fasttext.source import MAGIC, Source

Loss = Literal["hs", "ns", "softmax", "ova"]
VERSIONS = (11, 12)
MAX_DIM = 1 << 16
MAX_WORD_BYTES = 1 << 16
_LOSSES: Mapping[int, Loss] = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
_UNSUPERVISED = {1: "cbow", 2: "skipgram"}
_SUPERVISED = 3
# What an entry takes at least: an empty word's end, a count, a type.
_LEAST_ENTRY = 10
_READ_AHEAD = 1 << 20
# fastText builds its tree of labels with this for nodes that aren't there yet.
_MOST_COUNT = 10**15


@dataclass(frozen=True)
class Settings:
    """What the model was trained with, as far as its answers depend on it.

    Attributes:
        dim: columns of both matrices.
        loss: `softmax`, one-vs-all `ova`, negative sampling `ns`, or hierarchical softmax `hs`.
        subwords: smallest and largest n of the characters inside words; None without.
        word_ngrams: largest n of neighbouring words; 1 for single words.
        buckets: of the hashes of subwords and neighbouring words, which share them; 0 where there are neither.
    """

    dim: int
    loss: Loss
    subwords: tuple[int, int] | None
    word_ngrams: int
    buckets: int


@dataclass(frozen=True)
class Dictionary:
    """What has a row.

    Attributes:
        words: UTF-8, in the order of their rows.
        labels: UTF-8, in the order of the output's rows.
        counts: how often training saw each label.
        kept: bucket -> row behind the words', where pruning left some; None where every bucket has one.
    """

    words: tuple[bytes, ...]
    labels: tuple[bytes, ...]
    counts: tuple[int, ...]
    kept: Mapping[int, int] | None


def read_settings(source: Source) -> Settings:
    """The file's head.

    Raises:
        ArtifactError: no fastText file, an unknown version, or settings that no training has.
        NotCompressible: word vectors without classes.
    """
    magic, version = source.numbers("ii", "head")
    if magic != MAGIC or version not in VERSIONS:
        allowed = " and ".join(map(str, VERSIONS))
        found = f"version {version}" if magic == MAGIC else "another kind of file, or one of before 2017"
        raise ArtifactError(f"{source.path}: fastText files of versions {allowed} are read, this is {found}")
    names = ("dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket", "minn", "maxn")
    values = dict(zip((*names, "lrUpdateRate", "t"), source.numbers("12id", "settings"), strict=True))
    if values["model"] in _UNSUPERVISED:
        raise NotCompressible(
            f"{source.path}: word vectors ({_UNSUPERVISED[values['model']]}), which answer nothing; train a classifier "
            "on labelled texts with `fasttext supervised`, where these may be its -pretrainedVectors"
        )
    if values["model"] != _SUPERVISED or values["loss"] not in _LOSSES:
        raise source.wrong(f"settings: model 3 with loss 1 to 4 is allowed, got {values['model']}, {values['loss']}")
    # Supervised models of version 11 say something else than they do: they never read characters.
    high = 0 if version == VERSIONS[0] else values["maxn"]
    subwords = (max(1, values["minn"]), high) if high >= max(1, values["minn"]) else None
    word_ngrams = max(1, values["wordNgrams"])
    for name, value, most in (
        ("dim", values["dim"], MAX_DIM),
        ("maxn", high, MAX_N),
        ("wordNgrams", word_ngrams, MAX_N),
    ):
        if value > most or (name == "dim" and value < 1):
            raise source.wrong(f"settings: {name}: up to {most} is allowed, got {value}")
    hashed = subwords is not None or word_ngrams > 1
    if hashed and values["bucket"] < 1:
        raise source.wrong(f"settings: bucket: hashes need at least one, got {values['bucket']}")
    return Settings(values["dim"], _LOSSES[values["loss"]], subwords, word_ngrams, values["bucket"] if hashed else 0)


def read_dictionary(source: Source, settings: Settings) -> Dictionary:
    """What follows the settings; raises ArtifactError where it contradicts itself."""
    size, n_words, n_labels, _, n_kept = source.numbers("iiiqq", "dictionary")
    if min(n_words, n_labels) < 0 or size != n_words + n_labels or n_words > MAX_TERMS:
        raise source.wrong(
            f"dictionary: words (up to {MAX_TERMS}) and labels that add up to its size are needed, got {n_words}, "
            f"{n_labels} and {size}"
        )
    entries = _read_entries(source, size)
    for place, (word, count, kind) in enumerate(entries):
        if kind != (place >= n_words):
            raise source.wrong(f"dictionary: {n_words} words and then labels are needed, entry {place} has type {kind}")
        if kind and not 0 <= count < _MOST_COUNT:
            raise source.wrong(f"dictionary: entry {place}: a count from 0 on is needed, got {count}")
        if not word:
            raise source.wrong(f"dictionary: entry {place} is empty")
    names = [word for word, _, _ in entries]
    if len(set(names)) != size:
        raise source.wrong("dictionary: an entry stands there twice")
    counts = tuple(count for _, count, _ in entries[n_words:])
    return Dictionary(tuple(names[:n_words]), tuple(names[n_words:]), counts, _read_kept(source, n_kept, settings))


def _read_entries(source: Source, size: int) -> list[tuple[bytes, int, int]]:
    """Word, count and type of each entry; a word ends at a zero byte, so what is read ahead is kept."""
    left = source.size - source.at
    if size * _LEAST_ENTRY > left:
        raise source.wrong(f"dictionary: {size} entries are promised, {left} bytes are left")
    entries: list[tuple[bytes, int, int]] = []
    ahead, at = b"", 0
    while len(entries) < size:
        end = ahead.find(b"\0", at, at + MAX_WORD_BYTES + 1)
        if 0 <= end <= len(ahead) - _LEAST_ENTRY:
            entries.append((ahead[at:end], *struct.unpack_from("<qb", ahead, end + 1)))
            at = end + _LEAST_ENTRY
            continue
        if end < 0 and len(ahead) - at > MAX_WORD_BYTES:
            raise source.wrong(f"dictionary: entry {len(entries)}: words of up to {MAX_WORD_BYTES} bytes are allowed")
        source.at += at
        more = min(_READ_AHEAD, source.size - source.at)
        if more <= len(ahead) - at:
            raise source.wrong(f"dictionary: the file ends in entry {len(entries)} of {size}")
        ahead, at = source.stretch(source.at, more, "dictionary"), 0
    source.at += at
    return entries


def _read_kept(source: Source, n_kept: int, settings: Settings) -> Mapping[int, int] | None:
    if n_kept < 0:
        return None
    pairs = np.frombuffer(source.take(8 * n_kept, "buckets that pruning left"), "<i4").reshape(-1, 2)
    buckets, rows = pairs[:, 0], pairs[:, 1]
    most = settings.buckets or 1 << 31
    if n_kept and not (buckets.min() >= 0 and buckets.max() < most and rows.min() >= 0 and rows.max() < n_kept):
        raise source.wrong(
            f"buckets that pruning left: buckets below {most} and rows below {n_kept} are needed", 8 * n_kept
        )
    if len(np.unique(buckets)) != n_kept:
        raise source.wrong("buckets that pruning left: one stands there twice", 8 * n_kept)
    return dict(zip(buckets.tolist(), rows.tolist(), strict=True))
