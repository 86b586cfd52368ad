"""Models in folders: artifacts that are read and worked on again, bundles that are shipped and served.

Every function imports what it needs when it is called; `load` needs NumPy alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from baselines.classifier import Classifier
from baselines.dataset import Dataset
from baselines.errors import UserError
from tagpress.arguments import free_folder, one_of
from tagpress.provenance import lineage_of, remember

if TYPE_CHECKING:
    from exports.runtime import Predictor


def save(classifier: Classifier, folder: str | Path, *, name: str = "", dataset: Dataset | None = None) -> Path:
    """Save a classifier as an artifact: JSON, tensors or ONNX, and a manifest with the hash of each file.

    Args:
        classifier: fitted.
        folder: new or empty.
        name: what it is called from now on; empty: by the baseline and the methods that made it.
        dataset: what it was trained on, where `train` can't know it; its name, hash and licence are kept.

    Raises:
        UserError: the folder isn't empty, or is a file.

    Examples:
        >>> dataset = tagpress.read_dataset("sample")
        >>> folder = tagpress.save(tagpress.train("rules", dataset), "rules-to-save", dataset=dataset)
        >>> sorted(path.name for path in folder.iterdir())
        ['labels.json', 'manifest.json', 'rules.json']
    """
    from baselines.storage import artifact

    place = free_folder(folder, "artifact")
    artifact.save(classifier, place, lineage_of(classifier, name, dataset))
    return place


def read(folder: str | Path) -> Classifier:
    """Read an artifact that `save`, `tagpress train` or a study wrote; nothing is unpickled.

    Args:
        folder: of the artifact.

    Raises:
        UserError: damaged, incomplete, or of another version.

    Examples:
        >>> dataset = tagpress.read_dataset("sample")
        >>> folder = tagpress.save(tagpress.train("rules", dataset), "rules-to-read")
        >>> tagpress.read(folder).classes_ == dataset.classes
        True
    """
    from baselines.storage import artifact
    from compress.registry import KINDS

    classifier = artifact.load(Path(folder), KINDS)
    remember(classifier, artifact.lineage_of(Path(folder)))
    return classifier


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
        form: one of the model's `forms`, such as `table`, `onnx` or `linear`; empty takes the best one for this kind.
        name: of the model; empty: its own, see `save`.
        dataset: what it was trained on; its texts join the proof, its licence the model card.

    Raises:
        UserError: no such form for this kind; says which there are, or why there is none.

    Examples:
        >>> dataset = tagpress.read_dataset("sample")
        >>> linear = tagpress.train("linear", dataset)
        >>> bundle = tagpress.export(linear, "bundle-to-ship", name="tagger", dataset=dataset)
        >>> (bundle / "manifest.json").is_file()
        True
    """
    from exports.bundles.model_card import CardFacts
    from exports.bundles.write_bundle import write_bundle

    classifier = model if isinstance(model, Classifier) else read(model)
    forms = classifier.forms
    if not forms:
        raise UserError(f"a {classifier.kind} can't be exported: {classifier.why_no_form}")
    card = None
    if dataset:
        texts, metric = dataset.part("validation").texts, dataset.everything.judged_by
        card = CardFacts(texts=texts, licence=dataset.licence, judged_by=metric)
    lineage, place = lineage_of(classifier, name, dataset), free_folder(folder, "bundle")
    return write_bundle(classifier, lineage, place, form or forms[0], card=card, timed=True)


def load(
    bundle: str | Path,
    *,
    threads: int = 1,
    engine: Literal["auto", "kernel", "numpy"] = "auto",
    abstain: float | None = None,
) -> Predictor[Any]:
    """Open a bundle, checked before anything of it is used: hashes, sizes, versions.

    Args:
        bundle: a folder that `export`, `tagpress export` or a study's `deploy/` wrote.
        threads: texts of a batch are shared out (kernel), or the work inside a graph (onnxruntime); 1 to 256.
        engine: for integer forms, `kernel` or `numpy` where one must be used; both give the same bits.
        abstain: where each text has one class, the probability in [0, 1] that the most probable one needs, or the text
            gets none.

    Returns:
        an object with `predict(texts)`, the classes of each text; `predict_proba(texts)`, float32 (n_texts, n_classes);
        and `answers(texts)`, for each text its `labels` with `probabilities`, and `known`, false where nothing in it is
        known to the model. It may be called from many threads at once and after a fork, and pickled for other
        processes, which open the bundle again. `texts` is a list or a column, not a generator, a file or a dict.

    Raises:
        UserError: damaged, hostile, or of another version; `abstain` for another task; or onnxruntime is needed and
            isn't installed.

    Examples:
        >>> dataset = tagpress.read_dataset("sample")
        >>> bundle = tagpress.export(tagpress.train("linear", dataset), "bundle-to-load")
        >>> predictor = tagpress.load(bundle)
        >>> predictor.predict(["Segmenting satellite images with a U-Net"])
        [['computer-vision', 'convolutional-neural-networks', 'segmentation']]
        >>> answers = predictor.answers(["Graph neural networks", "图神经网络", ""])
        >>> [answer.known for answer in answers], answers[1].labels
        ([True, False, False], ())
    """
    from exports import runtime

    one_of("engine", engine, ("auto", "kernel", "numpy"))
    return runtime.load(bundle, threads=threads, engine=engine, abstain=abstain)
