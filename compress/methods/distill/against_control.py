"""A taught student against its control, the same student without a teacher: the better one on validation is kept.

On some data a teacher helps, on other data its answers only cost time. Nobody can tell before both were trained, and a
student that the labels alone would have made better is never shipped. Both see the same mixtures, so what mixing texts
brings has no part in the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from baselines.classifier import Classifier
from baselines.dataset import Part
from baselines.scores.judging import METRICS, utility
from compress.method import Outcome, change_on, score_on


@dataclass(frozen=True)
class Comparison:
    """What both reach on validation.

    Attributes:
        metric: that choices are made by.
        taught, control: their scores by it; larger is better, a loss has its sign changed.
        upper: one-sided 95 % upper bound of taught minus control; None where there are no texts.
    """

    metric: str
    taught: float
    control: float
    upper: float | None = None

    @property
    def keeps_control(self) -> bool:
        """Whether the control is chosen, being better; of equals the taught one stays. A choice needs no proof."""
        return self.control > self.taught

    @property
    def is_shown(self) -> bool:
        """Whether validation shows the taught one to be worse, so that it is marked as failed."""
        return self.upper is not None and self.upper < 0

    def __str__(self) -> str:
        taught, control = (f"{utility(self.metric, value):.3f}" for value in (self.taught, self.control))
        title = METRICS[self.metric].title
        if self.keeps_control:
            by_chance = "" if self.is_shown else ", which may be chance"
            return (
                f"the same student without a teacher is better on validation: {title} {control} to {taught}{by_chance}"
            )
        how = "better on validation than" if self.taught > self.control else "on validation as good as"
        return f"{how} the same student without a teacher: {title} {taught} to {control}"

    def to_json(self) -> dict[str, Any]:
        """For the facts of a receipt."""
        kept = "control" if self.keeps_control else "taught"
        return {
            "metric": self.metric,
            "taught": self.taught,
            "control": self.control,
            "kept": kept,
            "shown_worse": self.is_shown,
        }


def compared(taught: Classifier, control: Classifier, validation: Part) -> Comparison:
    """Both on validation, each with its own thresholds; without validation texts the taught one stays."""
    if not len(validation):
        return Comparison(validation.judged_by, 0.0, 0.0)
    ours, theirs = (score_on(validation, model, model.predict_proba(validation.texts)) for model in (taught, control))
    return Comparison(validation.judged_by, ours, theirs, change_on(validation, taught, control).upper)


def the_better(taught: Outcome, control: Outcome, validation: Part) -> Outcome:
    """One of two outcomes of `distill`; its receipt says why."""
    found = compared(taught[0], control[0], validation)
    model, receipt = control if found.keeps_control else taught
    facts = {**receipt.facts, "against_control": found.to_json()}
    return model, replace(receipt, notes=(*receipt.notes, str(found)), facts=facts)
