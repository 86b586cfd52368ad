"""Texts in, classes out, from a bundle: NumPy alone, but for graphs, which need onnxruntime besides.

Neither torch nor scikit-learn nor onnx is imported, and onnxruntime only when a bundle needs it. A predictor may be
called from many threads at once, forked, copied, and sent to other processes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from baselines.errors import ArtifactError
from baselines.rights import unreadable_is_said
from baselines.storage.artifact import file_sha256
from exports.runtime.bundle_format import ADOPTED_KIND, MANIFEST, PACKED_LINEAR_KIND, BundleContent, read_bundle
from exports.runtime.kernel_predictor import Engine
from exports.runtime.onnx_predictor import OnnxPredictor
from exports.runtime.predictor import Predictor
from exports.runtime.table_predictor import TablePredictor

# Of any machine that serves short texts; a number far beyond its cores would be a mistake, and threads by the thousand
# are memory that nobody gets back.
MOST_THREADS = 256


def load(
    folder: str | Path, *, threads: int = 1, engine: Engine = "auto", abstain: float | None = None
) -> Predictor[Any]:
    """Check and open a bundle.

    Args:
        folder: what `exports.bundles.write_bundle.write_bundle` or `python -m exports.run` wrote.
        threads: for the kernel (texts of a batch are shared out) or for onnxruntime; 1 to `MOST_THREADS`.
        engine: for the table form and linear-int, `kernel` or `numpy` where one must be used.
        abstain: of task multiclass, the probability in [0, 1] that the most probable class needs, or the text gets
            none; None as the bundle says, which is 0 unless its writer chose otherwise.

    Raises:
        ArtifactError: damaged, hostile, unreadable, or of another version, so that nothing of it was run; or an
            argument that has no meaning.
    """
    if type(threads) is not int or not 1 <= threads <= MOST_THREADS:
        raise ArtifactError(f"threads: a whole number from 1 to {MOST_THREADS} is allowed, got {threads!r}")
    if engine not in get_args(Engine):
        raise ArtifactError(f"engine: {', '.join(get_args(Engine))} are allowed, got {engine!r}")
    place = Path(folder)
    with unreadable_is_said(place):
        sha256 = _manifest_sha256(place)
        bundle = read_bundle(place)
        if abstain is not None:
            bundle = _abstaining(bundle, abstain)
        predictor = _opened(bundle, threads, engine)
        bundle.forget()
    # By its full path: another process may stand in another folder.
    predictor.opening = (load_again, (str(place.resolve()), sha256, threads, engine, abstain))
    return predictor


def load_again(folder: str, sha256: str, threads: int, engine: Engine, abstain: float | None) -> Predictor[Any]:
    """What a pickled or copied predictor becomes: the bundle in its folder, checked and opened as `load` does it.

    Args:
        folder: full path of the bundle.
        sha256: of the manifest that stood there, and which holds the sha256 of every other file.
        threads, engine, abstain: as for `load`.

    Raises:
        ArtifactError: as `load`; or the folder has gone, or holds another bundle by now.
    """
    place = Path(folder)
    with unreadable_is_said(place):
        now = _manifest_sha256(place)
    if now != sha256:
        what = "holds another bundle by now" if now else "is gone"
        raise ArtifactError(
            f"{folder}: a copied or pickled predictor opens its bundle again, but the folder {what}; keep it as long "
            "as processes are started, or load the new bundle in each"
        )
    return load(place, threads=threads, engine=engine, abstain=abstain)


def _opened(bundle: BundleContent, threads: int, engine: Engine) -> Predictor[Any]:
    if bundle.form == "table":
        return TablePredictor(bundle, threads, engine)
    if bundle.form == "onnx":
        return OnnxPredictor(bundle, threads)
    if bundle.form == "ensemble":
        from exports.runtime.kinds.ensemble_predictor import EnsemblePredictor

        return EnsemblePredictor(bundle, lambda member: _opened(member, threads, engine))
    if bundle.form == "linear":
        return _linear(bundle, threads, engine)
    return _of_other_kinds(bundle)


def _linear(bundle: BundleContent, threads: int, engine: Engine) -> Predictor[Any]:
    if bundle.manifest.get("kind") == PACKED_LINEAR_KIND:
        from exports.runtime.rows_predictor import RowsPredictor

        return RowsPredictor(bundle, threads, engine)
    if bundle.manifest.get("kind") == ADOPTED_KIND:
        from exports.runtime.adopted_predictor import AdoptedPredictor

        return AdoptedPredictor(bundle)
    from exports.runtime.linear_predictor import LinearPredictor

    return LinearPredictor(bundle)


def _of_other_kinds(bundle: BundleContent) -> Predictor[Any]:
    # Each is imported where it is asked for: most folders hold none of them.
    if bundle.form == "trees":
        from exports.runtime.kinds.trees_predictor import TreesPredictor

        return TreesPredictor(bundle)
    if bundle.form == "neighbours":
        from exports.runtime.kinds.neighbours_predictor import NeighboursPredictor

        return NeighboursPredictor(bundle)
    if bundle.form == "gru":
        from exports.runtime.kinds.gru_predictor import GruPredictor

        return GruPredictor(bundle)
    from exports.runtime.kinds.rules_predictor import RulesPredictor

    return RulesPredictor(bundle)


def _manifest_sha256(folder: Path) -> str:
    """sha256 of a folder's manifest; "" where there is none, which `read_bundle` explains."""
    path = folder / MANIFEST
    # A folder or a device of that name is refused by `read_bundle`, too.
    return file_sha256(path) if path.is_file() else ""


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
