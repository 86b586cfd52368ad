"""What a model's forms say of a part of the data, kept as a step of the run."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.dataset import PartName
from bench.candidate import Candidate
from bench.making.workshop import Workshop
from bench.quality.scoring import Scored, candidates_of, read_scored, score_candidates

SCORES_STEP, VALIDATION_STEP = "bench/scores", "bench/validation"


def served_by(workshop: Workshop, name: str, threads: int | None = None) -> list[Candidate]:
    """Every form of one model, exported where it isn't there; the first is the one that is scored."""
    bundles = workshop.bundles(name, threads)
    return candidates_of(name, workshop.artifact_of(name), bundles, workshop.classifier(name).library)


def answered(workshop: Workshop, step: str, name: str, candidates: Sequence[Candidate], part: PartName) -> Scored:
    """What these forms of a model say of a part, now or earlier."""
    run, inputs = workshop.run, answer_inputs(workshop, name, candidates)
    if not run.is_done(step, inputs):
        with run.write(step, inputs) as folder:
            score_candidates(candidates, workshop.dataset.part(part), folder)
    return read_scored(run.place(step), candidates)


def answer_inputs(workshop: Workshop, name: str, candidates: Sequence[Candidate]) -> dict[str, object]:
    """What the step of some forms' answers is recognised by."""
    return workshop.served_key(name, [candidate.form for candidate in candidates])
