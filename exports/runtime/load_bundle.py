"""Texts in, classes out, from a bundle: NumPy alone for the table and linear forms, onnxruntime besides for ONNX.

Neither torch nor scikit-learn nor onnx is imported, and onnxruntime only when a bundle needs it. A predictor may be
called from many threads at once.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from baselines.errors import ArtifactError
from exports.runtime.bundle_format import BundleContent, read_bundle
from exports.runtime.onnx_predictor import OnnxPredictor
from exports.runtime.predictor import Predictor
from exports.runtime.table_predictor import Engine, TablePredictor


def load(
    folder: str | Path, *, threads: int = 1, engine: Engine = "auto", abstain: float | None = None
) -> Predictor[Any]:
    """Check and open a bundle.

    Args:
        folder: what `exports.bundles.write_bundle.write_bundle` or `python -m exports.run` wrote.
        threads: for the kernel (texts of a batch are shared out) or for onnxruntime; at least 1.
        engine: for the table form, `kernel` or `numpy` where one must be used.
        abstain: of task multiclass, the probability in [0, 1] that the most probable class needs, or the text gets
            none; None as the bundle says, which is 0 unless its writer chose otherwise.

    Raises:
        ArtifactError: damaged, hostile, or of another version, so that nothing of it was run; or an argument that has
            no meaning.
    """
    if threads < 1:
        raise ArtifactError(f"threads: at least 1 is allowed, got {threads}")
    if engine not in get_args(Engine):
        raise ArtifactError(f"engine: {', '.join(get_args(Engine))} are allowed, got {engine!r}")
    bundle = read_bundle(Path(folder))
    if abstain is not None:
        bundle = _abstaining(bundle, abstain)
    predictor = _opened(bundle, threads, engine)
    bundle.forget()
    return predictor


def _opened(bundle: BundleContent, threads: int, engine: Engine) -> Predictor[Any]:
    if bundle.form == "table":
        return TablePredictor(bundle, threads, engine)
    if bundle.form == "onnx":
        return OnnxPredictor(bundle, threads)
    from exports.runtime.linear_predictor import LinearPredictor

    return LinearPredictor(bundle)


def _abstaining(bundle: BundleContent, least: float) -> BundleContent:
    """The bundle with one threshold for the most probable class."""
    if bundle.space.task != "multiclass":
        raise ArtifactError(
            f"abstain: allowed for task multiclass, but {bundle.folder} is of task {bundle.space.task}, whose "
            "thresholds decide; leave it out"
        )
    if not 0 <= least <= 1:
        raise ArtifactError(f"abstain: a probability from 0 to 1 is allowed, got {least}")
    return replace(bundle, thresholds=np.full(len(bundle.classes), least, np.float32))
