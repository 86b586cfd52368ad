"""What `pytest bench/` times: a few models trained briefly on the embedded sample, in every form they can be served in.

Made once into `runs/bench` and found there again as long as data and code stay the same. The budget is small, so
their F1 is lower than a study's; time, bytes and MACs don't depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Classifier
from baselines.data.data_options import DataOptions
from baselines.data.sources import load as load_dataset
from baselines.dataset import Dataset
from baselines.fitting.fit import ARTIFACT, train_baseline
from baselines.scores.resampling import resample_scores
from baselines.storage.artifact import MANIFEST, file_sha256, lineage_of, load, save
from baselines.storage.run_folder import RunFolder
from baselines.task import decide
from bench.candidate import Candidate, Runtime, open_candidate
from bench.cost.compute import compute_per_document
from bench.cost.footprint import footprint
from bench.quality.scoring import runtime_of
from compress.method import Context
from compress.methods.fold import FoldConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.runtimes import WAYS
from compress.registry import KINDS, METHODS
from exports.bundles.write_bundle import write_bundle

Say = Callable[[str], None]
REFERENCE = "cnn/onnx"
_BASELINES: Mapping[str, Mapping[str, Any]] = {"cnn": {"epochs": 6}, "linear": {}, "rules": {}}
_VARIANTS: Mapping[str, tuple[str, Any]] = {
    "fold": ("fold", FoldConfig()),
    "quantize": ("quantize", QuantizeConfig()),
    "quantize-dynamic": ("quantize", QuantizeConfig(scheme="dynamic", way=WAYS[0])),
}
# Known before anything is built, since pytest names its tests first; `model/form`.
NAMES = (
    REFERENCE,
    "cnn/torch",
    "fold/onnx",
    "quantize/table",
    "quantize/onnx",
    "quantize-dynamic/onnx",
    "linear/linear",
    "rules/python",
)


@dataclass(frozen=True)
class Suite:
    """Everything the benchmarks need.

    Attributes:
        dataset: the embedded sample.
        candidates: by name.
        expected: float32 (n_test, C) scored probabilities, by candidate.
        facts: `extra_info` of a candidate: weighted F1 with its interval, bytes, parameters, MACs and adds a document.
        folder: of the run.
    """

    dataset: Dataset
    candidates: Mapping[str, Candidate]
    expected: Mapping[str, NDArray[np.float32]]
    facts: Mapping[str, Mapping[str, Any]]
    folder: Path

    @property
    def texts(self) -> Sequence[str]:
        """The test part: real lengths in their real mix."""
        return self.dataset.part("test").texts


def build_suite(folder: Path, say: Say) -> Suite:
    """Train, compress and export what is missing, then score everything.

    Args:
        folder: of the run, made if missing.
        say: told what is being made, and why.
    """
    dataset = load_dataset(DataOptions())
    candidates: dict[str, Candidate] = {}
    with RunFolder.working(folder, dataset_sha256=dataset.sha256) as run:
        artifacts = {name: _baseline(run, dataset, name, changes, say) for name, changes in _BASELINES.items()}
        for name, (method, config) in _VARIANTS.items():
            artifacts[name] = _variant(run, dataset, name, method, config, artifacts["cnn"], say)
        for name, path in artifacts.items():
            candidates |= _forms(run, name, path, say)
    chosen = {name: candidates[name] for name in NAMES}
    answers = {name: open_candidate(c).predict_proba(dataset.part("test").texts) for name, c in chosen.items()}
    facts = _facts(dataset, chosen, answers, artifacts)
    return Suite(dataset, chosen, answers, facts, folder)


def _baseline(run: RunFolder, dataset: Dataset, name: str, changes: Mapping[str, Any], say: Say) -> Path:
    if not run.is_sound(f"baselines/{name}"):
        say(f"no {name} in runs/{run.root.name} yet: training it on the embedded sample, briefly")
    return train_baseline(run, dataset, name, changes=changes) / ARTIFACT


def _variant(run: RunFolder, dataset: Dataset, name: str, method: str, config: Any, parent: Path, say: Say) -> Path:
    step = f"compress/{name}"
    inputs = {"config": repr(config), "parent": _hash_of(parent)}
    if not run.is_done(step, inputs):
        say(f"no current {name} in runs/{run.root.name}: making it from the CNN")
        context = Context(dataset.part("train"), dataset.part("validation"))
        child, receipt = METHODS[method].apply(load(parent, KINDS), config, context)
        lineage = replace(lineage_of(parent), name=name, stage="compress", method=method, parent="cnn")
        with run.write(step, inputs) as place:
            save(child, place / ARTIFACT, replace(lineage, receipt=receipt.to_json()))
    return run.place(step) / ARTIFACT


def _forms(run: RunFolder, name: str, path: Path, say: Say) -> dict[str, Candidate]:
    """Every bundle of a model, and the artifact itself."""
    classifier: Classifier = load(path, KINDS)
    runtime: Runtime = "torch" if hasattr(classifier, "module") else "python"
    found = {f"{name}/{runtime}": Candidate(f"{name}/{runtime}", path, runtime)}
    for form in classifier.forms:
        step, inputs = f"exports/{name}-{form}", {"artifact": _hash_of(path), "form": form}
        if not run.is_done(step, inputs):
            say(f"no current {form} bundle of {name} in runs/{run.root.name}: exporting it")
            with run.write(step, inputs) as place:
                write_bundle(classifier, lineage_of(path), place / "bundle", form)
        full = f"{name}/{form}"
        bundle = run.place(step) / "bundle"
        found[full] = Candidate(full, bundle, runtime_of(bundle, form), form=form)
    return found


def _facts(
    dataset: Dataset,
    candidates: Mapping[str, Candidate],
    answers: Mapping[str, NDArray[np.float32]],
    artifacts: Mapping[str, Path],
) -> dict[str, dict[str, Any]]:
    test = dataset.part("test")
    models = {name: load(path, KINDS) for name, path in artifacts.items()}
    model_of = {name: name.rsplit("/", 1)[0] for name in candidates}
    decisions = {name: decide(answers[name], models[model_of[name]].thresholds_, dataset.task) for name in candidates}
    resampled = resample_scores(
        test.labels,
        decisions,
        np.random.default_rng(0),
        probabilities=answers,
        task=test.task,
        metric=test.judged_by,
        metrics=(),
    )
    costs = {name: compute_per_document(model, test.texts).to_json(model.kind) for name, model in models.items()}
    return {
        name: {
            "metric": test.judged_by,
            "score": resampled.interval(name).to_json(),
            **footprint(candidate.path).to_json(),
            **costs[model_of[name]],
        }
        for name, candidate in candidates.items()
    }


def _hash_of(artifact: Path) -> str:
    return file_sha256(artifact / MANIFEST)
