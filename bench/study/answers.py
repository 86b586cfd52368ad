"""What every model of a study answers: first to the validation part, then, once, to the test part."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.dataset import Part
from bench.candidate import Candidate
from bench.making.side_by_side import side_by_side
from bench.quality.scoring import Scored, read_scored, score_candidates
from bench.study.options import VALIDATION
from bench.study.state import Study

SCORES_STEP, VALIDATION_STEP = "bench/scores", "bench/validation"


def answer_validation(study: Study) -> None:
    """Every model's answers to the validation part, in the form that would serve it: they say what to test hardest."""
    with study.watch.step(VALIDATION):
        names, part = list(study.candidates), study.workshop.dataset.part("validation")

        def answered(name: str) -> Scored:
            return _answered(study, f"{VALIDATION_STEP}-{name}", name, study.candidates[name][:1], part)

        found = side_by_side(answered, names, progress=study.watch.inside())
    study.on_validation.update(zip(names, found, strict=True))


def score(study: Study) -> None:
    """Read the test part, once: the answers of every model, in the form that would serve it."""
    with study.watch.step("scores"):
        names, run = list(study.candidates), study.workshop.run
        of = study.candidates
        study.look(n for n in names if not run.is_done(f"{SCORES_STEP}-{n}", _score_inputs(study, n, of[n])))
        found = side_by_side(lambda name: _score_one(study, name), names, progress=study.watch.inside())
        study.scored.update(zip(names, found, strict=True))


def _score_one(study: Study, name: str) -> Scored:
    return _answered(study, f"{SCORES_STEP}-{name}", name, study.candidates[name], study.workshop.dataset.part("test"))


def _answered(study: Study, step: str, name: str, candidates: Sequence[Candidate], part: Part) -> Scored:
    """What a model's forms say of a part, kept as a step of the run."""
    run = study.workshop.run
    inputs = _score_inputs(study, name, candidates)
    if not run.is_done(step, inputs):
        with run.write(step, inputs) as folder:
            score_candidates(candidates, part, folder)
    return read_scored(run.place(step), candidates)


def _score_inputs(study: Study, name: str, candidates: Sequence[Candidate]) -> dict[str, object]:
    return study.workshop.served_key(name, [c.form for c in candidates])
