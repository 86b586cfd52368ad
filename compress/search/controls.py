"""The last question of a search: would the student that won be better without its teacher?

A search trains many students and only one is shipped, so only that one is trained once more as its own control: the
same recipe on the same texts and mixtures for as many steps, with labels in place of the teacher's answers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from compress.methods.distill.distill_config import DistillConfig
from compress.recipes import Step
from compress.search.budget import Candidate
from compress.search.candidates import Recipe, Workbench, measured, step_from_json, to_recipe

if TYPE_CHECKING:
    from optuna import Study


def control_of(recipe: Recipe) -> Recipe | None:
    """The recipe with its student trained without a teacher; None where no step is taught."""
    steps = [step_from_json(step) for step in recipe]
    if not any(_is_taught(step) for step in steps):
        return None
    return to_recipe([replace(step, config=step.config.control) if _is_taught(step) else step for step in steps])


def measure_control(study: Study, bench: Workbench, candidate: Candidate) -> None:
    """Add the candidate's control to a study of controls, unless it is there or there is none."""
    recipe = control_of(candidate.recipe)
    known = [_as_stored(found.recipe) for found in measured(study, bench.budget, bench.reference_score)]
    if recipe is None or recipe in known:
        return
    trial = study.ask()
    judged = bench.judge(trial, candidate.family, recipe, bench.make(candidate.family, recipe))
    study.tell(trial, judged.score)


def _as_stored(recipe: Recipe) -> Recipe:
    """What comes back from a journal has lists where the steps had tuples."""
    return to_recipe([step_from_json(step) for step in recipe])


def _is_taught(step: Step) -> bool:
    return isinstance(step.config, DistillConfig) and step.config.is_taught
