"""What follows from measured results: the front, the verdict and the gates, added to results.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.results.run import Run
from bench.verdict import gates as gate_rules
from bench.verdict import judge as verdict
from bench.verdict.front import front_of, standard_axes, worth_having
from bench.verdict.gate_words import Gate


def conclude(
    results: Mapping[str, Any], gates: Sequence[Gate] = (), priority: verdict.Priority = "smallest"
) -> dict[str, Any]:
    """The measured results with `pareto_front`, `verdict` and `gates` added, for results.json."""
    run = Run(results)
    decided = verdict.judge(run, priority)
    front = front_of(worth_having(run.rows), standard_axes(run.claim_floor, decided.delta))
    checked = gate_rules.check_gates(run, gates, decided.model or decided.meanwhile)
    return {
        **results,
        "pareto_front": list(front.front),
        "verdict": decided.to_json(),
        "gates": [item.to_json() for item in checked],
    }
