"""What an adopted model answers follows from the file's own numbers; tasks and limits are said in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from baselines.dataset import Part
from baselines.errors import NotCompressible
from baselines.storage.artifact import Lineage, load, save
from baselines.task import decide
from baselines.text.hashing import chained, fnv1a
from compress.foreign.fasttext import adopt_fasttext, adopt_file
from compress.method import Context
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.registry import KINDS, METHODS
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from tests.cases.fasttext_case import Small

TEXTS = (
    "", "one", "one two zwei€", "zwei€ zwei€\tone\nthree,", "three, </s> one", "__label__b one", "a __label__new b",
    "unbekanntes Wort", "x", "one\x0bone\x0cone\x00one",
)  # fmt: skip


def entries(small: Small, text: str) -> Iterator[int]:
    """Rows of a text, word by word and byte by byte: how fastText says it, not how ours is built."""
    words, n_words = [], len(small.words)
    for piece in text.encode().translate(bytes(32 if b in b"\n\r\t\v\f\0" else b for b in range(256))).split(b" "):
        if piece == b"</s>":
            break
        if piece and piece not in small.labels and not piece.startswith(b"__label__"):
            words.append(piece)
    words.append(b"</s>")
    kept = None if small.kept is None else dict(small.kept)

    def behind(hashed: int) -> Iterator[int]:
        bucket = hashed % small.buckets
        if kept is None:
            yield n_words + bucket
        elif bucket in kept:
            yield n_words + kept[bucket]

    for word in words:
        if word in small.words:
            yield small.words.index(word)
        if word != b"</s>" and small.maxn:
            marked = f"<{word.decode()}>"
            for start in range(len(marked)):
                for n in range(small.minn, small.maxn + 1):
                    part = marked[start : start + n]
                    if len(part) == n and part not in ("<", ">"):
                        yield from behind(fnv1a(part.encode()))
    for n in range(2, small.word_ngrams + 1):
        for start in range(len(words) - n + 1):
            yield from behind(chained([fnv1a(word) for word in words[start : start + n]]))


def expected(small: Small, texts: Sequence[str]) -> np.ndarray:
    """Logits (n_texts, labels), and zeros for a text without a row."""
    rows = [list(entries(small, text)) for text in texts]
    hidden = [small.input[row].astype(float).mean(axis=0) if row else np.zeros(small.dim) for row in rows]
    return np.array(hidden) @ small.output.T.astype(float)


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def logistic(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)))


@pytest.mark.parametrize(
    "small",
    [
        Small(),
        Small(minn=1, maxn=4, word_ngrams=3, buckets=50),
        Small(maxn=0, word_ngrams=1, buckets=0),
        Small(coded=True, norms=True, kept=((6, 1), (2, 0), (0, 2))),
        Small(coded=True, kept=()),
    ],
)
def test_answers_follow_from_the_numbers_in_the_file(small: Small, tmp_path: Path) -> None:
    classifier, receipt = adopt_fasttext(small.write(tmp_path))
    assert classifier.classes_ == ("a", "b", "c")
    assert classifier.task_ == "multiclass"
    np.testing.assert_allclose(classifier.space_.shares, (0.5, 0.3, 0.2))
    np.testing.assert_allclose(classifier.predict_proba(TEXTS), softmax(expected(small, TEXTS)), atol=1e-6)
    assert receipt.touched == classifier.coef_.size


def test_each_loss_has_its_task(tmp_path: Path) -> None:
    for loss in ("ova", "ns"):
        small = Small(loss=loss)
        classifier, _ = adopt_fasttext(small.write(tmp_path))
        assert classifier.task_ == "multilabel"
        alone = logistic(expected(small, TEXTS))
        np.testing.assert_allclose(classifier.predict_proba(TEXTS), alone, atol=1e-6)
        single, _ = adopt_fasttext(small.write(tmp_path), task="multiclass")
        shares = alone / alone.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(single.predict_proba(TEXTS), shares, atol=1e-6)
    for loss in ("softmax", "hs"):
        with pytest.raises(NotCompressible, match="-loss ova"):
            adopt_fasttext(Small(loss=loss).write(tmp_path), task="multilabel")


def test_a_tree_of_three_labels_is_walked_from_its_root(tmp_path: Path) -> None:
    small = Small(loss="hs")
    classifier, _ = adopt_fasttext(small.write(tmp_path))
    right = logistic(expected(small, TEXTS))
    # The two rarest labels meet first, the rarest on the left; their node counts as much as the third, and goes right.
    a, b, c = 1 - right[:, 1], right[:, 1] * right[:, 0], right[:, 1] * (1 - right[:, 0])
    if classifier.link.paths[0][0][1] is False:
        a, b, c = right[:, 1], (1 - right[:, 1]) * right[:, 0], (1 - right[:, 1]) * (1 - right[:, 0])
    np.testing.assert_allclose(classifier.predict_proba(TEXTS), np.stack([a, b, c], axis=1), atol=1e-6)


@pytest.mark.parametrize("loss", ["softmax", "ova", "ns", "hs"])
def test_two_labels_are_yes_and_no(loss: str, tmp_path: Path) -> None:
    small = Small(loss=loss, labels=(b"__label__ham", b"__label__spam"), counts=(9, 4))
    both, _ = adopt_fasttext(small.write(tmp_path), task="multiclass")
    binary, _ = adopt_fasttext(small.write(tmp_path), task="binary", positive="spam")
    assert (binary.classes_, binary.space_.negative) == (("spam",), "ham")
    column = binary.predict_proba(TEXTS)[:, 0]
    if loss in ("softmax", "hs"):
        np.testing.assert_allclose(column, both.predict_proba(TEXTS)[:, 1], atol=1e-6)
    else:
        np.testing.assert_allclose(column, logistic(expected(small, TEXTS))[:, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("labels", "options", "said"),
    [
        ((b"__label__a",), {}, "1 labels"),
        ((b"__label__a", b"__label__b", b"__label__c"), {"task": "binary", "positive": "a"}, "two labels"),
        ((b"__label__a", b"__label__b"), {"task": "binary", "positive": "x"}, "positive 'x'"),
        ((b"__label__a", b"__label__b"), {"task": "binary"}, "positive"),
        ((b"__label__a", b"__label__b"), {"positive": "a"}, "positive"),
        ((b"__label__a", b"__label__b"), {"task": "other"}, "task: one of"),
    ],
)
def test_tasks_that_do_not_fit_are_refused(
    labels: tuple[bytes, ...], options: dict[str, str], said: str, tmp_path: Path
) -> None:
    path = Small(labels=labels, counts=(4,) * len(labels)).write(tmp_path)
    with pytest.raises(NotCompressible, match=said):
        adopt_fasttext(path, **options)  # type: ignore[arg-type]


def test_labels_that_begin_otherwise_are_no_words(tmp_path: Path) -> None:
    small = Small(labels=(b"#a", b"#b", b"\xff#"), words=(b"</s>", b"__label__w", b"one", b"\xfe"))
    classifier, receipt = adopt_fasttext(small.write(tmp_path))
    assert classifier.classes_ == ("#a", "#b", "\\xff#")
    read = classifier.vectorizer_.cleaning
    assert read.words(read("one #a __label__w __label__x #c")) == ["one", "__label__w", "#c", "</s>"]
    assert any("no UTF-8" in note for note in receipt.notes)


def test_with_texts_their_buckets_alone_are_taken(tmp_path: Path) -> None:
    path = Small(buckets=1000).write(tmp_path)
    whole, _ = adopt_fasttext(path)
    some, receipt = adopt_fasttext(path, texts=TEXTS)
    assert some.vectorizer_.n_features < 100 < whole.vectorizer_.n_features
    assert receipt.facts["buckets_left_out"] > 1900
    np.testing.assert_array_equal(some.predict_proba(TEXTS), whole.predict_proba(TEXTS))
    # Another text's buckets count as long as it is read, and add nothing.
    (own,), (all_of_it,) = (c.predict_proba(["completely different"]) for c in (some, whole))
    assert not np.allclose(own, all_of_it)


def test_too_many_weights_are_refused_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopt_file, "MAX_WEIGHTS", 1000)
    path = Small(buckets=1000).write(tmp_path)
    with pytest.raises(NotCompressible, match="pass the training texts"):
        adopt_fasttext(path)
    adopt_fasttext(path, texts=TEXTS)
    # Two million buckets twice are more than a vocabulary of ours may have: said before their rows are read.
    with pytest.raises(NotCompressible, match="pass the training texts"):
        adopt_fasttext(Small(buckets=2_000_000, dim=1).write(tmp_path))


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs"])
def test_it_is_saved_rounded_and_shipped(loss: str, tmp_path: Path) -> None:
    classifier, receipt = adopt_fasttext(Small(loss=loss, buckets=40).write(tmp_path))
    lineage = Lineage("adopted", "baseline", recipe=({"method": "adopt"},), receipt=receipt.to_json())
    save(classifier, tmp_path / "artifact", lineage)
    again = load(tmp_path / "artifact", KINDS)
    np.testing.assert_array_equal(again.predict_proba(TEXTS), classifier.predict_proba(TEXTS))
    part = Part(TEXTS, decide(classifier.predict_proba(TEXTS), classifier.thresholds_, classifier.task_),
                classifier.classes_, task=classifier.task_)  # fmt: skip
    rounded, _ = METHODS["quantize"].apply(again, QuantizeConfig(bits=8), Context(part, part))
    np.testing.assert_allclose(rounded.predict_proba(TEXTS), classifier.predict_proba(TEXTS), atol=0.02)
    bundle = write_bundle(rounded, lineage, tmp_path / "bundle", "linear")
    np.testing.assert_allclose(runtime.load(bundle).predict_proba(TEXTS), rounded.predict_proba(TEXTS), atol=1e-5)
