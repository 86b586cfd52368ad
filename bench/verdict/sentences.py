"""The sentences of a verdict. No decisions are taken here except which facts are worth a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.quantities import change, difference_interval, percent, score, seconds, size, times
from bench.results.row import Row, estimate
from bench.verdict.speed_claims import distrust, is_faster, is_slow_variant, is_slower, noise_floor

# A fraction of the recommended model's size and latency, both, that is worth a word though F1 is lower.
_CHEAPER = 5
_LEADS = {"smallest": "the smallest", "fastest": "the fastest", "quality": "the one with the highest F1"}


@dataclass(frozen=True)
class Facts:
    """What the sentences speak of; `best` is the recommended row, `floor` what a speed claim must exceed."""

    rows: Sequence[Row]
    reference: Row | None
    best: Row | None
    qualified: Sequence[Row]
    delta: float
    floor: float
    priority: str
    results: Mapping[str, Any]


def sentence(facts: Facts, nearest: tuple[Row, int] | None) -> str:
    """The verdict in one sentence."""
    if facts.reference is None:
        return _without_reference(facts)
    if facts.best is None or facts.best is facts.reference:
        return _nobody(facts, nearest)
    lead = _LEADS[facts.priority]
    measured = sum(row.measured for row in facts.rows)
    what = f"`{facts.best.name}`" + (", a linear model" if is_linear(facts.best) else "")
    head = (
        f"Deploy {what}: {lead} of {measured} models that is not worse than `{facts.reference.name}` by "
        f"more than {facts.delta:g} F1 (ΔF1 {difference_interval(facts.best.delta)})"
    )
    costs = ", ".join(_costs(facts.best, facts))
    slower = next(_refused_variants(facts), None)
    return head + (f", {costs}" if costs else "") + (f"; {slower}" if slower else "") + "."


def reasons(facts: Facts) -> Iterator[str]:
    """Why the recommended model, each reason with its figures."""
    best, reference = facts.best, facts.reference
    if best is None or reference is None or best.f1 is None:
        return
    if best is not reference:
        yield f"Weighted F1 {score(best.f1.value)}, ΔF1 {difference_interval(best.delta)} ({best.delta_source})."
    if best.bytes and reference.bytes and best is not reference:
        yield (
            f"{size(best.bytes)} for all files needed to predict, "
            f"{change(best.bytes / reference.bytes, 'smaller', 'larger')} than `{reference.name}`."
        )
    if best.p50_s is not None:
        floor = noise_floor(facts.results)
        noise = f"; noise floor {percent(floor)}" if floor is not None else "; noise floor not measured"
        yield f"One text takes {seconds(best.p50_s)} (p50, one thread, {best.form}){noise}."
    if noisy := distrust(facts.results):
        yield f"Only factors above two count as faster or slower, since the run was noisy: {'; '.join(noisy)}."
    if is_linear(best):
        yield "A linear model wins: no network on this list is as good at its price."
    for warning in best.warnings:
        yield f"Measured with a warning: {warning}."


def would_change(facts: Facts, nearest: tuple[Row, int] | None) -> Iterator[str]:
    """What would lead to another verdict."""
    yield from _other_priorities(facts)
    yield from _much_cheaper(facts)
    if nearest:
        row, documents = nearest
        yield f"About {documents:,} test documents would decide whether `{row.name}` is as good too."
    undeployable = [row for row in facts.qualified if not row.deployable]
    if undeployable:
        names = ", ".join(f"`{row.name}`" for row in undeployable)
        yield f"A bundle for {names}: as good as the reference, but measured only in the training libraries."
    wider = next(_with_wider_margin(facts), None)
    if wider:
        yield wider
    if (facts.results.get("environment") or {}).get("vnni") is False and any(
        is_slow_variant(row, facts.floor) for row in facts.rows
    ):
        yield "A CPU with VNNI: this one has none, so int8 arithmetic by onnxruntime gains less here."


def why_not(row: Row, facts: Facts, non_inferior: bool | None) -> str:
    """Why a row isn't the recommended one: the first reason that holds."""
    if not row.measured:
        return f"{row.status}: {row.reason or 'no reason was stored'}"
    if row is facts.reference:
        return "the reference itself"
    if row.delta is None:
        return "not compared with a reference model" if facts.reference is None else "not compared with the reference"
    if non_inferior is False:
        difference = difference_interval(row.delta)
        return f"worse than `{_name(facts.reference)}` by more than {facts.delta:g} F1 (ΔF1 {difference})"
    if why := _refused(row, facts):
        return why
    if non_inferior is None:
        return f"not shown to be as good (ΔF1 {difference_interval(row.delta)})"
    shown = "better" if row.delta.low is not None and row.delta.low > 0 else "as good"
    if not row.deployable:
        return f"{shown}, but no bundle was measured (only {row.runtime or 'unmeasured'})"
    if facts.best is None:
        return "not recommended"
    return f"{shown}, but {_worse_costs(row, facts.best, facts.priority)} than `{facts.best.name}`"


def is_linear(row: Row) -> bool:
    """Whether the model is linear over counts of words or characters."""
    return row.runtime == "linear"


def _without_reference(facts: Facts) -> str:
    scored = [row for row in facts.rows if row.measured and row.f1]
    if not scored:
        return "No model was measured, so nothing can be recommended."
    top = max(scored, key=lambda row: row.f1.value if row.f1 else 0.0)
    return (
        f"No reference model was measured, so no model can be called as good as it; the highest weighted F1 of "
        f"{len(scored)} is that of `{top.name}`, {score(top.f1.value if top.f1 else None)}."
    )


def _nobody(facts: Facts, nearest: tuple[Row, int] | None) -> str:
    reference = _name(facts.reference)
    head = _promoted(facts) or f"Keep `{reference}`"
    if facts.best is None:
        head = f"No recommendation: no bundle of the reference `{reference}` was measured"
    if facts.qualified:
        return f"{head}: {_no_gain(facts)}."
    head += (", and " if facts.results.get("promoted") else ": ") + (
        f"no other model is shown to be as good within {facts.delta:g} F1"
    )
    if nearest:
        return (
            f"{head}; it would take about {nearest[1]:,} test documents to decide for the closest, `{nearest[0].name}`."
        )
    return f"{head}; more test documents would not change this."


def _promoted(facts: Facts) -> str:
    """The head of the sentence where the reference is one because it is better than the CNN; else ""."""
    over, row = facts.results.get("promoted"), facts.reference
    if not over or row is None or facts.best is None:
        return ""
    what = f"`{row.name}`" + (", a linear model" if is_linear(row) else "")
    return (
        f"Deploy {what}: better than `{over['over']}` (ΔF1 {difference_interval(estimate(over['delta_f1_weighted']))})"
    )


def _no_gain(facts: Facts) -> str:
    """Why none of the qualified models replaces the reference."""
    gain = {"smallest": "smaller", "fastest": "faster", "quality": "better"}[facts.priority]
    others = [row for row in facts.qualified if row.deployable and not _refused(row, facts)]
    if not others:
        return f"the models shown to be as good within {facts.delta:g} F1 can't be deployed, or are slower or failed"
    top = max(others, key=lambda row: row.delta.value if row.delta else 0.0)
    text = f"of the {len(facts.qualified)} models shown to be as good within {facts.delta:g} F1 none is {gain}"
    if top.lower is not None and top.lower > 0:
        text += f"; for a higher F1 take `{top.name}` (ΔF1 {difference_interval(top.delta)})"
    return text


def _costs(row: Row, facts: Facts) -> Iterator[str]:
    reference = facts.reference
    if reference and row.bytes and reference.bytes:
        yield change(row.bytes / reference.bytes, "smaller", "larger")
    ratio = row.speed_ratio
    if ratio is None:
        return
    if is_faster(ratio, facts.floor) or is_slower(ratio, facts.floor):
        yield change(ratio.value, "faster", "slower")
    else:
        yield "no claim on speed, the run was too noisy" if distrust(facts.results) else "as fast within noise"


def _refused_variants(facts: Facts) -> Iterator[str]:
    for row in facts.rows:
        if row is not facts.best and (why := _refused(row, facts)):
            yield f"`{row.name}` rejected, {why}"


def _refused(row: Row, facts: Facts) -> str:
    """Why a compressed variant is refused whatever its size, in the words of `is_refused`; "" where it isn't."""
    if row.failed:
        return row.failed
    ratio = row.parent_ratio
    if ratio is None or not is_slow_variant(row, facts.floor):
        return ""
    reason = f"{times(ratio.value)} slower here" + ("" if row.parent == _name(facts.reference) else " than its parent")
    if "quantize" in row.method and (facts.results.get("environment") or {}).get("vnni") is False:
        return f"{reason}: this CPU has no VNNI"
    return reason


def _other_priorities(facts: Facts) -> Iterator[str]:
    """Who would be recommended if something else mattered most, where that is really better at it."""
    best = facts.best
    candidates = [r for r in facts.qualified if r is not best and r.deployable and not _refused(r, facts)]
    smallest = min((r for r in candidates if r.bytes), key=lambda r: r.bytes or 0, default=None)
    fastest = min((r for r in candidates if r.p50_s), key=lambda r: r.p50_s or 0, default=None)
    top = max((r for r in candidates if r.f1), key=lambda r: r.f1.value if r.f1 else 0.0, default=None)
    if best is None:
        return
    if smallest and (smallest.bytes or 0) < (best.bytes or 0):
        yield f"Size before all else: `{smallest.name}` ({_facts_of(smallest)})."
    if fastest and fastest.p50_s and best.p50_s and best.p50_s / fastest.p50_s - 1 > facts.floor:
        yield f"Speed before all else: `{fastest.name}` ({_facts_of(fastest)})."
    if top and top.f1 and best.f1 and top.f1.value > best.f1.value:
        yield f"Quality before all else: `{top.name}` ({_facts_of(top)})."


def _much_cheaper(facts: Facts) -> Iterator[str]:
    """The best of the models that cost a fraction of the recommended one, where a promoted reference is that."""
    best = facts.best
    if not facts.results.get("promoted") or best is None or not best.bytes or not best.p50_s:
        return
    cheap = [
        row
        for row in facts.rows
        if row.deployable and row.f1 and not _refused(row, facts)
        if (row.bytes or 0) * _CHEAPER <= best.bytes and (row.p50_s or 0) * _CHEAPER <= best.p50_s
    ]
    if cheap:
        top = max(cheap, key=lambda row: row.f1.value if row.f1 else 0.0)
        yield (
            f"Where {size(best.bytes)} or {seconds(best.p50_s)} are too much: `{top.name}` ({_facts_of(top)}; "
            f"ΔF1 {difference_interval(top.delta)})."
        )


def _facts_of(row: Row) -> str:
    f1 = score(row.f1.value) if row.f1 else "unknown"
    return f"F1 {f1}, {size(row.bytes)}, {seconds(row.p50_s)} a text"


def _with_wider_margin(facts: Facts) -> Iterator[str]:
    """The smallest margin at which a smaller deployable model would qualify, in steps of 0.01 up to 0.05."""
    limit = (facts.best.bytes if facts.best else None) or 0
    others = [row for row in facts.rows if row not in (*facts.qualified, facts.reference) and not _refused(row, facts)]
    smaller = [r for r in others if r.deployable and r.lower is not None and r.bytes and r.bytes < limit]
    for step in range(1, 6):
        wider = step / 100
        reached = [row for row in smaller if wider > facts.delta and row.lower is not None and row.lower >= -wider]
        if reached:
            row = min(reached, key=lambda r: r.bytes or 0)
            name = f"`{row.name}` ({size(row.bytes)})"
            yield f"A margin of {wider:g} instead of {facts.delta:g} F1: then {name} qualifies."
            return


def _worse_costs(row: Row, best: Row, priority: str) -> str:
    if priority == "quality" and row.f1 and best.f1:
        return f"of lower F1 ({score(row.f1.value)})"
    if priority == "fastest" and row.p50_s and best.p50_s:
        return f"slower ({seconds(row.p50_s)})" if row.p50_s > best.p50_s else "no faster"
    if row.bytes and best.bytes and row.bytes > best.bytes:
        return f"{change(row.bytes / best.bytes, 'smaller', 'larger')} ({size(row.bytes)})"
    return "no smaller"


def _name(row: Row | None) -> str:
    return row.name if row else "the reference"
