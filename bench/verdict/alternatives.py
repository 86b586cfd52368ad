"""What would lead to another verdict: other wishes, more documents, a wider margin, another machine."""

from __future__ import annotations

from collections.abc import Iterator

from bench.numbers.quantities import seconds, size
from bench.results.row import Row
from bench.verdict.claims import claims_of
from bench.verdict.grounds import Grounds, goodness, refused
from bench.verdict.speed_claims import is_quicker, is_refused, is_slow_variant

# A fraction of the recommended model's size and latency, both, that is worth a word though the score is worse.
_CHEAPER = 5


def nearest_of(grounds: Grounds) -> tuple[Row, int] | None:
    """The undecided model that could be recommended and needs the fewest texts, and how many."""
    needs = [
        (row, judged.texts_needed)
        for row in grounds.rows
        if row.deployable and not is_refused(row, grounds.floor)
        if (judged := grounds.claims.by_model.get(row.name)) and judged.texts_needed is not None
    ]
    favoured = [pair for pair in needs if pair[0].name in grounds.claims.favoured]
    return min(favoured or needs, key=lambda pair: pair[1], default=None)


def would_change(grounds: Grounds, nearest: tuple[Row, int] | None) -> Iterator[str]:
    """What would lead to another verdict."""
    yield from _other_priorities(grounds)
    yield from _much_cheaper(grounds)
    if nearest:
        row, texts = nearest
        yield f"About {texts:,} test texts would show `{row.name}` as good too, were it truly equal to the reference."
    undeployable = [row for row in grounds.qualified if not row.deployable]
    if undeployable:
        names = ", ".join(f"`{row.name}`" for row in undeployable)
        yield f"A bundle for {names}: as good as the reference, but measured only in the training libraries."
    wider = next(_with_wider_margin(grounds), None)
    if wider:
        yield wider
    if (grounds.run.content.get("environment") or {}).get("vnni") is False and any(
        is_slow_variant(row, grounds.floor) for row in grounds.rows
    ):
        yield "A CPU with VNNI: this one has none, so int8 arithmetic by onnxruntime gains less here."


def _other_priorities(grounds: Grounds) -> Iterator[str]:
    """Who would be recommended if something else mattered most, where that is really better at it."""
    best = grounds.best
    candidates = [r for r in grounds.qualified if r is not best and r.deployable and not refused(r, grounds)]
    smallest = min((r for r in candidates if r.bytes), key=lambda r: r.bytes or 0, default=None)
    fastest = min((r for r in candidates if r.p50_s), key=lambda r: r.p50_s or 0, default=None)
    top = max(candidates, key=goodness, default=None)
    if best is None:
        return
    if smallest and (smallest.bytes or 0) < (best.bytes or 0):
        yield f"Size before all else: `{smallest.name}` ({grounds.facts_of(smallest)})."
    if fastest and is_quicker(fastest, best, grounds.floor):
        yield f"Speed before all else: `{fastest.name}` ({grounds.facts_of(fastest)})."
    if top and goodness(top) > goodness(best):
        yield f"Quality before all else: `{top.name}` ({grounds.facts_of(top)})."


def _much_cheaper(grounds: Grounds) -> Iterator[str]:
    """The best of the models that cost a fraction of the recommended one, where a promoted reference is that."""
    best = grounds.best
    if not grounds.run.content.get("promoted") or best is None or not best.bytes or not best.p50_s:
        return
    cheap = [
        row
        for row in grounds.rows
        if row.deployable and not refused(row, grounds)
        if (row.bytes or 0) * _CHEAPER <= best.bytes and (row.p50_s or 0) * _CHEAPER <= best.p50_s
    ]
    if cheap:
        top = max(cheap, key=goodness)
        yield (
            f"Where {size(best.bytes)} or {seconds(best.p50_s)} are too much: `{top.name}` ({grounds.facts_of(top)}; "
            f"{grounds.difference(top)})."
        )


def _with_wider_margin(grounds: Grounds) -> Iterator[str]:
    """The smallest margin at which a smaller deployable model would qualify, in steps of 0.01 up to 0.05."""
    limit = (grounds.best.bytes if grounds.best else None) or 0
    smaller = [
        row
        for row in grounds.rows
        if row.deployable and row not in grounds.qualified and row is not grounds.reference
        if row.bytes and row.bytes < limit and not refused(row, grounds)
    ]
    for step in range(1, 6):
        wider = step / 100
        if wider <= grounds.delta or not smaller:
            continue
        claims = claims_of(grounds.run, grounds.priority, wider)
        reached = [row for row in smaller if claims.as_good(row.name)]
        if reached:
            row = min(reached, key=lambda r: r.bytes or 0)
            name = f"`{row.name}` ({size(row.bytes)})"
            yield f"A margin of {wider:g} instead of {grounds.margin}: then {name} qualifies."
            return
