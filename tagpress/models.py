"""Single models in Python: train one, take one over, apply a method.

Every function imports what it needs when it is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.storage.artifact import Lineage
from baselines.task import TASKS, Task
from tagpress.arguments import device_and_threads, one_of
from tagpress.provenance import remember, remember_step

if TYPE_CHECKING:
    from baselines.text.cleaning import CleaningName
    from compress.method import Receipt


def train(
    baseline: str, dataset: Dataset, *, seed: int = 0, threads: int = 0, device: str = "cpu", **config: Any
) -> Classifier:
    """Fit one baseline to the training part; its thresholds are chosen on validation. Nothing is written.

    What it answers is the data set's task: any number of classes (multilabel), one (multiclass), or one of both sides
    (binary). A text in which it knows nothing gets what the training texts say: no class, or the most frequent one.

    Args:
        baseline: a name that `tagpress train --help` lists, such as `linear` or `cnn`.
        dataset: from `read_dataset`.
        seed, threads, device: of the training; 0 threads takes all usable cores.
        config: fields of the baseline's config to replace, such as `epochs=20`.

    Raises:
        UserError: an unknown name or field; an optional package that is missing.

    Examples:
        >>> dataset = tagpress.read_dataset("sample")
        >>> linear = tagpress.train("linear", dataset, C=3.0)
        >>> linear.predict_proba(["Segmenting satellite images with a U-Net"]).shape == (1, len(dataset.classes))
        True

        One class a text, and texts that differ in a "not" alone:

        >>> notes = {"text": [f"note {n} is {'not ' * (n % 2)}done" for n in range(80)], "state": ["done", "open"] * 40}
        >>> dataset = tagpress.read_dataset(notes, labels="state", positive="done")
        >>> tagpress.train("linear", dataset).predict(["it is done", "it is not done"])
        [['done'], ['open']]
    """
    from baselines.fitting.cleaning_choice import remembered_choice, with_cleaning
    from baselines.fitting.fit import baseline_named, choose_thresholds, training_lineage

    device, threads = device_and_threads(device, threads)
    entry = baseline_named(baseline)
    config = with_cleaning(dataset, baseline, config, lambda: remembered_choice(dataset))
    classifier = entry.make(seed, device, threads, config, dataset.task)
    validation = dataset.part("validation")
    classifier.fit(dataset.part("train"), validation)
    choose_thresholds(baseline, classifier, validation)
    remember(classifier, training_lineage(baseline, classifier, dataset, seed))
    return classifier


def adopt(
    module: Any,
    vocabulary: Mapping[str, int],
    classes: Sequence[str],
    *,
    task: Task = "multilabel",
    negative: str = "",
    padding: int = 0,
    unknown: int = 1,
    thresholds: Sequence[float] | None = None,
    cleaning: CleaningName = "letters",
) -> tuple[Classifier, Receipt]:
    """Take over a character CNN made in PyTorch, exactly and with a proof, as a parent for every method.

    From then on texts are cleaned before their characters are read, by default to lower-case words of letters and
    digits with single spaces between them. Say how the module's own texts were cleaned, or it answers otherwise.

    Args:
        module: a trained `nn.Module`: embedding, parallel convolutions with one window a character, each perhaps with
            a BatchNorm, the maximum over time, one or two linear layers; gives logits. It stays as it is.
        vocabulary: its own character -> id.
        classes: names of its outputs, in order; of a binary task the positive class alone.
        task: what its logits mean: `"multilabel"`, a sigmoid for each; `"multiclass"`, the softmax over all of them, as
            after `CrossEntropyLoss`; `"binary"`, the sigmoid of its only output.
        negative: of a binary task, the name of what isn't the positive class.
        padding, unknown: its ids of the padding and of a character it doesn't know.
        thresholds: one a class, in [0, 1]; None is 0.5, and of multiclass 0, so that the largest probability decides.
        cleaning: `"letters"`; `"course"`, the same without English function words; `"words"`, folded words and every
            symbol; `"raw"`, capitals and symbols as they stand.

    Returns:
        the classifier, and a receipt with what was found and how closely the two agree.

    Raises:
        UserError: the module computes something else; says at which layer, by how much, and what it looks like.

    Examples:
        >>> from torch import nn
        >>> vocabulary = {character: number for number, character in enumerate(" abcdefghijklmnopqrstuvwxyz", 2)}
        >>> convolution = nn.Conv2d(1, 16, (3, 8), padding=(1, 0))  # 16 filters over 3 characters
        >>> layers = [nn.Unflatten(1, (1, -1)), convolution, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, 2)]
        >>> net = nn.Sequential(nn.Embedding(29, 8, padding_idx=0), *layers)
        >>> cnn, receipt = tagpress.adopt(net, vocabulary, ["ham", "spam"], task="multiclass")
        >>> cnn.kind, receipt.facts["filters"], receipt.facts["largest_difference"] < 1e-5
        ('cnn', [[3, 16]], True)
        >>> [len(names) for names in cnn.predict(["one text", "another"])]
        [1, 1]
    """
    from baselines.text.cleaning import CLEANINGS, Cleaning
    from compress.foreign.adopt import adopt, tokenizer_of

    cleaned = Cleaning(one_of("cleaning", cleaning, CLEANINGS))
    tokenizer, rows = tokenizer_of(vocabulary, padding=padding, unknown=unknown, cleaning=cleaned)
    asked = {"task": one_of("task", task, TASKS), "negative": negative, "rows": rows, "thresholds": thresholds}
    classifier, receipt = adopt(module, tokenizer, classes, **asked)
    remember(classifier, Lineage("adopted", "baseline", recipe=({"method": "adopt"},), receipt=receipt.to_json()))
    return classifier, receipt


def apply(
    method: str,
    parent: Classifier,
    dataset: Dataset,
    *,
    teacher: Classifier | None = None,
    seed: int = 0,
    threads: int = 0,
    device: str = "cpu",
    **settings: Any,
) -> tuple[Classifier, Receipt]:
    """Apply a compression method; the parent stays as it is, and the test part isn't looked at.

    Args:
        method: `quantize`, `prune`, `distill` or `fold`.
        parent: a classifier, trained or adopted.
        dataset: its training part serves fine-tuning and students, its validation part thresholds and choices.
        teacher: whose answers a student learns; None takes the parent.
        seed, threads, device: of everything that is trained; 0 threads takes all usable cores.
        settings: fields of the method's config, such as `bits=4` or `sparsity=0.5`.

    Returns:
        the new classifier, and a receipt of what was done: parameters touched, bytes promised, notes.

    Raises:
        UserError: an unknown method or setting, or one that doesn't apply to this parent; says what would.

    Examples:
        >>> dataset = tagpress.read_dataset("sample")
        >>> linear = tagpress.train("linear", dataset)
        >>> small, receipt = tagpress.apply("quantize", linear, dataset, bits=4)
        >>> small.kind, receipt.method, receipt.bytes_promised < 500_000
        ('linear-int', 'quantize', True)
    """
    from compress.method import Context
    from compress.registry import configured, method_named

    device, threads = device_and_threads(device, threads)
    train, validation = dataset.part("train"), dataset.part("validation")
    context = Context(
        train,
        validation,
        seed=seed,
        device=device,
        threads=threads,
        teacher=teacher,
        groups=dataset.groups_of("train"),
    )
    config = configured(method, settings)
    child, receipt = method_named(method).apply(parent, config, context)
    remember_step(child, parent, {"method": method, **asdict(config)}, receipt.to_json(), seed)
    return child, receipt
