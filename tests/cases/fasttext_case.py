"""fastText files written by a writer of our own, and what fastText reports of given logits."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compress.kinds.adopted_linear import AdoptedLinear

Floats = NDArray[np.float64]
LOSS = {"hs": 1, "ns": 2, "softmax": 3, "ova": 4}
ABSENT = "the fasttext package isn't installed: pip install '.[peers]'"


@dataclass(frozen=True)
class Small:
    """Everything that a file says; the defaults make a sound one."""

    dim: int = 3
    loss: str = "softmax"
    model: int = 3
    version: int = 12
    minn: int = 2
    maxn: int = 3
    word_ngrams: int = 2
    buckets: int = 7
    words: tuple[bytes, ...] = (b"</s>", b"one", "zwei€".encode(), b"three,")
    labels: tuple[bytes, ...] = (b"__label__a", b"__label__b", b"__label__c")
    counts: tuple[int, ...] = (5, 3, 2)
    kept: tuple[tuple[int, int], ...] | None = None
    coded: bool = False
    norms: bool = False
    output_coded: bool = False
    width: int = 2
    seed: int = 0

    def changed(self, **changes: object) -> Small:
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def input(self) -> NDArray[np.float32]:
        """Rows of the words, then of the buckets."""
        behind = self.buckets if self.kept is None else len(self.kept)
        shape = (len(self.words) + behind, self.dim)
        return np.random.default_rng(self.seed).normal(size=shape).astype(np.float32)

    @property
    def output(self) -> NDArray[np.float32]:
        return np.random.default_rng(self.seed + 1).normal(size=(len(self.labels), self.dim)).astype(np.float32)

    def content(self) -> bytes:
        """The file. Few rows are coded exactly: each is a centroid of its own."""
        dictionary = b"".join(
            entry + b"\0" + struct.pack("<qb", count, kind)
            for entry, count, kind in [
                *((word, 1, 0) for word in self.words),
                *((label, count, 1) for label, count in zip(self.labels, self.counts, strict=True)),
            ]
        )
        kept = b"".join(struct.pack("<ii", *pair) for pair in self.kept or ())
        n_kept = -1 if self.kept is None else len(self.kept)
        sizes = (len(self.words) + len(self.labels), len(self.words), len(self.labels), 99, n_kept)
        head = struct.pack("<ii", 793712314, self.version) + struct.pack(
            "<12id", self.dim, 5, 5, 1, 5, self.word_ngrams, LOSS[self.loss], self.model, self.buckets, self.minn,
            self.maxn, 100, 1e-4,
        )  # fmt: skip
        parts = [head, struct.pack("<iiiqq", *sizes), dictionary, kept]
        parts += [bytes([self.coded]), self._matrix(self.input, coded=self.coded)]
        parts += [bytes([self.output_coded]), self._matrix(self.output, coded=self.output_coded and self.coded)]
        return b"".join(parts)

    def write(self, folder: Path) -> Path:
        path = folder / f"model.{'ftz' if self.coded else 'bin'}"
        path.write_bytes(self.content())
        return path

    def _matrix(self, rows: NDArray[np.float32], *, coded: bool) -> bytes:
        n, columns = rows.shape
        if not coded:
            return struct.pack("<qq", n, columns) + rows.tobytes()
        sizes = np.maximum(np.linalg.norm(rows, axis=1), 1e-9).astype(np.float32) if self.norms else np.ones(n, "f4")
        parts = -(-columns // self.width)
        codes = np.repeat(np.arange(n, dtype=np.uint8)[:, None], parts, axis=1)
        written = struct.pack("<?qqi", self.norms, n, columns, n * parts) + codes.tobytes()
        written += _quantiser((rows / sizes[:, None]).astype(np.float32), self.width)
        return written + (codes[:, 0].tobytes() + _quantiser(sizes[:, None], 1) if self.norms else b"")


def _quantiser(rows: NDArray[np.float32], width: int) -> bytes:
    n, columns = rows.shape
    parts = -(-columns // width)
    full = np.zeros((256, columns), np.float32)
    full[:n] = rows
    centroids = b"".join(full[:, part * width : (part + 1) * width].tobytes() for part in range(parts))
    return struct.pack("<4i", columns, parts, width, columns % width or width) + centroids


def reported(classifier: AdoptedLinear, texts: Sequence[str], loss: str, *, moved: float = 0.0) -> Floats:
    """What fastText says of our logits, with its short cuts: float64 (n_texts, classes).

    Args:
        moved: added to each logit, relative to its size: what stands at a step of its table may fall on either side.
    """
    rows = [classifier.vectorizer_.encode(text) for text in texts]
    _, weights, _ = classifier.exact
    logits = np.array([weights[:, columns] @ values for columns, values in rows])
    logits = logits + moved * np.maximum(1, np.abs(logits))
    if loss == "softmax":
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True) + 1e-5)
    if loss == "hs":
        right = 1 / (1 + np.exp(-logits))
        found = np.ones((len(texts), len(classifier.classes_)))
        for column, path in enumerate(classifier.link.paths):
            for node, turned in path:
                found[:, column] *= (1 - right[:, node] if turned else right[:, node]) + 1e-5
        return found
    steps = np.floor((np.clip(logits, -8, 8) + 8) * 32) / 32 - 8
    table = np.where(logits > 8, 1.0, np.where(logits < -8, 0.0, 1 / (1 + np.exp(-steps))))
    return np.asarray(table + 1e-5)


def said_by(package_model: object, texts: Sequence[str], classes: Sequence[str], prefix: str = "__label__") -> Floats:
    """What the fasttext package reports: float64 (n_texts, classes); 0 for a label that it leaves out."""
    found = np.zeros((len(texts), len(classes)))
    place: Mapping[str, int] = {prefix + name: column for column, name in enumerate(classes)}
    for row, text in zip(found, texts, strict=True):
        labels, probabilities = package_model.predict(text, k=-1)  # type: ignore[attr-defined]
        for label, probability in zip(labels, probabilities, strict=True):
            row[place[label]] = probability
    return found
