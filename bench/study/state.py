"""A study: what it is asked for, and what it has come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from baselines.watching.watch import Watch
from bench.candidate import Candidate
from bench.cost.footprint import Footprint, footprint
from bench.making.folds import FoldRuns
from bench.making.workshop import Workshop
from bench.planning.deadline import Deadline
from bench.quality.looks import count_look, looks_at
from bench.quality.scoring import Scored
from bench.study.options import StudyOptions, expected_seconds, prepared
from compress.search.budget import Solution

# Steps that take as long as the plan says.
PLANNED = ("latency", "energy")


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
    deadline: Deadline | None = None
    doctor: dict[str, Any] = field(default_factory=dict)
    test_looks: dict[str, Any] = field(default_factory=dict)
    # Who made the steps, where that were other machines.
    spread: dict[str, Any] = field(default_factory=dict)
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


def begin(options: StudyOptions, workshop: Workshop, console: Console, processes: int, doctor_s: float) -> Study:
    """The study as it is planned: what takes too long is left out, and the watch knows what the steps take.

    Args:
        options: as wished.
        workshop: of the run; it gets the watch, and what it needn't make.
        console: for progress.
        processes: trainings at once.
        doctor_s: expected of looking at the data.
    """

    def say(line: str, style: str = "dim") -> None:
        console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)

    options, found = prepared(options, workshop, processes, doctor_s, say)
    for line in (*options.notes, *found.sentences):
        say(line, "yellow")
    watch = Watch(console, expected_seconds(options, found.costs), planned=PLANNED)
    workshop.watch = watch.inside
    if found.deadline is not None:
        workshop.watch = found.deadline.stopping(watch.inside, lambda: watch.under_way)
    workshop.skipped.update({name: ("skipped", why) for name, why in options.left_out.items()})
    return Study(options, workshop, watch, deadline=found.deadline)
