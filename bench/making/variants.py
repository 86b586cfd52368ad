"""What a study makes of the CNN: variants by name, each a method applied to a parent, in the order of their making."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from baselines.errors import RunFolderError
from baselines.models.registry import BASELINES
from compress.recipes import Step
from compress.teachers import SavedTeacher

REFERENCE = "cnn"
LINEAR = "linear"
STUDENT = "student"
SEEDS = (0, 1, 2)
# A baseline's name, "" for the parent, or an artifact.
Teacher = str | SavedTeacher


@dataclass(frozen=True)
class Variant:
    """One compressed model of a study.

    Attributes:
        name: in the run, unique.
        title: for the report.
        parent: name of the baseline or variant it is made from.
        method: key of `compress.registry.METHODS`.
        config: the method's frozen config.
        teacher: whose answers a student learns: a baseline's name, "" for the parent, or a saved artifact.
        seed_offset: added to the study's seed; the further seeds of a distillation are trained, but get no row.
        control: name of the variant that is the same but with labels in place of a teacher.
        plain: name of the variant that has neither teacher nor mixtures; "" where nothing is mixed.
        is_measure: whether it is trained only to tell what brings what: it gets no row, and no folds.
        is_step: whether it is made only for what is made of it, and gets no row.
        recipe: name of the ledger it is the last step of, "" for none.
    """

    name: str
    title: str
    parent: str
    method: str
    config: Any
    teacher: Teacher = ""
    seed_offset: int = 0
    control: str = ""
    plain: str = ""
    is_measure: bool = False
    is_step: bool = False
    recipe: str = ""

    @property
    def has_row(self) -> bool:
        return self.seed_offset == 0 and not self.is_measure and not self.is_step

    def at_seed(self, offset: int) -> Variant:
        """The same with another training seed."""
        if offset == 0:
            return self
        control = f"{self.control}-seed{offset}" if self.control else ""
        return replace(self, name=f"{self.name}-seed{offset}", seed_offset=offset, control=control, recipe="")


def recipe(
    name: str, steps: Sequence[Step], known: Sequence[Variant], teacher: Teacher = "", parent: str = REFERENCE
) -> list[Variant]:
    """The steps of a recipe as variants; a step that another variant has made already is that variant.

    Args:
        name: of the ledger and of the last variant.
        steps: from `compress.recipes`.
        known: variants planned before.
        teacher: for the steps that distill.
        parent: name of the baseline that the recipe starts from.
    """
    # Those with a row of their own: a ledger can't show a step that isn't measured.
    by_making = {(v.parent, v.method, v.config, v.teacher): v.name for v in known if v.has_row}
    added = []
    for number, step in enumerate(steps):
        learns_from = teacher if step.method == "distill" else ""
        making = (parent, step.method, step.config, learns_from)
        last = number == len(steps) - 1
        if making in by_making and not last:
            parent = by_making[making]
            continue
        own = name if last else f"{name}-{number + 1}-{step.method}"
        title = f"Recipe {name}" if last else f"Recipe {name}, after {step.method}"
        added.append(Variant(own, title, *making[:3], teacher=learns_from, recipe=name if last else ""))
        parent = own
    return added


def needed_baselines(variants: Iterable[Variant]) -> list[str]:
    """Baselines that variants are made from or learn from, in the registry's order."""
    variants = list(variants)
    names = {v.name for v in variants}
    wanted = {v.parent for v in variants if v.parent not in names}
    wanted |= {v.teacher for v in variants if isinstance(v.teacher, str) and v.teacher}
    if unknown := sorted(wanted - set(BASELINES)):
        raise RunFolderError(f"parent or teacher unknown: {', '.join(unknown)}; there are: {', '.join(BASELINES)}")
    return [name for name in BASELINES if name in wanted | {REFERENCE}]


def recipe_of(name: str, by_name: Mapping[str, Variant]) -> list[Variant]:
    """The steps from the baseline to a variant, first to last."""
    steps: list[Variant] = []
    while name in by_name:
        steps.insert(0, by_name[name])
        name = by_name[name].parent
    return steps
