"""What follows from measured results: the front, the verdict and the gates, added to results.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.results.row import rows_of
from bench.verdict import gates as gate_rules
from bench.verdict import judge as verdict
from bench.verdict.front import front_of, standard_axes
from bench.verdict.speed_claims import claim_floor


def conclude(
    results: Mapping[str, Any], gates: Sequence[gate_rules.Gate] = (), priority: verdict.Priority = "smallest"
) -> dict[str, Any]:
    """The measured results with `pareto_front`, `verdict` and `gates` added, for results.json."""
    decided = verdict.judge(results, priority)
    front = front_of(rows_of(results), standard_axes(claim_floor(results), decided.delta))
    checked = gate_rules.check_gates(results, gates, decided.model)
    return {
        **results,
        "pareto_front": list(front.front),
        "verdict": decided.to_json(),
        "gates": [item.to_json() for item in checked],
    }
