"""The sentences of a verdict. No decisions are taken here except which facts are worth a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from baselines.splits.copies import copies_said
from bench.numbers.quantities import (
    Estimate,
    change,
    negated,
    percent,
    score,
    score_interval,
    seconds,
    signed_ends,
    signed_of,
    size,
)
from bench.results.row import Row, estimate
from bench.results.run import Run
from bench.verdict.choice import beaten_by
from bench.verdict.family import ADVISED_TEXTS, FEWEST_TEXTS
from bench.verdict.grounds import Grounds, goodness, is_linear, is_network, name_of, refused
from bench.verdict.speed_claims import is_faster, is_quicker, is_slower, speed_text

_LEADS = {"smallest": "the smallest", "fastest": "the fastest", "quality": "the best one"}
_FAVOURED = {"smallest": "smaller", "fastest": "faster", "quality": "deployable"}


def sentence(grounds: Grounds, nearest: tuple[Row, int] | None, beaten: Row | None = None) -> str:
    """The verdict in one sentence.

    Args:
        grounds: what it speaks of.
        nearest: the undecided model that needs the fewest texts, and how many.
        beaten: what measured better than the reference on every axis without being shown as good, where that is kept.
    """
    if grounds.reference is None:
        return _without_reference(grounds)
    if grounds.claims.too_few:
        return _too_few(grounds)
    if grounds.best is None or grounds.best is grounds.reference:
        return _nobody(grounds, nearest, beaten)
    lead = _LEADS[grounds.priority]
    measured = sum(row.measured for row in grounds.rows)
    what = f"`{grounds.best.name}`" + (", a linear model" if is_linear(grounds.best) else "")
    is_better = grounds.claims.by_model[grounds.best.name].claim == "better"
    shown = "better than" if is_better else "as good as"
    within = "" if is_better else f" within {grounds.margin}"
    head = (
        f"Deploy {what}: {lead} of {measured} models that is shown to be {shown} `{grounds.reference.name}`{within} "
        f"({grounds.shown(grounds.best)})"
    )
    costs = ", ".join(_costs(grounds.best, grounds))
    slower = next(_refused_variants(grounds), None)
    return head + (f", {costs}" if costs else "") + (f"; {slower}" if slower else "") + "."


def reasons(grounds: Grounds) -> Iterator[str]:
    """Why the recommended model, each reason with its figures."""
    best, reference = grounds.best, grounds.reference
    if best is None and reference is not None and grounds.claims.too_few:
        yield f"`{reference.name}` has {grounds.title} {score_interval(reference.score)} on the few test texts."
        yield from rare(grounds.run, reference)
    if best is None or reference is None or best.score is None:
        return
    if best is not reference:
        scored, together = grounds.scored(best), grounds.together
        held = f" {together}" if together else ""
        yield f"{scored[0].upper()}{scored[1:]}, {grounds.difference(best)}{held} ({best.delta_source})."
    yield from about_evidence(grounds.run, best)
    yield from rare(grounds.run, best)
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
    # Where none was trained, nothing was shown of networks.
    if is_linear(best) and any(map(is_network, grounds.rows)):
        yield "A linear model wins: no network on this list is shown to be as good at its price."
    for warning in best.warnings:
        yield f"Measured with a warning: {warning}."


def about_evidence(run: Run, best: Row) -> Iterator[str]:
    """What the evidence is about: the recipe, made anew on every fold, or the one file that is shipped."""
    if run.freedom is None:
        return
    versus = run.models[best.name].get("versus_reference") or {}
    if best.over_folds and (own := estimate(versus.get("delta"))) is not None:
        yield (
            f"The folds judge the recipe, made {run.freedom + 1} times; the file that is shipped is one training, "
            f"{signed_of(own)} on the test part ({signed_ends(own)}, alone)."
        )


def caution(grounds: Grounds, chosen: Mapping[str, float], nearest: tuple[Row, int] | None) -> Iterator[str]:
    """What being careful costs: how sure the choice is, how often there would be one, and what would decide more."""
    best, claims = grounds.best, grounds.claims
    if best is not None and chosen:
        others = [(name, share) for name, share in chosen.items() if name != best.name]
        told = ", ".join(f"{f'`{name}`' if name else 'nothing'} in {percent(share)}" for name, share in others[:3])
        yield (
            f"`{best.name}` is chosen in {percent(chosen.get(best.name, 0.0))} of resampled test sets"
            + (f"; {told}" if told else "")
            + "."
        )
    if claims.if_equal is not None and claims.favoured:
        n, what = len(claims.favoured), _FAVOURED[grounds.priority]
        models, one = (f"the {n} {what} models", "one of them") if n > 1 else (f"the only {what} model", "it")
        yield (
            f"Were {models} truly equal to `{name_of(grounds.reference)}`, {one} would be shown to be as good in "
            f"{percent(claims.if_equal)} of test sets like this one; a wrong claim comes in at most 5 %."
        )
    if nearest is not None and not claims.too_few:
        yield (
            f"{nearest[1]:,} test texts would show `{nearest[0].name}` as good in 80 % of test sets, were it truly "
            f"equal; there are {claims.n_texts:,}."
        )


def copies(run: Run) -> Iterator[str]:
    """Texts that stood in training and in a part that judges: left out, or what they do to the figures."""
    data = run.content.get("dataset") or {}
    yield from (f"{said[0].upper()}{said[1:]}." for said in copies_said(data.get("copies")))


def rare(run: Run, row: Row) -> Iterator[str]:
    """Of a rare positive class: what the answer that is nearly always right would reach without reading a text."""
    majority = run.content.get("majority") or {}
    if not majority.get("rare"):
        return
    positive, reached = run.content.get("positive"), majority.get("scores") or {}
    titles = {name: facts.title for name, facts in run.metrics.items()}
    said = " and ".join(f"{titles[m]} {score(reached.get(m))}" for m in ("accuracy", "f1") if m in titles)
    share = percent(1 - majority["share"])
    yield f"Only {share} of the test texts are {positive}: always answering {majority['answer']} would reach {said}."
    if run.metric.name == "accuracy" and "f1" in row.quality:
        yield f"So accuracy says little here; {titles['f1']} is {score(row.quality['f1'].value)}."


def why_not(row: Row, grounds: Grounds) -> str:
    """Why a row isn't the recommended one: the first reason that holds."""
    if not row.measured:
        return f"{row.status}: {row.reason or 'no reason was stored'}"
    if row is grounds.reference:
        return "the reference itself"
    judged = grounds.claims.by_model.get(row.name)
    if judged is None:
        return "not compared with a reference model" if grounds.reference is None else "not compared with the reference"
    difference = grounds.difference(row)
    if judged.claim == "worse":
        far = judged.high is not None and judged.high < -grounds.delta
        by = f" by more than {grounds.margin}" if far else ""
        return f"worse than `{name_of(grounds.reference)}`{by} ({difference})"
    if why := refused(row, grounds):
        return why
    if judged.claim == "undecided":
        return f"not shown to be as good ({difference})"
    if not row.deployable:
        return f"{judged.claim}, but no bundle was measured (only {row.runtime or 'unmeasured'})"
    if grounds.best is None:
        return "not recommended"
    if better := beaten_by(row, grounds.rows, grounds.floor):
        return f"{judged.claim}, but `{better.name}` measured better on every axis"
    return f"{judged.claim}, but {_worse_costs(row, grounds.best, grounds)} than `{grounds.best.name}`"


def _without_reference(grounds: Grounds) -> str:
    top = max((row for row in grounds.rows if row.measured), key=goodness, default=None)
    if top is None:
        return "No model was measured, so nothing can be recommended."
    return (
        f"No reference model was measured, so no model can be called as good as it; the best of "
        f"{sum(row.measured for row in grounds.rows)} is `{top.name}`, {grounds.scored(top)}."
    )


def _too_few(grounds: Grounds) -> str:
    """Below the least size nothing is recommended."""
    few, many = ADVISED_TEXTS
    n = grounds.claims.n_texts
    return (
        f"No recommendation: {n:,} test text{'s are' if n != 1 else ' is'} too few to tell models apart; at least "
        f"{FEWEST_TEXTS} are needed, {few} to {many} advised, or use --folds to judge by every text."
        f" Meanwhile `{name_of(grounds.reference)}`, the reference, is what there is."
    )


def _nobody(grounds: Grounds, nearest: tuple[Row, int] | None, beaten: Row | None) -> str:
    reference = name_of(grounds.reference)
    head = _promoted(grounds) or f"Keep `{reference}`"
    if grounds.best is None:
        head = f"No recommendation: no bundle of the reference `{reference}` was measured"
        if grounds.reference and (chance := grounds.reference.guesses_as_well):
            head = f"No recommendation: the reference `{reference}` isn't shown to be better than guessing (`{chance}`)"
    if beaten is not None:
        head = head.replace(f"`{reference}`", f"`{reference}` for now", 1)
        needed = grounds.claims.by_model[beaten.name].texts_needed
        would = f": about {needed:,} test texts would, were it truly equal" if needed else ""
        return (
            f"{head}: `{beaten.name}` measured better on every axis, but isn't shown to be as good within "
            f"{grounds.margin} ({grounds.difference(beaten)} {grounds.together}".rstrip()
            + f"){would}."
        )
    if grounds.qualified:
        return f"{head}: {_no_gain(grounds)}."
    head += (", and " if grounds.run.content.get("promoted") else ": ") + (
        f"no other model is shown to be as good within {grounds.margin}"
    )
    if nearest:
        return f"{head}; about {nearest[1]:,} test texts would show it for `{nearest[0].name}`, were it truly equal."
    return f"{head}."


def _promoted(grounds: Grounds) -> str:
    """The head of the sentence where validation put the reference above the CNN; else ""."""
    over, row = grounds.run.content.get("promoted"), grounds.reference
    if not over or row is None or grounds.best is None:
        return ""
    what = f"`{row.name}`" + (", a linear model" if is_linear(row) else "")
    judged = grounds.claims.by_model.get(over["over"])
    shown = judged is not None and judged.claim == "worse"
    how = "better than" if shown else "on validation the best that can be shipped, on test against"
    turned = judged.difference if judged is not None else Estimate(0.0)
    return f"Deploy {what}: {how} `{over['over']}` ({grounds.named_difference(negated(turned))})"


def _no_gain(grounds: Grounds) -> str:
    """Why none of the qualified models replaces the reference."""
    gain = {"smallest": "smaller", "fastest": "faster", "quality": "better"}[grounds.priority]
    others = [row for row in grounds.qualified if row.deployable and not refused(row, grounds)]
    if not others:
        return f"the models shown to be as good within {grounds.margin} can't be deployed, or are slower or failed"
    text = f"of the {len(grounds.qualified)} models shown to be as good within {grounds.margin} none is {gain}"
    better = [row for row in others if grounds.claims.by_model[row.name].claim == "better"]
    if better:
        top = max(better, key=lambda row: row.delta.value if row.delta else 0.0)
        text += f"; for better answers take `{top.name}` ({grounds.difference(top)})"
    return text


def _costs(row: Row, grounds: Grounds) -> Iterator[str]:
    reference = grounds.reference
    if reference and row.bytes and reference.bytes:
        yield change(row.bytes / reference.bytes, "smaller", "larger")
    ratio, floor = row.speed_ratio, grounds.floor
    if ratio is None:
        return
    if grounds.run.distrust and not (is_faster(ratio, floor) or is_slower(ratio, floor)):
        yield "no claim on speed, the run was too noisy"
    else:
        yield speed_text(ratio, floor).replace("difference", "difference in speed")


def _refused_variants(grounds: Grounds) -> Iterator[str]:
    for row in grounds.rows:
        if row is not grounds.best and row.stage == "compress" and (why := refused(row, grounds)):
            yield f"`{row.name}` rejected, {why}"


def _worse_costs(row: Row, best: Row, grounds: Grounds) -> str:
    if grounds.priority == "quality":
        return f"less good ({grounds.scored(row)})"
    if grounds.priority == "fastest" and row.p50_s and best.p50_s:
        return f"slower ({seconds(row.p50_s)})" if is_quicker(best, row, grounds.floor) else "no faster"
    if row.bytes and best.bytes and row.bytes > best.bytes:
        return f"{change(row.bytes / best.bytes, 'smaller', 'larger')} ({size(row.bytes)})"
    return "no smaller"
