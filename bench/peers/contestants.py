"""What is compared: fastText's files, a scikit-learn pipeline, our bundles; each a folder with all it needs to answer.

Peers are trained on the training part with settings that are known to do well, and choose the one threshold that
their answers need on validation, as ours do. A folder's `manifest.json` says what stands in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Classifier
from baselines.dataset import Dataset, Part
from baselines.errors import MissingExtra
from baselines.fitting.fit import ARTIFACT, train_baseline
from baselines.scores.thresholds import shared_threshold
from baselines.storage.artifact import MANIFEST, Lineage, lineage_of, load, write_json
from baselines.storage.run_folder import RunFolder
from baselines.task import Task
from bench.peers.served import LABEL, PEER, PIPELINE, PREPARED, FastTextModel, Pipeline, prepared
from compress.foreign.fasttext import adopt_fasttext, with_classes
from compress.kinds.adopted_linear import AdoptedLinear
from compress.method import Context, Receipt
from compress.methods.prune.prune_config import PruneConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.registry import KINDS, METHODS
from exports.bundles.write_bundle import write_bundle

INSTALL = "pip install 'tagpress[peers]'"
# Subwords, pairs and as many epochs as show a hundred thousand texts: best on the sample's validation part of eight
# settings tried (F1 0.63; with 25 epochs 0.30, without subwords 0.50). Quantised as fastText's documentation does it.
FASTTEXT: Mapping[str, Any] = {
    "dim": 100,
    "lr": 1.0,
    "wordNgrams": 2,
    "minn": 2,
    "maxn": 5,
    "bucket": 50_000,
}
QUANTISED: Mapping[str, Any] = {"cutoff": 10_000, "qnorm": True, "retrain": True, "epoch": 5}
# Each thread fills a tenth of its matrix; what ten leave over, and all that fewer leave, stays as memory was.
_FASTTEXT_THREADS = 11
OURS, BIN, FTZ, ADOPTED = "linear, 4 bits", "fastText .bin", "fastText .ftz", "fastText .bin, adopted, 4 bits"
SKLEARN, ADOPTED_PIPELINE = "scikit-learn pipeline", "the pipeline, adopted, pruned, 4 bits"
NAMES = (OURS, BIN, FTZ, ADOPTED, SKLEARN, ADOPTED_PIPELINE)
# What is said to be as good as what.
PARENT_OF: Mapping[str, str] = {ADOPTED: BIN, ADOPTED_PIPELINE: SKLEARN}
# Single weights of the pipeline leave as long as validation doesn't fall by more.
PRUNED = PruneConfig(structured=False, auto=True, tolerance=0.005)


def made(run: RunFolder, dataset: Dataset, seed: int, say: Callable[[str], None]) -> dict[str, Path | str]:
    """Every contestant's folder, made where it is missing; where it can't be made, the reason in its place."""
    makers: Mapping[str, Callable[[], Path]] = {
        OURS: lambda: _ours(run, dataset, seed),
        BIN: lambda: _fasttext(run, dataset, seed, quantised=False),
        FTZ: lambda: _fasttext(run, dataset, seed, quantised=True),
        ADOPTED: lambda: _adopted(run, dataset, seed),
        SKLEARN: lambda: _pipeline(run, dataset, seed),
        ADOPTED_PIPELINE: lambda: _adopted_pipeline(run, dataset, seed),
    }
    found: dict[str, Path | str] = {}
    for name, make in makers.items():
        say(f"{name}: making it, or finding it made")
        try:
            found[name] = make()
        except MissingExtra as error:
            found[name] = str(error)
    return found


def _ours(run: RunFolder, dataset: Dataset, seed: int) -> Path:
    """The tuned linear model, its weights rounded to 4 bits, as a bundle."""
    parent = train_baseline(run, dataset, "linear", seed=seed) / ARTIFACT
    step, inputs = "exports/linear-int4", {"parent": run.identity("baselines/linear")}
    if not run.is_done(step, inputs):
        with run.write(step, inputs) as folder:
            _bundle(load(parent, KINDS), lineage_of(parent), folder, dataset.part("train"), dataset.part("validation"))
    return run.place(step) / "bundle"


def _bundle(parent: Classifier, lineage: Lineage, folder: Path, train: Part, validation: Part) -> None:
    child, _ = METHODS["quantize"].apply(parent, QuantizeConfig(bits=4), Context(train, validation))
    write_bundle(child, lineage, folder / "bundle", "linear")


def _fasttext(run: RunFolder, dataset: Dataset, seed: int, *, quantised: bool) -> Path:
    """A model file and what its answers mean."""
    step = f"baselines/fasttext-{'ftz' if quantised else 'bin'}"
    inputs = {"settings": {**FASTTEXT, **(QUANTISED if quantised else {})}, "seed": seed, "data": dataset.sha256}
    if not run.is_done(step, inputs):
        package = _package("fasttext")
        with run.write(step, inputs) as folder:
            lines = folder / "train.txt"
            lines.write_text("".join(_lines(dataset.part("train"))), encoding="utf-8")
            loss = "ova" if dataset.task == "multilabel" else "softmax"
            options = {**FASTTEXT, "epoch": epochs(len(dataset.part("train"))), "loss": loss, "seed": seed}
            model = package.train_supervised(str(lines), thread=_FASTTEXT_THREADS, verbose=0, **options)
            if quantised:
                model.quantize(input=str(lines), thread=_FASTTEXT_THREADS, **QUANTISED)
            place = folder / PEER
            place.mkdir()
            name = f"model.{'ftz' if quantised else 'bin'}"
            model.save_model(str(place / name))
            lines.unlink()
            _finish(place, {"peer": "fasttext", "file": name}, dataset)
    return run.place(step) / PEER


def epochs(n_texts: int) -> int:
    """How often fastText sees each text."""
    return max(5, min(100, 100_000 // max(1, n_texts)))


def _lines(part: Part) -> Sequence[str]:
    """Training lines: each label's number, then the text on one line. Of a binary task both sides are labels."""
    found = []
    for text, row in zip(part.texts, part.labels, strict=True):
        numbers = [int(row[0])] if part.task == "binary" else np.flatnonzero(row).tolist()
        found.append(" ".join([*(f"{LABEL}{number}" for number in numbers), prepared(text)]) + "\n")
    return found


def _adopted(run: RunFolder, dataset: Dataset, seed: int) -> Path:
    """The same fastText file, taken over, rounded to 4 bits, as a bundle of ours."""
    model = _fasttext(run, dataset, seed, quantised=False) / "model.bin"
    step, inputs = "exports/fasttext-int4", {"parent": run.identity("baselines/fasttext-bin")}
    if not run.is_done(step, inputs):
        train, validation = _prepared_parts(dataset)
        if dataset.task == "binary":
            classifier, receipt = adopt_fasttext(model, texts=train.texts, task="binary", positive="1")
        else:
            classifier, receipt = adopt_fasttext(model, texts=train.texts)
        with run.write(step, inputs) as folder:
            _bundle_of_adopted(classifier, receipt, folder, train, validation)
    return run.place(step) / "bundle"


def _adopted_pipeline(run: RunFolder, dataset: Dataset, seed: int) -> Path:
    """The same pipeline, taken over, with fewer weights, rounded to 4 bits, as a bundle of ours."""
    _pipeline(run, dataset, seed)
    step = "exports/scikit-learn-int4"
    inputs = {"parent": run.identity("baselines/scikit-learn"), "pruned": asdict(PRUNED)}
    if not run.is_done(step, inputs):
        from compress.foreign.pipelines import adopt_pipeline, read_pipeline

        train, validation = _prepared_parts(dataset)
        pipeline = read_pipeline(run.place("baselines/scikit-learn") / PIPELINE, trust=False)
        task: Task | None = "multiclass" if dataset.task == "multiclass" else None
        classifier, receipt = adopt_pipeline(pipeline, texts=train.texts, task=task)
        with run.write(step, inputs) as folder:
            _bundle_of_adopted(classifier, receipt, folder, train, validation, PRUNED)
    return run.place(step) / "bundle"


def _prepared_parts(dataset: Dataset) -> tuple[Part, Part]:
    """Training and validation, with the texts that peers read."""
    parts = dataset.part("train"), dataset.part("validation")
    train, validation = (replace(part, texts=tuple(map(prepared, part.texts))) for part in parts)
    return train, validation


def _bundle_of_adopted(
    model: AdoptedLinear,
    receipt: Receipt,
    folder: Path,
    train: Part,
    validation: Part,
    pruned: PruneConfig | None = None,
) -> None:
    (folder / PREPARED).write_text("texts are prepared as peers' are\n", encoding="utf-8")
    # Peers know the classes by their numbers.
    numbers = {name: str(column) for column, name in enumerate(train.classes)}
    if train.task == "binary":
        numbers = {train.classes[0]: "1"}
    lineage = Lineage("adopted", "baseline", recipe=({"method": "adopt"},), receipt=receipt.to_json())
    parent: Classifier = with_classes(model, train.space, numbers)
    if pruned is not None:
        parent, _ = METHODS["prune"].apply(parent, pruned, Context(train, validation))
    _bundle(parent, lineage, folder, train, validation)


def _pipeline(run: RunFolder, dataset: Dataset, seed: int) -> Path:
    """Words, pairs and characters, one logistic regression a class; as joblib writes it, which is what is weighed."""
    step, inputs = "baselines/scikit-learn", {"seed": seed, "data": dataset.sha256}
    if not run.is_done(step, inputs):
        joblib, skops = _package("joblib"), _package("skops.io")
        train = dataset.part("train")
        pipeline = _unfitted(seed).fit([prepared(text) for text in train.texts], _targets(train))
        with run.write(step, inputs) as folder:
            place = folder / PEER
            place.mkdir()
            joblib.dump(pipeline, place / "pipeline.joblib", compress=0)
            skops.dump(pipeline, folder / PIPELINE)
            _finish(place, {"peer": "scikit-learn", "file": "pipeline.joblib"}, dataset)
    return run.place(step) / PEER


def _unfitted(seed: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union

    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
    )
    one = LogisticRegression(C=10, class_weight="balanced", solver="liblinear", max_iter=1000, random_state=seed)
    return make_pipeline(features, OneVsRestClassifier(one))


def _targets(part: Part) -> NDArray[Any]:
    if part.task == "multilabel":
        return part.labels.astype(np.int64)
    return np.asarray(part.labels[:, 0] if part.task == "binary" else part.labels.argmax(axis=1)).astype(np.int64)


def _finish(place: Path, content: Mapping[str, Any], dataset: Dataset) -> None:
    """Write the manifest, with the threshold that does best on validation."""
    validation = dataset.part("validation")
    facts = {**content, "task": dataset.task, "classes": list(dataset.classes), "threshold": 0.0}
    write_json(place / MANIFEST, facts)
    opened = FastTextModel(place) if content["peer"] == "fasttext" else Pipeline(place)
    found = opened.probabilities(validation.texts)
    threshold = shared_threshold(validation.labels, found, validation.task, validation.judged_by)
    write_json(place / MANIFEST, {**facts, "threshold": threshold})


def _package(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{error.name} isn't installed; {INSTALL} brings it") from None
