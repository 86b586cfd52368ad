"""A study: what it is asked for, and what it has come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from baselines.models.registry import BASELINES
from bench.candidate import Candidate, Runtime
from bench.cost.footprint import Footprint, footprint
from bench.making.folds import FoldRuns
from bench.making.progress import Watch
from bench.making.workshop import Workshop
from bench.quality.scoring import Scored
from bench.study.options import StudyOptions
from compress.search.budget import Solution

_RUNTIME_OF_KIND: Mapping[str, Runtime] = {
    "cnn": "torch",
    "rnn": "torch",
    "torch-int8": "torch",
    "transformer": "torch",
}


@dataclass
class Study:
    """A study under way."""

    options: StudyOptions
    shop: Workshop
    watch: Watch
    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    scored: dict[str, Scored] = field(default_factory=dict)
    solution: Solution | None = None
    folds: FoldRuns | None = None
    _footprints: dict[Path, Footprint] = field(default_factory=dict)

    def footprint(self, candidate: Candidate) -> Footprint:
        """Size of what is served, weighed once."""
        if candidate.path not in self._footprints:
            self._footprints[candidate.path] = footprint(candidate.path)
        return self._footprints[candidate.path]


def runtime_of(study: Study, name: str) -> Runtime:
    """What the model's artifact runs in, for models without a bundle and as a second row for the others."""
    kind = study.shop.classifier(name).kind
    if name in BASELINES and "scikit-learn" in BASELINES[name].packages:
        return "sklearn"
    return _RUNTIME_OF_KIND.get(kind, "python")


def model_names(options: StudyOptions, *, rows_only: bool = False) -> Sequence[str]:
    """Baselines, then variants; with `rows_only` without the further seeds of a distillation."""
    return [*options.baselines, *(v.name for v in options.variants if v.has_row or not rows_only)]
