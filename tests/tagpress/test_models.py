"""Single models in Python: trained, adopted, made smaller; none of it looks at the test part."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import tagpress
from baselines.dataset import Dataset, Part, PartName
from baselines.text.cleaning import CLEANINGS, Cleaning, CleaningName
from baselines.text.tokenizer import Tokenizer
from tests.cases.adopted_case import answers
from tests.cases.compress_case import TOKENIZER
from tests.cases.quick_case import SMALL, SMALL_CNN
from tests.cases.text_cnn_case import CLASSES, Layout, TextNet

SETTINGS: dict[str, dict[str, Any]] = {
    "quantize": {"bits": 4},
    "prune": {**SMALL["prune"], "sparsity": 0.5},
    "distill": SMALL["distill"],
    "fold": {},
}
KINDS = {"quantize": "tables-int8", "prune": "cnn", "distill": "cnn", "fold": "tables-float"}
OWN_TEXTS = ["The cat of a graph", "A U-Net, trained!", "", "no1 can, 2"]


class Unread(Dataset):
    """A data set whose test part must not be asked for."""

    def part(self, name: PartName) -> Part:
        assert name != "test"
        return super().part(name)


@pytest.fixture(scope="module")
def dataset(tiny: Dataset) -> Dataset:
    return Unread(**{field.name: getattr(tiny, field.name) for field in fields(tiny)})


@pytest.fixture(scope="module")
def cnn(dataset: Dataset) -> tagpress.Classifier:
    return tagpress.train("cnn", dataset, threads=1, **SMALL_CNN)


@pytest.fixture(scope="module")
def linear(dataset: Dataset) -> tagpress.Classifier:
    return tagpress.train("linear", dataset, threads=1)


def test_a_baseline_is_trained_and_gets_thresholds(
    cnn: tagpress.Classifier, linear: tagpress.Classifier, dataset: Dataset
) -> None:
    for classifier in (cnn, linear):
        probabilities = classifier.predict_proba(dataset.part("validation").texts)
        assert isinstance(classifier, tagpress.Classifier)
        assert classifier.classes_ == dataset.classes
        assert probabilities.shape == (len(dataset.part("validation")), len(dataset.classes))
        assert not np.all(classifier.thresholds_ == np.float32(0.5))
    assert cnn.config.filters == ((2, 6), (4, 6))


def test_the_same_seed_gives_the_same_model(cnn: tagpress.Classifier, dataset: Dataset) -> None:
    texts = dataset.part("validation").texts
    again = tagpress.train("cnn", dataset, threads=1, **SMALL_CNN)
    other = tagpress.train("cnn", dataset, threads=1, seed=1, **SMALL_CNN)
    assert np.array_equal(again.predict_proba(texts), cnn.predict_proba(texts))
    assert not np.array_equal(other.predict_proba(texts), cnn.predict_proba(texts))


@pytest.mark.parametrize("method", SETTINGS)
def test_every_method_makes_a_new_model(method: str, cnn: tagpress.Classifier, dataset: Dataset) -> None:
    texts = dataset.part("validation").texts
    before = cnn.predict_proba(texts)
    child, receipt = tagpress.apply(method, cnn, dataset, threads=1, **SETTINGS[method])
    assert (child.kind, receipt.method, child.classes_) == (KINDS[method], method, dataset.classes)
    assert receipt.touched > 0
    assert np.array_equal(cnn.predict_proba(texts), before)
    if method == "fold":
        np.testing.assert_allclose(child.predict_proba(texts), before, atol=1e-5)
    else:
        assert not np.array_equal(child.predict_proba(texts), before)


def test_a_student_learns_from_the_teacher_that_is_given(
    cnn: tagpress.Classifier, linear: tagpress.Classifier, dataset: Dataset
) -> None:
    texts = dataset.part("validation").texts
    own, _ = tagpress.apply("distill", cnn, dataset, threads=1, **SMALL["distill"])
    taught, _ = tagpress.apply("distill", cnn, dataset, teacher=linear, threads=1, **SMALL["distill"])
    assert not np.array_equal(own.predict_proba(texts), taught.predict_proba(texts))


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_an_adopted_module_answers_as_it_did(cleaning: CleaningName) -> None:
    vocabulary = {character: number for number, character in enumerate(TOKENIZER.alphabet, 2)}
    net = TextNet(Layout(norm=True))
    cnn, receipt = tagpress.adopt(net, vocabulary, CLASSES, thresholds=[0.4] * len(CLASSES), cleaning=cleaning)
    own = answers(net, OWN_TEXTS, Tokenizer(TOKENIZER.alphabet, Cleaning(cleaning)))
    np.testing.assert_allclose(cnn.predict_proba(OWN_TEXTS), own, atol=1e-5)
    assert (receipt.method, cnn.classes_) == ("adopt", CLASSES)
    assert cnn.thresholds_ == pytest.approx(0.4)


def test_an_adopted_module_of_one_class_a_text_says_the_largest() -> None:
    vocabulary = {character: number for number, character in enumerate(TOKENIZER.alphabet, 2)}
    net = TextNet(Layout(norm=True))
    cnn, _ = tagpress.adopt(net, vocabulary, CLASSES, task="multiclass")
    own = answers(net, OWN_TEXTS, Tokenizer(TOKENIZER.alphabet, Cleaning("letters")))
    known = cnn.answer(OWN_TEXTS)[1]
    found = cnn.predict_proba(OWN_TEXTS)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    # The sigmoid doesn't change which class is the largest.
    assert [names for names, knows in zip(cnn.predict(OWN_TEXTS), known, strict=True) if knows] == [
        [CLASSES[row.argmax()]] for row in own[known]
    ]
    with pytest.raises(tagpress.UserError, match="task: allowed: multilabel, multiclass, binary; got 'multi'"):
        tagpress.adopt(net, vocabulary, CLASSES, task="multi")  # type: ignore[arg-type]
    with pytest.raises(tagpress.UserError, match="cleaning: allowed: course, letters, words, raw"):
        tagpress.adopt(net, vocabulary, CLASSES, cleaning="none")  # type: ignore[arg-type]


def test_a_module_that_is_no_text_cnn_is_refused() -> None:
    net = TextNet(Layout(behind_pool=lambda values: values.tanh()))
    vocabulary = {character: number for number, character in enumerate(TOKENIZER.alphabet, 2)}
    with pytest.raises(tagpress.UserError, match="it is the tanh of the maxima over time"):
        tagpress.adopt(net, vocabulary, CLASSES)


def test_mistakes_say_what_is_allowed(linear: tagpress.Classifier, dataset: Dataset) -> None:
    def refused(call: Any, *words: str) -> None:
        with pytest.raises(tagpress.UserError) as caught:
            call()
        for word in words:
            assert word in str(caught.value)

    refused(lambda: tagpress.train("lniear", dataset), "baseline 'lniear' unknown; known: ", "linear, cnn")
    refused(lambda: tagpress.train("linear", dataset, epochs=3), "unknown epochs; allowed: ", "max_iterations")
    refused(lambda: tagpress.train("linear", dataset, C=-1.0), "C: expected a number above 0")
    refused(lambda: tagpress.train("linear", dataset, device="gpu"), "device: allowed: auto, cpu, cuda; got 'gpu'")
    refused(lambda: tagpress.train("linear", dataset, threads=-1), "threads: 0 for all usable cores", "got -1")
    refused(lambda: tagpress.apply("melt", linear, dataset), "'melt' unknown; known: quantize, prune, distill, fold")
    refused(
        lambda: tagpress.apply("quantize", linear, dataset, bit=4), "quantize has no setting bit; allowed: ", "bits"
    )
    refused(lambda: tagpress.apply("quantize", linear, dataset, bits=1), "bits: expected a whole number from 2 to 8")
    refused(lambda: tagpress.apply("fold", linear, dataset), "fold: needs a character CNN, got 'linear'")
    refused(lambda: tagpress.apply("quantize", linear, dataset, device="gpu"), "device: allowed")
