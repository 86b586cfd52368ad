"""The Pareto front as one function over named axes, with ties within noise kept as ties.

A model is dominated when another is at least as good on every axis as measured, and better by more than the noise on at
least one. A model that another beats only within the noise of every axis is a tie: it stays on the front and is named.
Exact comparison on all axes keeps the relation transitive, so the front is never empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.numbers.quantities import Estimate
from bench.results.row import Row


@dataclass(frozen=True)
class Axis:
    """One thing to compare.

    Attributes:
        name: field of the row, `goodness`, `p50_s`, `bytes`, `macs`, `energy_j`, `cold_start_s`, ...
        higher_is_better: True for `goodness`, which is the metric, of a loss its negative.
        noise: two values closer than this are a tie; a share of the smaller value when `relative`.
    """

    name: str
    higher_is_better: bool = False
    noise: float = 0.0
    relative: bool = False

    def gain(self, ours: float, theirs: float) -> float:
        """How much better `ours` is; negative when worse."""
        return ours - theirs if self.higher_is_better else theirs - ours

    def beyond_noise(self, ours: float, theirs: float) -> bool:
        """Whether `ours` is better by more than the noise."""
        slack = self.noise * min(abs(ours), abs(theirs)) if self.relative else self.noise
        return self.gain(ours, theirs) > slack


@dataclass(frozen=True)
class Front:
    """Outcome of `pareto`.

    Attributes:
        front: names of the models nothing dominates, best first on the first axis; ties included.
        ties: for a model on the front, who is as good or better on every axis, but only within noise.
        dominated_by: for every other model, the model that dominates it, itself on the front.
    """

    front: tuple[str, ...]
    ties: Mapping[str, str] = field(default_factory=dict)
    dominated_by: Mapping[str, str] = field(default_factory=dict)


def pareto(points: Mapping[str, Sequence[float]], axes: Sequence[Axis]) -> Front:
    """Split models into front, ties and dominated.

    Args:
        points: by model, one value an axis; models that lack one are left out by the caller.
        axes: at least one.
    """
    order = sorted(points, key=lambda name: (-axes[0].gain(points[name][0], 0.0), name))
    above = {name: [o for o in order if _at_least_as_good(points[o], points[name], axes, o, name)] for name in order}
    dominators = {name: [o for o in above[name] if _beyond(points[o], points[name], axes)] for name in order}
    front = tuple(name for name in order if not dominators[name])
    return Front(
        front,
        {name: above[name][0] for name in front if above[name]},
        {name: next(o for o in dominators[name] if o in front) for name in order if dominators[name]},
    )


def standard_axes(noise_floor: float | None, delta: float, *, cost: Sequence[str] = ("p50_s", "bytes")) -> list[Axis]:
    """The metric (closer than δ is a tie) against costs; only times carry the noise floor, bytes and MACs are exact."""
    timed = {"p50_s", "p95_s", "cold_start_s", "energy_j"}
    costs = [Axis(name, noise=(noise_floor or 0.0) if name in timed else 0.0, relative=True) for name in cost]
    return [Axis("goodness", higher_is_better=True, noise=delta), *costs]


def worth_having(rows: Sequence[Row]) -> list[Row]:
    """Rows that somebody could want: measured, not failed, no guess, and shown to be better than guessing.

    A coin is the cheapest model there is, and nobody's choice.
    """
    return [row for row in rows if row.measured and not (row.failed or row.guesses or row.guesses_as_well)]


def front_of(rows: Sequence[Row], axes: Sequence[Axis]) -> Front:
    """The front over rows; a row that lacks an axis is neither on it nor dominated."""
    points = {row.name: values for row in rows if row.measured and (values := _values(row, axes)) is not None}
    return pareto(points, axes)


def _values(row: Row, axes: Sequence[Axis]) -> list[float] | None:
    found = [getattr(row, axis.name) for axis in axes]
    values = [item.value if isinstance(item, Estimate) else item for item in found]
    return None if any(value is None for value in values) else [float(value) for value in values]


def _at_least_as_good(
    ours: Sequence[float], theirs: Sequence[float], axes: Sequence[Axis], our_name: str, their_name: str
) -> bool:
    gains = [axis.gain(a, b) for axis, a, b in zip(axes, ours, theirs, strict=True)]
    if our_name == their_name or any(gain < 0 for gain in gains):
        return False
    # Two identical points: the first by name stands for both, so that they don't name each other.
    return any(gain > 0 for gain in gains) or our_name < their_name


def _beyond(ours: Sequence[float], theirs: Sequence[float], axes: Sequence[Axis]) -> bool:
    return any(axis.beyond_noise(a, b) for axis, a, b in zip(axes, ours, theirs, strict=True))
