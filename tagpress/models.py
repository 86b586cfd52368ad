"""Single models in Python: train one, apply a method.

Every function imports what it needs when it is called.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from tagpress.arguments import device_and_threads
from tagpress.provenance import remember, remember_step

if TYPE_CHECKING:
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
