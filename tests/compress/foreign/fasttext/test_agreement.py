"""Adopted models answer as the fasttext package does: every loss, every kind of n-gram, every way to quantise."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.data.data_options import DataOptions
from baselines.data.sources import load
from baselines.text.fasttext_reading import FastTextReading
from compress.foreign.fasttext import adopt_fasttext
from tests.cases.fasttext_case import ABSENT, reported, said_by

fasttext = pytest.importorskip("fasttext", reason=ABSENT)

MODELS: Mapping[str, Mapping[str, Any]] = {
    "words": {"loss": "softmax", "minn": 0, "maxn": 0},
    "subwords": {"loss": "softmax", "minn": 2, "maxn": 5},
    "pairs": {"loss": "softmax", "wordNgrams": 3},
    "all": {"loss": "softmax", "minn": 1, "maxn": 4, "wordNgrams": 2},
    "narrow": {"loss": "softmax", "minn": 3, "maxn": 3, "wordNgrams": 2, "minCount": 3, "bucket": 11},
    "ova": {"loss": "ova", "minn": 2, "maxn": 3},
    "ns": {"loss": "ns", "wordNgrams": 2},
    "hs": {"loss": "hs", "minn": 0, "maxn": 3, "wordNgrams": 2},
    "hs, many": {"loss": "hs", "minn": 2, "maxn": 3, "labels": 300},
}
QUANTISED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "plain": ("all", {}),
    "norms": ("all", {"qnorm": True}),
    "cut": ("all", {"cutoff": 700}),
    "cut, words alone": ("words", {"cutoff": 300, "qnorm": True}),
    "cut, retrained, parts of three": ("all", {"cutoff": 600, "retrain": True, "dsub": 3, "qnorm": True}),
    "output too": ("hs, many", {"qout": True, "qnorm": True, "cutoff": 400}),
    "output too, softmax": ("subwords, many", {"qout": True}),
}
AWKWARD = (
    "", " ", "\t\v", "</s>", "a </s> b", "__label__x", "x __label__t1 y", "__label__", "naïve café", "日本語 の 文",
    "🙂🙂 ok", "a\u00a0b\u2028c", "\u0000a\u0000b", "<b> a> <", "don't, stop.", "word " * 400, "long" * 300, "é" * 40,
    "ａｂｃ ＡＢＣ",
)  # fmt: skip
# fastText adds float32 numbers one by one, which is so far from exact for a hundred characters.
ROUNDING = 2e-6
_LETTERS = "abcdefgh éßж中🙂 ,.<>/_-  "


@cache
def corpus() -> tuple[str, ...]:
    """Texts of the sample, and some made of letters of several scripts; without line breaks, which fastText refuses."""
    dataset = load(DataOptions())
    rng = random.Random(0)
    made = ("".join(rng.choices(_LETTERS, k=rng.randint(1, 60))) for _ in range(400))
    return tuple(
        " ".join(text.split("\n")) for text in (*dataset.part("train").texts, *dataset.part("test").texts, *made)
    )


def trained(folder: Path, name: str) -> tuple[Any, Path]:
    settings = dict({**MODELS, "subwords, many": {"loss": "softmax", "minn": 2, "maxn": 3, "labels": 300}}[name])
    n_labels = settings.pop("labels", 7)
    rng = random.Random(1)
    # Counts that fall, as real ones do.
    lines = [f"__label__t{min(int(rng.expovariate(6 / n_labels)), n_labels - 1)} {text}" for text in corpus()]
    lines += [f"__label__t{label} {text}" for label, text in zip(range(n_labels), corpus(), strict=False)]
    path = folder / "train.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    # Each thread fills a tenth of its matrix; with fewer than eleven, numbers are left as memory was.
    options = {"dim": 10, "bucket": 1500, "epoch": 3, "lr": 0.5, "thread": 12, "verbose": 0}
    return fasttext.train_supervised(str(path), **{**options, **settings}), path


def check(model: Any, path: Path, loss: str, texts: Sequence[str]) -> float:
    """Largest difference to what fastText reports, its short cuts taken, over what its rounding allows; the same first
    label but for ties.
    """
    model.save_model(str(path))
    classifier, receipt = adopt_fasttext(path)
    assert receipt.facts["loss"] == loss
    theirs = said_by(model, texts, classifier.classes_)
    _, known = classifier.answer(texts)
    np.testing.assert_array_equal(known, theirs.any(axis=1))
    asked = [text for text, any_row in zip(texts, known, strict=True) if any_row]
    theirs = theirs[known]
    moved = (0.0,) if loss in ("softmax", "hs") else (0.0, 1e-5, -1e-5)
    apart = np.min([np.abs(reported(classifier, asked, loss, moved=by) - theirs) for by in moved], axis=0)
    # Labels that fastText leaves out are below what it adds to each.
    apart[theirs == 0] = np.maximum(0, apart[theirs == 0] - 1.1e-5)
    ours = classifier.predict_proba(asked)
    first = ours.argmax(axis=1)
    rows = np.arange(len(first))
    exact = reported(classifier, asked, loss)
    assert (theirs[rows, first] >= theirs.max(axis=1) - 1e-5 - np.abs(exact - theirs).max(axis=1)).all()
    # What is said of fastText's short cuts: 1e-5 more, at each step of a tree too, and up to 1 / 128 less.
    allowed = ROUNDING * np.array([max(1, len(text) / 100) for text in asked])
    bound = {"softmax": 0.0, "hs": 2e-4}.get(loss, 1 / 128)
    assert (np.abs(ours - (theirs if loss == "hs" else theirs - 1e-5)).max(axis=1) < bound + allowed).all()
    return float((apart.max(axis=1) / allowed).max())


def texts() -> tuple[str, ...]:
    rng = random.Random(2)
    strange = (
        "".join(chr(rng.choice((rng.randint(32, 126), rng.randint(160, 0x3000)))) for _ in range(30)) for _ in range(50)
    )
    return (*AWKWARD, *corpus()[::16], *strange)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_answers_as_before(name: str, tmp_path: Path) -> None:
    model, _ = trained(tmp_path, name)
    assert check(model, tmp_path / "model.bin", MODELS[name]["loss"], texts()) < 1


@pytest.mark.parametrize("name", QUANTISED)
def test_a_quantised_model_answers_as_before(name: str, tmp_path: Path) -> None:
    parent, options = QUANTISED[name]
    model, path = trained(tmp_path, parent)
    model.quantize(input=str(path), thread=12, **options)
    loss = MODELS.get(parent, {"loss": "softmax"})["loss"]
    assert check(model, tmp_path / "model.ftz", loss, texts()) < 1


def test_words_are_split_as_the_package_does(tmp_path: Path) -> None:
    model, _ = trained(tmp_path, "words")
    reading = FastTextReading()
    for text in texts():
        words, _ = model.get_line(text)
        assert reading.words(reading(text)) == words
