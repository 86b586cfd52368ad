"""Something that answers texts: an exported bundle, or a saved classifier in the library that trained it.

Opening imports only what the runtime needs, so that import time, load time and memory are the runtime's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from baselines.classifier import Classifier
from baselines.errors import MeasurementError
from baselines.storage.artifact import MANIFEST, kinds_within, load
from baselines.telemetry import switch_off

Runtime = Literal["onnxruntime", "table", "linear", "numpy", "torch", "python"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
BUNDLE_RUNTIMES: tuple[Runtime, ...] = ("onnxruntime", "table", "linear", "numpy")
# Distributions that a bundle needs to predict, their own requirements not included; an artifact's kind says its own.
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "onnxruntime": ("numpy", "onnxruntime"),
    "table": ("numpy",),
    "linear": ("numpy",),
    "numpy": ("numpy",),
}
# What a process has to import before it can open a candidate of this runtime.
MODULES: Mapping[str, tuple[str, ...]] = {
    "onnxruntime": ("exports.runtime", "onnxruntime"),
    "table": ("exports.runtime",),
    "linear": ("exports.runtime",),
    "numpy": ("exports.runtime",),
    "torch": ("torch", "baselines.models.registry"),
    "python": ("baselines.models.linear", "baselines.models.forests"),
}


class Server(Protocol):
    """What is timed: `predict_proba(["a text"])` is text in, probabilities out."""

    def predict_proba(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """float32 (n_texts, n_classes)."""


@dataclass(frozen=True)
class Candidate:
    """One thing to measure.

    Attributes:
        name: unique in a measurement.
        path: a bundle for the runtimes of `BUNDLE_RUNTIMES`, else an artifact of `baselines.storage.artifact`.
        runtime: what it runs in.
        threads: the most it may use; the plan's "all cores" runs open it a second time with more.
        device: `cpu` or `cuda`.
        form: of the export, for the report; "" for an artifact.
    """

    name: str
    path: Path
    runtime: Runtime
    threads: int = 1
    device: str = "cpu"
    form: str = ""

    def __post_init__(self) -> None:
        if self.runtime not in RUNTIMES:
            raise MeasurementError(
                f"candidate {self.name!r}: runtime one of {', '.join(RUNTIMES)}, got {self.runtime!r}"
            )
        if self.threads < 1:
            raise MeasurementError(f"candidate {self.name!r}: at least 1 thread is needed, got {self.threads}")

    def to_json(self) -> dict[str, Any]:
        """All fields, the path as text; `Candidate.from_json` reads it back."""
        return {**asdict(self), "path": str(self.path)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Candidate:
        """The candidate that `to_json` wrote."""
        return cls(**{**content, "path": Path(content["path"])})


def check_exists(candidate: Candidate) -> None:
    """Raise MeasurementError naming the command that makes what is missing."""
    if (candidate.path / MANIFEST).is_file():
        return
    if candidate.runtime in BUNDLE_RUNTIMES:
        what, command = "bundle", "python -m compress.run --method all"
    else:
        what, command = "artifact", "python -m baselines.train"
    raise MeasurementError(
        f"{candidate.path}: no {what} there for {candidate.name!r}; make it with `{command}` and the same --run"
    )


def import_runtime(runtime: Runtime) -> None:
    """Import what a candidate of this runtime needs, and nothing of the candidate."""
    switch_off()
    for module in MODULES[runtime]:
        import_module(module)


def open_candidate(candidate: Candidate) -> Server:
    """Load a candidate, ready to answer.

    Raises:
        MeasurementError: nothing at its path; names the command that makes it.
        ArtifactError: damaged.
    """
    check_exists(candidate)
    if candidate.runtime in BUNDLE_RUNTIMES:
        return _open_bundle(candidate)
    return _open_artifact(candidate)


def known_in(server: Any, texts: Sequence[str]) -> NDArray[np.bool_]:
    """In which texts an opened candidate knows anything; bool (n_texts,)."""
    known: NDArray[np.bool_]
    known = server.answer(texts)[1] if isinstance(server, Classifier) else server.known(server.encode(texts))
    return known


def _open_bundle(candidate: Candidate) -> Server:
    runtime = import_module("exports.runtime")
    server: Server = runtime.load(candidate.path, threads=candidate.threads)
    return server


def _open_artifact(candidate: Candidate) -> Server:
    classifier = load(candidate.path, _kinds(candidate.path))
    if candidate.runtime == "torch":
        import torch

        torch.set_num_threads(candidate.threads)
        _limit_threads(classifier, candidate.threads)
        module = getattr(classifier, "module", None)
        if candidate.device != "cpu" and module is not None:
            module.to(candidate.device)
    return classifier


def _limit_threads(classifier: Classifier, threads: int) -> None:
    """A network answers with the threads it was trained with, and so does each member of an ensemble, unless told."""
    config: Any = classifier.config
    if hasattr(config, "threads"):
        classifier.config = replace(config, threads=threads)
    for member in getattr(classifier, "members_", {}).values():
        _limit_threads(member, threads)


def _kinds(folder: Path) -> Mapping[str, type[Classifier]]:
    """The smallest set of classes that holds what is needed: a model without torch should not pay for its import."""
    needed = kinds_within(folder)
    from compress.kinds.light import LIGHT_KINDS

    if needed <= set(LIGHT_KINDS):
        return LIGHT_KINDS
    from baselines.models.registry import KINDS

    if needed <= set(KINDS):
        return KINDS
    from compress.registry import KINDS as ALL_KINDS

    return ALL_KINDS
