"""What `--only` and `--skip` leave of a study: names of baselines and variants, and what hangs on them.

A variant can't be made without its parent and its teacher. So what `--only` names brings those with it, and what
`--skip` names takes everything with it that is made of it. What is left out keeps its row, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from baselines.errors import DataError
from bench.making.variants import Variant

ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Choice:
    """What a study makes.

    Attributes:
        variants: those with a row, left out or not, and those without one that a made variant needs.
        left_out: baselines and variants that aren't made, with the reason.
        notes: sentences on what is made although nobody named it.
    """

    variants: tuple[Variant, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...] = ()


def choose(
    baselines: Sequence[str],
    variants: Sequence[Variant],
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    left_out: Mapping[str, str] | None = None,
    members: Sequence[str] = (),
) -> Choice:
    """Follow the wishes, and what hangs on what they name.

    Args:
        baselines, variants: everything that could be made, parents before children.
        only: names; a baseline brings all that is made of it, and each brings what it is made of.
        skip: names.
        left_out: what isn't made for another reason, such as the time it takes.
        members: baselines that the ensemble averages.

    Raises:
        DataError: a name that isn't among them, one that is both asked for and skipped, or nothing is left.
    """
    _check(baselines, variants, only, skip)
    tree = _Tree(baselines, variants, members)
    found: dict[str, str] = {}
    wanted, notes = tree.wanted(only) if only else ({*tree.names}, ())
    if only:
        why = f"--only names {', '.join(dict.fromkeys(only))}"
        found.update({name: why for name in tree.names if name not in wanted})
    found.update(left_out or {})
    found.update(dict.fromkeys(skip, "--skip names it"))
    tree.spread(found, keep=only)
    if not set(baselines) - set(found):
        option = f"--skip {' '.join(skip)}" if skip else f"--only {' '.join(only)}"
        raise DataError(f"{option}: nothing is left to train; leave in at least one of: {', '.join(baselines)}")
    return Choice(tree.kept(found), {name: found[name] for name in tree.rows if name in found}, notes)


def _check(baselines: Sequence[str], variants: Sequence[Variant], only: Sequence[str], skip: Sequence[str]) -> None:
    known = [*baselines, *(v.name for v in variants if v.has_row)]
    for option, names in (("--only", only), ("--skip", skip)):
        if unknown := sorted(set(names) - set(known)):
            raise DataError(
                f"{option}: {', '.join(unknown)} is not among what this study makes; allowed: {', '.join(known)}"
            )
    if both := sorted(set(only) & set(skip)):
        raise DataError(f"--only and --skip both name {', '.join(both)}; leave it out of one of them")


class _Tree:
    """Who is made of whom."""

    def __init__(self, baselines: Sequence[str], variants: Sequence[Variant], members: Sequence[str]) -> None:
        self.baselines, self.variants = tuple(baselines), tuple(variants)
        self.by_name = {variant.name: variant for variant in variants}
        self.members = tuple(members) if ENSEMBLE in baselines else ()
        self.names = (*self.baselines, *self.by_name)
        self.rows = (*self.baselines, *(v.name for v in variants if v.has_row))
        # A further seed belongs to the model of the first.
        self.seeds = {v.name: v.name.removesuffix(f"-seed{v.seed_offset}") for v in variants if v.seed_offset}
        self.serves = {v.control: v.name for v in variants if v.control}
        self.serves |= {v.plain: v.name for v in variants if v.plain and not v.seed_offset}

    def needs(self, name: str) -> list[tuple[str, str]]:
        """Names of what a model is made from, each with how it is said."""
        if name == ENSEMBLE:
            return [(member, "its member") for member in self.members]
        variant = self.by_name.get(name)
        if variant is None:
            return []
        found = [(variant.parent, "its parent")]
        if isinstance(variant.teacher, str) and variant.teacher:
            found.append((variant.teacher, "its teacher"))
        return found

    def wanted(self, only: Iterable[str]) -> tuple[set[str], tuple[str, ...]]:
        """What is made where these are asked for, and who was added."""
        asked = {name for one in only for name in (one, *self._family(one))}
        asked |= {v.control for v in self.variants if v.name in asked and v.control}
        todo, found, notes = [name for name in self.names if name in asked], set(asked), []
        while todo:
            name = todo.pop(0)
            for other, what in self.needs(name):
                if other not in found:
                    found.add(other)
                    todo.append(other)
                    if other in self.rows:
                        notes.append(f"--only: {other} is made, too, as {name} needs {what}")
        return found, tuple(sorted(notes))

    def _family(self, name: str) -> list[str]:
        """All that descends from a baseline; of a variant only itself."""
        if name not in self.baselines:
            return []
        found = {name}
        for variant in self.variants:
            if variant.parent in found:
                found.add(variant.name)
        return sorted(found - {name})

    def spread(self, found: dict[str, str], keep: Collection[str]) -> None:
        """Add to what is left out all that can't be made without it, or means nothing without it."""
        while True:
            more = {name: why for name in self.names if name not in found and (why := self._why_not(name, found, keep))}
            if not more:
                return
            found.update(more)

    def _why_not(self, name: str, found: Mapping[str, str], keep: Collection[str]) -> str:
        for other, what in self.needs(name):
            if other in found:
                return f"{what} {other} is left out: {_cause(found[other])}"
        for beside in (self.serves.get(name), self.seeds.get(name)):
            if beside is not None and beside in found and name not in keep:
                return f"it is made only beside {beside}, which is left out: {_cause(found[beside])}"
        return ""

    def kept(self, found: Mapping[str, str]) -> tuple[Variant, ...]:
        """The variants that have a row, and those that a made one needs; without ties to what isn't made."""
        made = [variant for variant in self.variants if variant.name not in found]
        needed = {name for v in made if not v.is_step for name in self._above(v)}
        result = []
        for variant in self.variants:
            if variant.name in found and not variant.has_row:
                continue
            if variant.is_step and variant.name not in needed:
                continue
            control = "" if variant.control in found else variant.control
            result.append(replace(variant, control=control, plain="" if variant.plain in found else variant.plain))
        return tuple(result)

    def _above(self, variant: Variant) -> list[str]:
        found = [variant.parent]
        while found[-1] in self.by_name:
            found.append(self.by_name[found[-1]].parent)
        return found


def _cause(reason: str) -> str:
    """The first cause of a reason that names others."""
    return reason.rpartition("is left out: ")[2]
