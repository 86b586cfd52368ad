"""The sentences of a verdict. No decisions are taken here except which facts are worth a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.quantities import change, difference_interval, percent, score, seconds, size, times
from bench.results.row import Row, estimate
from bench.results.run import Run
from bench.verdict.speed_claims import is_faster, is_slow_variant, is_slower

# A fraction of the recommended model's size and latency, both, that is worth a word though F1 is lower.
_CHEAPER = 5
_LEADS = {"smallest": "the smallest", "fastest": "the fastest", "quality": "the one with the highest F1"}


@dataclass(frozen=True)
class Grounds:
    """What the sentences speak of; `best` is the recommended row."""

    run: Run
    reference: Row | None
    best: Row | None
    qualified: Sequence[Row]
    delta: float
    priority: str

    @property
    def rows(self) -> Sequence[Row]:
        return self.run.rows

    @property
    def floor(self) -> float:
        """What a claim on speed must exceed."""
        return self.run.claim_floor


def sentence(grounds: Grounds, nearest: tuple[Row, int] | None) -> str:
    """The verdict in one sentence."""
    if grounds.reference is None:
        return _without_reference(grounds)
    if grounds.best is None or grounds.best is grounds.reference:
        return _nobody(grounds, nearest)
    lead = _LEADS[grounds.priority]
    measured = sum(row.measured for row in grounds.rows)
    what = f"`{grounds.best.name}`" + (", a linear model" if is_linear(grounds.best) else "")
    head = (
        f"Deploy {what}: {lead} of {measured} models that is not worse than `{grounds.reference.name}` by "
        f"more than {grounds.delta:g} F1 (ΔF1 {difference_interval(grounds.best.delta)})"
    )
    costs = ", ".join(_costs(grounds.best, grounds))
    slower = next(_refused_variants(grounds), None)
    return head + (f", {costs}" if costs else "") + (f"; {slower}" if slower else "") + "."


def reasons(grounds: Grounds) -> Iterator[str]:
    """Why the recommended model, each reason with its figures."""
    best, reference = grounds.best, grounds.reference
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
        floor = grounds.run.noise_floor
        noise = f"; noise floor {percent(floor)}" if floor is not None else "; noise floor not measured"
        yield f"One text takes {seconds(best.p50_s)} (p50, one thread, {best.form}){noise}."
    if noisy := grounds.run.distrust:
        yield f"Only factors above two count as faster or slower, since the run was noisy: {'; '.join(noisy)}."
    if is_linear(best):
        yield "A linear model wins: no network on this list is as good at its price."
    for warning in best.warnings:
        yield f"Measured with a warning: {warning}."


def would_change(grounds: Grounds, nearest: tuple[Row, int] | None) -> Iterator[str]:
    """What would lead to another verdict."""
    yield from _other_priorities(grounds)
    yield from _much_cheaper(grounds)
    if nearest:
        row, documents = nearest
        yield f"About {documents:,} test documents would decide whether `{row.name}` is as good too."
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


def why_not(row: Row, grounds: Grounds, non_inferior: bool | None) -> str:
    """Why a row isn't the recommended one: the first reason that holds."""
    if not row.measured:
        return f"{row.status}: {row.reason or 'no reason was stored'}"
    if row is grounds.reference:
        return "the reference itself"
    if row.delta is None:
        return "not compared with a reference model" if grounds.reference is None else "not compared with the reference"
    if non_inferior is False:
        difference = difference_interval(row.delta)
        return f"worse than `{_name(grounds.reference)}` by more than {grounds.delta:g} F1 (ΔF1 {difference})"
    if why := _refused(row, grounds):
        return why
    if non_inferior is None:
        return f"not shown to be as good (ΔF1 {difference_interval(row.delta)})"
    shown = "better" if row.delta.low is not None and row.delta.low > 0 else "as good"
    if not row.deployable:
        return f"{shown}, but no bundle was measured (only {row.runtime or 'unmeasured'})"
    if grounds.best is None:
        return "not recommended"
    return f"{shown}, but {_worse_costs(row, grounds.best, grounds.priority)} than `{grounds.best.name}`"


def is_linear(row: Row) -> bool:
    """Whether the model is linear over counts of words or characters."""
    return row.runtime == "linear"


def _without_reference(grounds: Grounds) -> str:
    scored = [row for row in grounds.rows if row.measured and row.f1]
    if not scored:
        return "No model was measured, so nothing can be recommended."
    top = max(scored, key=lambda row: row.f1.value if row.f1 else 0.0)
    return (
        f"No reference model was measured, so no model can be called as good as it; the highest weighted F1 of "
        f"{len(scored)} is that of `{top.name}`, {score(top.f1.value if top.f1 else None)}."
    )


def _nobody(grounds: Grounds, nearest: tuple[Row, int] | None) -> str:
    reference = _name(grounds.reference)
    head = _promoted(grounds) or f"Keep `{reference}`"
    if grounds.best is None:
        head = f"No recommendation: no bundle of the reference `{reference}` was measured"
    if grounds.qualified:
        return f"{head}: {_no_gain(grounds)}."
    head += (", and " if grounds.run.content.get("promoted") else ": ") + (
        f"no other model is shown to be as good within {grounds.delta:g} F1"
    )
    if nearest:
        return (
            f"{head}; it would take about {nearest[1]:,} test documents to decide for the closest, `{nearest[0].name}`."
        )
    return f"{head}; more test documents would not change this."


def _promoted(grounds: Grounds) -> str:
    """The head of the sentence where the reference is one because it is better than the CNN; else ""."""
    over, row = grounds.run.content.get("promoted"), grounds.reference
    if not over or row is None or grounds.best is None:
        return ""
    what = f"`{row.name}`" + (", a linear model" if is_linear(row) else "")
    return (
        f"Deploy {what}: better than `{over['over']}` (ΔF1 {difference_interval(estimate(over['delta_f1_weighted']))})"
    )


def _no_gain(grounds: Grounds) -> str:
    """Why none of the qualified models replaces the reference."""
    gain = {"smallest": "smaller", "fastest": "faster", "quality": "better"}[grounds.priority]
    others = [row for row in grounds.qualified if row.deployable and not _refused(row, grounds)]
    if not others:
        return f"the models shown to be as good within {grounds.delta:g} F1 can't be deployed, or are slower or failed"
    top = max(others, key=lambda row: row.delta.value if row.delta else 0.0)
    text = f"of the {len(grounds.qualified)} models shown to be as good within {grounds.delta:g} F1 none is {gain}"
    if top.lower is not None and top.lower > 0:
        text += f"; for a higher F1 take `{top.name}` (ΔF1 {difference_interval(top.delta)})"
    return text


def _costs(row: Row, grounds: Grounds) -> Iterator[str]:
    reference = grounds.reference
    if reference and row.bytes and reference.bytes:
        yield change(row.bytes / reference.bytes, "smaller", "larger")
    ratio = row.speed_ratio
    if ratio is None:
        return
    if is_faster(ratio, grounds.floor) or is_slower(ratio, grounds.floor):
        yield change(ratio.value, "faster", "slower")
    else:
        yield "no claim on speed, the run was too noisy" if grounds.run.distrust else "as fast within noise"


def _refused_variants(grounds: Grounds) -> Iterator[str]:
    for row in grounds.rows:
        if row is not grounds.best and (why := _refused(row, grounds)):
            yield f"`{row.name}` rejected, {why}"


def _refused(row: Row, grounds: Grounds) -> str:
    """Why a compressed variant is refused whatever its size, in the words of `is_refused`; "" where it isn't."""
    if row.failed:
        return row.failed
    ratio = row.parent_ratio
    if ratio is None or not is_slow_variant(row, grounds.floor):
        return ""
    reason = f"{times(ratio.value)} slower here" + (
        "" if row.parent == _name(grounds.reference) else " than its parent"
    )
    if "quantize" in row.method and (grounds.run.content.get("environment") or {}).get("vnni") is False:
        return f"{reason}: this CPU has no VNNI"
    return reason


def _other_priorities(grounds: Grounds) -> Iterator[str]:
    """Who would be recommended if something else mattered most, where that is really better at it."""
    best = grounds.best
    candidates = [r for r in grounds.qualified if r is not best and r.deployable and not _refused(r, grounds)]
    smallest = min((r for r in candidates if r.bytes), key=lambda r: r.bytes or 0, default=None)
    fastest = min((r for r in candidates if r.p50_s), key=lambda r: r.p50_s or 0, default=None)
    top = max((r for r in candidates if r.f1), key=lambda r: r.f1.value if r.f1 else 0.0, default=None)
    if best is None:
        return
    if smallest and (smallest.bytes or 0) < (best.bytes or 0):
        yield f"Size before all else: `{smallest.name}` ({_facts_of(smallest)})."
    if fastest and fastest.p50_s and best.p50_s and best.p50_s / fastest.p50_s - 1 > grounds.floor:
        yield f"Speed before all else: `{fastest.name}` ({_facts_of(fastest)})."
    if top and top.f1 and best.f1 and top.f1.value > best.f1.value:
        yield f"Quality before all else: `{top.name}` ({_facts_of(top)})."


def _much_cheaper(grounds: Grounds) -> Iterator[str]:
    """The best of the models that cost a fraction of the recommended one, where a promoted reference is that."""
    best = grounds.best
    if not grounds.run.content.get("promoted") or best is None or not best.bytes or not best.p50_s:
        return
    cheap = [
        row
        for row in grounds.rows
        if row.deployable and row.f1 and not _refused(row, grounds)
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


def _with_wider_margin(grounds: Grounds) -> Iterator[str]:
    """The smallest margin at which a smaller deployable model would qualify, in steps of 0.01 up to 0.05."""
    limit = (grounds.best.bytes if grounds.best else None) or 0
    others = [
        row for row in grounds.rows if row not in (*grounds.qualified, grounds.reference) and not _refused(row, grounds)
    ]
    smaller = [r for r in others if r.deployable and r.lower is not None and r.bytes and r.bytes < limit]
    for step in range(1, 6):
        wider = step / 100
        reached = [row for row in smaller if wider > grounds.delta and row.lower is not None and row.lower >= -wider]
        if reached:
            row = min(reached, key=lambda r: r.bytes or 0)
            name = f"`{row.name}` ({size(row.bytes)})"
            yield f"A margin of {wider:g} instead of {grounds.delta:g} F1: then {name} qualifies."
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
