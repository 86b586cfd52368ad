"""What every model of a study answers: first to the validation part, then, once, to the test part."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.cost.energy import find_counter
from bench.making.answering import SCORES_STEP, VALIDATION_STEP, answer_inputs, answered
from bench.making.energy_steps import count_answers
from bench.making.side_by_side import side_by_side
from bench.quality.scoring import Scored
from bench.study.options import VALIDATION
from bench.study.state import Study, model_names


def answer_validation(study: Study) -> None:
    """Every model's answers to the validation part, in the form that would serve it: they say what to test hardest."""
    with study.watch.step(VALIDATION):
        names, workshop = list(study.candidates), study.workshop

        def one(name: str) -> Scored:
            return answered(workshop, f"{VALIDATION_STEP}-{name}", name, study.candidates[name][:1], "validation")

        found = side_by_side(one, names, progress=study.watch.inside())
    study.on_validation.update(zip(names, found, strict=True))


def score(study: Study, ahead: Callable[[Sequence[str]], None] = lambda names: None) -> None:
    """Read the test part, once: the answers of every model, in the form that would serve it.

    Args:
        study: with candidates.
        ahead: lets other machines answer for these models, after the look at the test part has been counted.
    """
    with study.watch.step("scores"):
        workshop, of = study.workshop, study.candidates
        new = [n for n in of if not workshop.run.is_done(f"{SCORES_STEP}-{n}", answer_inputs(workshop, n, of[n]))]
        study.look(new)
        ahead(new)

        def one(name: str) -> Scored:
            return answered(workshop, f"{SCORES_STEP}-{name}", name, of[name], "test")

        found = side_by_side(one, list(of), progress=study.watch.inside())
        study.scored.update(zip(of, found, strict=True))


def count_energy(study: Study) -> None:
    """What an answer of each model takes by the machine's counter, where the plan asks for it and there is one."""
    window_s, counter = study.options.plan.energy_window_s, find_counter("cpu")
    if not window_s or counter is None:
        return
    with study.watch.step("energy"):
        texts = study.workshop.dataset.part("test").texts
        names, advance = model_names(study.options, rows_only=True), study.watch.inside()
        for done, name in enumerate(names, 1):
            for candidate in study.candidates.get(name, [])[:1]:
                key = study.workshop.key_of(name)
                count_answers(study.workshop.run, counter, candidate, key, texts, window_s)
            advance(done, len(names))
