"""What a search tries: a recipe, the model it makes, and what that costs on validation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from baselines.classifier import Classifier
from baselines.errors import UserError
from baselines.storage.configs import with_tuples
from compress.method import Context, validation_score
from compress.recipes import Clock, Step, run_recipe
from compress.search.budget import Budget, Candidate, violations

if TYPE_CHECKING:
    from optuna import Study, Trial

Recipe = tuple[dict[str, Any], ...]
# (classifier, recipe) -> bytes of all files needed to predict.
Weigh = Callable[[Classifier, Recipe], int]
# Where a trial keeps its candidate.
_ATTRIBUTE = "candidate"


@dataclass
class Workbench:
    """Makes candidates of recipes and judges them; remembers the models made in this process.

    Attributes:
        parents: what recipes start from, by kind: the character CNN, and the linear model where there is one.
        reference_score: on validation, that a fall is counted from.
        weigh, p95: bytes, and seconds at the 95th percentile of one text; None leaves latency out.
    """

    parents: dict[str, Classifier]
    budget: Budget
    context: Context
    reference_score: float
    weigh: Weigh
    p95: Clock | None
    _made: dict[str, Classifier] = field(default_factory=dict)

    def judge(self, trial: Trial, family: str, recipe: Recipe, classifier: Classifier) -> Candidate:
        """Measure, and note the result and the broken limits at the trial."""
        size, score = self.weigh(classifier, recipe), validation_score(classifier, self.context)
        latency = None if self.p95 is None else self.p95(classifier)
        drop = self.reference_score - score
        broken = violations(self.budget, size, drop, latency)
        candidate = Candidate(recipe, size, score, drop, latency, broken, family)
        self._made[_key(candidate)] = classifier
        trial.set_user_attr(_ATTRIBUTE, asdict(candidate))
        for name, excess in broken.items():
            trial.set_constraint(name, excess)
        return candidate

    def make(self, family: str, recipe: Recipe) -> Classifier:
        """The recipe's model; the same seed gives the same one."""
        steps = [step_from_json(step) for step in recipe]
        return run_recipe(self.parents[family], steps, self.context).classifier

    def model_of(self, candidate: Candidate) -> Classifier:
        """A candidate's model, made again only if another process made it."""
        return self._made.get(_key(candidate)) or self.make(candidate.family, candidate.recipe)


def measured(study: Study, budget: Budget, reference_score: float) -> tuple[Candidate, ...]:
    """What was measured so far, judged by this budget and reference: both may differ from those of an earlier run."""
    stored = [trial.user_attrs[_ATTRIBUTE] for trial in study.trials if _ATTRIBUTE in trial.user_attrs]
    found = []
    for facts in stored:
        drop = reference_score - facts["score"]
        broken = violations(budget, facts["size_bytes"], drop, facts["p95_s"])
        found.append(Candidate(**{**facts, "recipe": tuple(facts["recipe"]), "drop": drop, "violations": broken}))
    return tuple(found)


def to_recipe(steps: Sequence[Step]) -> Recipe:
    """Steps as they are stored."""
    return tuple(step.to_json() for step in steps)


def step_from_json(content: dict[str, Any]) -> Step:
    """The inverse of `Step.to_json`; raises UserError for an unknown method or field."""
    from compress.registry import METHODS

    fields = {name: with_tuples(v) for name, v in content.items() if name != "method"}
    try:
        return Step(content["method"], METHODS[content["method"]].config(**fields))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"recipe: a step that this version doesn't know ({error})") from None


def _key(candidate: Candidate) -> str:
    # As JSON: what comes back from a journal has lists where the steps had tuples.
    return json.dumps([candidate.family, candidate.recipe])
