"""Single models in Python: train one, take one over, apply a method, save, export and load.

Every function imports what it needs when it is called: `load` needs NumPy alone, training needs the extra `study`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from baselines.classifier import Classifier
from baselines.dataset import Dataset

if TYPE_CHECKING:
    from compress.method import Receipt
    from exports.runtime import Predictor


def load(
    bundle: str | Path, *, threads: int = 1, engine: Literal["auto", "kernel", "numpy"] = "auto"
) -> Predictor[Any]:
    """Open a bundle, checked before anything of it is used: hashes, sizes, versions.

    Args:
        bundle: a folder that `export`, `tagpress export` or a study's `deploy/` wrote.
        threads: texts of a batch are shared out (kernel), or the work inside a graph (onnxruntime); at least 1.
        engine: for the table form, `kernel` or `numpy` where one must be used; both give the same bits.

    Returns:
        an object with `predict(texts)`, the classes of each text, and `predict_proba(texts)`, float32 (n_texts,
        n_classes). It may be called from many threads at once.

    Raises:
        UserError: damaged, hostile, or of another version; or onnxruntime is needed and isn't installed.
    """
    from exports import runtime

    return runtime.load(bundle, threads=threads, engine=engine)


def train(
    baseline: str, dataset: Dataset, *, seed: int = 0, threads: int = 0, device: str = "cpu", **config: Any
) -> Classifier:
    """Fit one baseline to the training part; its thresholds are chosen on validation. Nothing is written.

    Args:
        baseline: a name that `tagpress train --help` lists, such as `linear` or `cnn`.
        dataset: from `read_dataset`.
        seed, threads, device: of the training; 0 threads takes all usable cores.
        config: fields of the baseline's config to replace, such as `epochs=20`.

    Raises:
        UserError: an unknown name or field; an optional package that is missing.
    """
    from baselines.cores import usable_core_count
    from baselines.fitting.fit import baseline_named, choose_thresholds

    classifier = baseline_named(baseline).make(seed, device, threads or usable_core_count(), config)
    validation = dataset.part("validation")
    classifier.fit(dataset.part("train"), validation)
    choose_thresholds(baseline, classifier, validation)
    return classifier


def adopt(
    module: Any,
    vocabulary: Mapping[str, int],
    classes: Sequence[str],
    *,
    padding: int = 0,
    unknown: int = 1,
    thresholds: Sequence[float] | None = None,
) -> tuple[Classifier, Receipt]:
    """Take over a character CNN made in PyTorch, exactly and with a proof, as a parent for every method.

    Args:
        module: a trained `nn.Module`: embedding, parallel convolutions with one window a character, each perhaps with
            a BatchNorm, the maximum over time, one or two linear layers; gives logits. It stays as it is.
        vocabulary: its own character -> id.
        classes: names of its outputs, in order.
        padding, unknown: its ids of the padding and of a character it doesn't know.
        thresholds: one a class, in [0, 1]; None is 0.5.

    Returns:
        the classifier, and a receipt with what was found and how closely the two agree.

    Raises:
        UserError: the module computes something else; says at which layer, by how much, and what it looks like.
    """
    from compress.foreign.adopt import adopt, tokenizer_of

    tokenizer, rows = tokenizer_of(vocabulary, padding=padding, unknown=unknown)
    return adopt(module, tokenizer, classes, rows=rows, thresholds=thresholds)


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
    """
    from baselines.cores import usable_core_count
    from compress.method import Context
    from compress.registry import configured, method_named

    context = Context(
        dataset.part("train"),
        dataset.part("validation"),
        seed=seed,
        device=device,
        threads=threads or usable_core_count(),
        teacher=teacher,
    )
    return method_named(method).apply(parent, configured(method, settings), context)


def save(classifier: Classifier, folder: str | Path, *, name: str = "", dataset: Dataset | None = None) -> Path:
    """Save a classifier as an artifact: JSON, tensors or ONNX, and a manifest with the hash of each file.

    Args:
        classifier: fitted.
        folder: new or empty.
        name: what it is called from now on; empty: its kind.
        dataset: what it was trained on; its name, hash and licence are kept.

    Raises:
        UserError: the folder isn't empty.
    """
    from baselines.errors import UserError
    from baselines.storage import artifact

    place = Path(folder)
    if place.exists() and any(place.iterdir()):
        raise UserError(f"{place}: not empty; choose another folder for the artifact, or remove it")
    artifact.save(classifier, place, artifact.lineage_from(name or classifier.kind, dataset))
    return place


def read(folder: str | Path) -> Classifier:
    """Read an artifact that `save`, `tagpress train` or a study wrote; nothing is unpickled.

    Raises:
        UserError: damaged, incomplete, or of another version.
    """
    from baselines.storage import artifact
    from compress.registry import KINDS

    return artifact.load(Path(folder), KINDS)


def export(
    model: Classifier | str | Path,
    folder: str | Path,
    *,
    form: str = "",
    name: str = "",
    dataset: Dataset | None = None,
) -> Path:
    """Write a classifier as a bundle that runs without torch, and prove that it answers as its source does.

    Args:
        model: a classifier, or the folder of an artifact.
        folder: new or empty; the bundle appears there whole or not at all.
        form: `table`, `onnx` or `linear`; empty takes the best one for this kind.
        name: of the model; empty: the artifact's, or the classifier's kind.
        dataset: what it was trained on; its texts join the proof, its licence the model card.

    Raises:
        UserError: no such form for this kind; says which there are, or why there is none.
    """
    from baselines.errors import UserError
    from baselines.storage import artifact
    from exports.bundles.model_card import CardFacts
    from exports.bundles.write_bundle import write_bundle

    if isinstance(model, Classifier):
        classifier, lineage = model, artifact.lineage_from(name or model.kind, dataset)
    else:
        classifier, lineage = read(model), artifact.lineage_of(Path(model))
    forms = classifier.forms
    if not forms:
        raise UserError(f"a {classifier.kind} can't be exported: {classifier.why_no_form}")
    card = CardFacts(texts=dataset.part("validation").texts, licence=dataset.licence) if dataset else None
    return write_bundle(classifier, lineage, Path(folder), form or forms[0], card=card)
