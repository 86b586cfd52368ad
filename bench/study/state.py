"""A study: what it is asked for, and what it has come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselines.watching.watch import Watch
from bench.candidate import Candidate
from bench.cost.footprint import Footprint, footprint
from bench.making.folds import FoldRuns
from bench.making.workshop import Workshop
from bench.quality.looks import count_look, looks_at
from bench.quality.scoring import Scored
from bench.study.options import StudyOptions
from compress.search.budget import Solution


@dataclass
class Study:
    """A study under way."""

    options: StudyOptions
    workshop: Workshop
    watch: Watch
    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    scored: dict[str, Scored] = field(default_factory=dict)
    on_validation: dict[str, Scored] = field(default_factory=dict)
    solution: Solution | None = None
    folds: FoldRuns | None = None
    doctor: dict[str, Any] = field(default_factory=dict)
    test_looks: dict[str, Any] = field(default_factory=dict)
    _footprints: dict[Path, Footprint] = field(default_factory=dict)

    def look(self, new: Iterable[str]) -> None:
        """Count that these models are about to answer the test part, and keep how often it has been looked at."""
        root, test = self.workshop.run.root, self.workshop.dataset.part("test")
        count_look(root, test, [self.workshop.key_of(name) for name in new], self.options.command)
        self.test_looks = looks_at(root, test)

    def footprint(self, candidate: Candidate) -> Footprint:
        """Size of what is served, weighed once."""
        if candidate.path not in self._footprints:
            self._footprints[candidate.path] = footprint(candidate.path)
        return self._footprints[candidate.path]


def model_names(options: StudyOptions, *, rows_only: bool = False) -> Sequence[str]:
    """Baselines, then variants; with `rows_only` without the further seeds of a distillation."""
    return [*options.baselines, *(v.name for v in options.variants if v.has_row or not rows_only)]
