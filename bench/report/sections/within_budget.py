"""Whether the model that was searched within a budget keeps it, on texts that the search never saw."""

from __future__ import annotations

from collections.abc import Sequence

from bench.numbers.quantities import decimals, signed, signed_of
from bench.report.sections.facts import Facts
from bench.results.row import Row
from bench.verdict.gate_words import parse_gate
from bench.verdict.gates import Checked, Outcome, check_gates

# From the worst on: what is said of the whole budget is what is said of its worst limit.
_ORDER: Sequence[Outcome] = ("fail", "not_measured", "inconclusive", "pass")
_HEADS = {
    "fail": "not within the budget",
    "not_measured": "not measured against the budget",
    "inconclusive": "not shown to be within the budget",
    "pass": "within the budget",
}
_SHOWN = {
    "fail": "it is shown to be worse by more than {limit:g}",
    "not_measured": "whether it is worse by at most {limit:g} was not measured",
    "inconclusive": "that it is worse by at most {limit:g} is not shown: the texts are too few",
    "pass": "it is shown to be worse by at most {limit:g}",
}


def outcome(facts: Facts) -> Outcome | None:
    """The worst outcome of the budget's limits; None where no budget was searched."""
    found = {gate.outcome for gate in _checked(facts)}
    return next((one for one in _ORDER if one in found), None)


def head(facts: Facts) -> str:
    """`within the budget`, or what else is true of the model; "" where no budget was searched."""
    worst = outcome(facts)
    return _HEADS[worst] if worst else ""


def sentence(facts: Facts) -> str:
    """What validation said, what the test texts say, and what of it is shown; "" where no budget was searched."""
    budget = facts.results.get("budget")
    row = facts.run.by_name.get((budget or {}).get("model", ""))
    if not budget or row is None or not row.measured:
        return ""
    drop, reference, n = float(budget["drop"]), budget["reference"], budget["candidates"]
    how = f"{abs(drop):.3f} {'worse' if drop > 0 else 'better'} than `{reference}`"
    if not budget["kept_on_validation"]:
        return f"None of {n} candidates keeps the budget on validation; `{row.name}` is the nearest, there {how}."
    chosen = "1 candidate was tried" if n == 1 else f"{n} candidates were tried"
    said = [f"Budget: {chosen} on validation, where `{row.name}`, the best within the limits, is {how}."]
    if test := _on_test(row, facts):
        said.append(test)
    for gate in _checked(facts):
        if gate.outcome != "pass" and "max_drop" not in gate.gate:
            said.append(f"`{gate.gate}`: {_HEADS[gate.outcome]}.")
    return " ".join(said)


def _on_test(row: Row, facts: Facts) -> str:
    if row.delta is None or facts.run.reference != facts.results["budget"]["reference"]:
        return ""
    where = "On test" if row.delta_source == "test split" else f"Over {row.delta_source}"
    lower = signed(row.bounds[0], decimals(row.delta))
    least = "" if row.bounds[0] is None else f", at least {lower} (one-sided 95 % bound)"
    said = f"{where} the difference is {signed_of(row.delta)}{least}"
    gate = next((gate for gate in _checked(facts) if "max_drop" in gate.gate), None)
    return f"{said}." if gate is None else f"{said}: {_SHOWN[gate.outcome].format(limit=gate.limit)}."


def _checked(facts: Facts) -> list[Checked]:
    """The limits, also where a report was asked for other gates than those of the study."""
    budget = facts.results.get("budget") or {}
    return check_gates(facts.run, [parse_gate(text) for text in budget.get("gates") or []], None)
