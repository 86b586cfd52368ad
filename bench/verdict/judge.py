"""Which model to deploy, and why: a pure function of what was measured.

A model qualifies when it is shown to be as good as the reference (`bench.verdict.claims`), all models tested together.
"Not significantly different" is never enough, since it rewards a small test set. What isn't shown to be better than
guessing is never recommended, nor what another deployable model beats on every axis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.results.row import Row
from bench.results.run import Run
from bench.verdict import sentences as words
from bench.verdict.alternatives import nearest_of, would_change
from bench.verdict.choice import beaten_by, recommended
from bench.verdict.claims import PRIORITIES, Claims, Priority, claims_of
from bench.verdict.front import front_of, standard_axes, worth_having
from bench.verdict.grounds import Grounds

__all__ = ["PRIORITIES", "Priority", "Rejected", "Verdict", "judge"]


@dataclass(frozen=True)
class Rejected:
    """A model that isn't recommended; `dominated_by` names the model that is better on every axis, where one is."""

    model: str
    reason: str
    dominated_by: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What to deploy.

    Attributes:
        model: its name; None when nothing can be recommended.
        sentence: the whole verdict in one sentence; model names stand between backticks.
        reasons: why, each a short sentence.
        caution: what being careful costs: how sure the choice is, and what would decide more.
        rejected: every other model with its reason.
        would_change: what would lead to another verdict.
        qualified: names of the models shown to be as good, the reference not counted.
        claims: what is shown of each model, all tested together.
        chosen: share of resampled test sets in which each model would be recommended, the commonest first; "" stands
            for none. Empty where nothing was resampled.
        reference: what the others were compared with.
        delta: margin δ.
        metric: name of what it was judged by.
        priority: what was asked for.
        promoted: whether the reference is one because validation put it above the CNN.
        meanwhile: what is bundled and gated where too few texts recommend nothing: the reference; else None.
    """

    model: str | None
    sentence: str
    reasons: tuple[str, ...]
    caution: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    would_change: tuple[str, ...]
    qualified: tuple[str, ...]
    claims: Claims
    chosen: Mapping[str, float]
    reference: str | None
    delta: float
    metric: str
    priority: Priority
    promoted: bool = False
    meanwhile: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The content of `verdict` in results.json."""
        facts = {key: value for key, value in vars(self).items() if key not in ("rejected", "claims", "chosen")}
        return {
            **facts,
            "rejected": [asdict(item) for item in self.rejected],
            "claims": self.claims.to_json(),
            "if_equal": self.claims.if_equal,
            "chosen": [{"model": name or None, "share": share} for name, share in self.chosen.items()],
        }


def judge(run: Run, priority: Priority = "smallest", delta: float | None = None) -> Verdict:
    """The verdict on a run.

    Args:
        run: what was measured.
        priority: which of the qualified models is recommended.
        delta: margin in units of the metric; the run's own when None.
    """
    delta = run.delta if delta is None else delta
    reference = next((r for r in run.rows if r.name == run.reference and r.measured), None)
    claims = claims_of(run, priority, delta, with_power=True)
    good = [name for name in claims.by_model if claims.as_good(name)]
    best = None if claims.too_few or reference is None else recommended(run, good, reference, priority)
    grounds = Grounds(run, reference, best, claims, delta, priority)
    nearest = nearest_of(grounds)
    chosen = _chosen(run, reference, priority, delta)
    beaten = None if best is None or best is not reference else beaten_by(best, run.rows, grounds.floor)
    return Verdict(
        best.name if best else None,
        words.sentence(grounds, nearest, beaten),
        (*words.reasons(grounds), *words.copies(run)),
        tuple(words.caution(grounds, chosen, nearest)),
        tuple(_rejected(grounds)),
        tuple(would_change(grounds, nearest)),
        tuple(row.name for row in grounds.qualified),
        claims,
        chosen,
        reference.name if reference else None,
        delta,
        run.metric.name,
        priority,
        bool(run.content.get("promoted")),
        _meanwhile(reference, claims),
    )


def _meanwhile(reference: Row | None, claims: Claims) -> str | None:
    """The reference, where too few texts recommend nothing and it could be shipped."""
    could = reference is not None and reference.deployable and not reference.guesses_as_well
    return reference.name if reference is not None and could and claims.too_few else None


def _chosen(run: Run, reference: Row | None, priority: Priority, delta: float) -> dict[str, float]:
    """Share of the resampled test sets in which each model would be recommended, the commonest first."""
    stored = (run.content.get("together") or {}).get("resampled") or {}
    sets: Sequence[Mapping[str, Any]] = stored.get("sets") or ()
    if (
        reference is None
        or run.freedom is not None
        or (stored.get("delta"), stored.get("priority"))
        != (
            delta,
            priority,
        )
    ):
        return {}
    times: Counter[str] = Counter()
    for one in sets:
        row = recommended(run, one["as_good"], reference, priority)
        times[row.name if row else ""] += int(one["times"])
    total = sum(times.values())
    return {name: n / total for name, n in times.most_common()}


def _rejected(grounds: Grounds) -> Iterator[Rejected]:
    front = front_of(worth_having(grounds.rows), standard_axes(grounds.floor, grounds.delta))
    for row in grounds.rows:
        if row is not grounds.best:
            yield Rejected(row.name, words.why_not(row, grounds), front.dominated_by.get(row.name))
