"""Texts with the answers that NumPy gives, for a generated file to check itself wherever it runs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from baselines.errors import ArtifactError
from baselines.task import decide
from exports.bundles.parity import AWKWARD
from exports.runtime.bundle_format import EXAMPLE
from exports.targets.c.arrays import Data, Piece, defined, part
from exports.targets.c.text_part import fits
from exports.targets.source import Source, Target, cleanings_of

_TEXTS = 18
_MOST_BYTES = 400
# So that there are a dozen where a text has room for a few bytes only.
_SHORT = ("e", "A", " ", "0", "?", "\x7f", "t", "s", "o", "9", "#", "Z", "é", "İ", "入")


def self_test(source: Source, target: Target) -> Piece:
    """The vectors and the function that goes through them."""
    texts = vectors(source, target)
    logits, known = source.logits(texts)
    probabilities = source.link(logits, source.space.task)
    decided = decide(probabilities, source.thresholds, source.space.task)
    if source.unknown is not None:
        decided[~known] = source.unknown
    contents = [text.encode("utf-8") for text in texts]
    data = Data(source.bundle.folder)
    data.add("tp_test_texts", np.frombuffer(b"".join(contents) + b"\0", np.uint8))
    data.add("tp_test_sizes", np.array(list(map(len, contents)), np.uint16))
    data.add("tp_test_logits", logits)
    data.add("tp_test_decided", decided.astype(np.uint8))
    data.add("tp_test_known", known.astype(np.uint8))
    text = part("self_test.c", VECTORS=defined({"TP_TESTS": len(texts)}) + data.source)
    return Piece({}, text, data.n_bytes, 0)


def vectors(source: Source, target: Target) -> list[str]:
    """Texts of the bundle's example, awkward ones, and names of classes, each cut to what is allowed."""
    cleanings = cleanings_of(source)
    longest = min(target.longest, _MOST_BYTES)
    found: dict[str, None] = {}
    for text in (*_examples(source), *AWKWARD, *source.space.names[:2], *_SHORT):
        cut = text.encode("utf-8", "replace")[:longest].decode("utf-8", "ignore")
        if all(fits(cut, cleaning, target.longest) for cleaning in cleanings):
            found[cut] = None
    return list(found)[:_TEXTS]


def _examples(source: Source) -> Iterable[str]:
    """One or two texts of `example.json`, which a bundle may lack."""
    path = source.bundle.folder / EXAMPLE
    try:
        content = source.bundle.json(EXAMPLE) if path.is_file() else {}
    except (ArtifactError, KeyError):
        return ()
    texts = content.get("texts") if isinstance(content, dict) else None
    return [text for text in texts[:2] if isinstance(text, str)] if isinstance(texts, list) else ()
