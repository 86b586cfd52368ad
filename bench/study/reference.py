"""Which model the others have to be as good as."""

from __future__ import annotations

from collections.abc import Mapping

from baselines.scores.resampling import Resampled
from bench.making.variants import REFERENCE
from bench.quality.scoring import is_deployable
from bench.study.evidence import bounded
from bench.study.state import Study


def differences_to_cnn(study: Study, resampled: Resampled) -> dict[str, dict[str, float]]:
    """By how much each baseline is better than the CNN: over folds where there are some, else over test documents."""
    if study.folds is not None:
        models = study.folds.against(REFERENCE, study.options.delta)["models"]
        return {name: models[name]["delta"] for name in models if "delta" in models[name]}
    found = {}
    for name in study.options.baselines:
        if name in study.candidates and name != REFERENCE:
            found[name] = bounded(resampled.difference(name, REFERENCE))
    return found


def reference_among(study: Study, differences: Mapping[str, Mapping[str, float]]) -> str:
    """What the others have to be as good as: the CNN, unless a deployable baseline is shown to be better than it.

    Better means by more than the margin, at the one-sided 95 % bound: then "not worse than the CNN" would recommend
    models that are worse than what everybody can have.
    """
    better = [
        name
        for name in study.options.baselines
        if name in differences
        and name in study.candidates
        and is_deployable(study.candidates[name][0])
        and differences[name]["lower"] > study.options.delta
    ]
    return max(better, key=lambda name: differences[name]["value"], default=REFERENCE)
