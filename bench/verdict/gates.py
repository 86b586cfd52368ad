"""Gates: what a model must reach before it is shipped, checked against intervals and not only against values.

A gate passes when the whole 95 % interval is on the right side of its limit, fails when the whole interval is on the
wrong side, and is inconclusive when the limit lies inside. Bytes, parameters and MACs are exact and have no interval.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from baselines.errors import DataError
from bench.quantities import Estimate
from bench.results.row import Row
from bench.results.row import estimate as estimate_from
from bench.results.run import Run

Outcome = Literal["pass", "fail", "inconclusive", "not_measured"]

# Name in a gate -> field of the row.
METRICS: Mapping[str, str] = {
    "f1_weighted": "f1",
    "f1_micro": "f1_micro",
    "f1_macro": "f1_macro",
    "bytes": "bytes",
    "bytes_deflated": "bytes_deflated",
    "parameters": "parameters",
    "macs_per_document": "macs",
    "p50_s": "p50_s",
    "p95_s": "p95_s",
    "cold_start_s": "cold_start_s",
    "peak_rss_bytes": "peak_rss_bytes",
    "energy_j_per_document": "energy_j",
    "documents_per_s": "documents_per_s",
    "flipped_documents": "flipped",
    "latency_ratio": "speed_ratio",
}
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2.0**10, "mib": 2.0**20,
          "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "%": 1e-2}  # fmt: skip
_GATE = re.compile(
    r"^\s*(?:(?P<model>\S+)\s*:\s*)?(?P<metric>\w+)\s*(?P<how><=|>=|<|>|vs\s+(?P<reference>\S+)\s+max_drop)"
    r"\s*(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(?P<unit>[A-Za-zµ%]*)\s*$"
)
_HELP = (
    'allowed: "f1_weighted >= 0.70", "bytes <= 50k", "p95_s <= 2ms", "f1_weighted vs cnn max_drop 0.01", '
    'each with "MODEL: " before it to check another model than the recommended one'
)


@dataclass(frozen=True)
class Gate:
    """One demand. `how` is `<=`, `>=`, `<`, `>` or `max_drop`; `model` None means the recommended one."""

    text: str
    metric: str
    how: str
    limit: float
    model: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Checked:
    """A gate with its outcome; `value` with the interval it was judged by."""

    gate: str
    model: str | None
    metric: str
    limit: float
    value: float | None
    low: float | None
    high: float | None
    outcome: Outcome
    reason: str

    def to_json(self) -> dict[str, Any]:
        """One entry of `gates` in results.json."""
        return asdict(self)


def parse_gate(text: str) -> Gate:
    """Read one gate; raises DataError showing what is allowed."""
    match = _GATE.match(text)
    if match is None:
        raise DataError(f"gate {text!r}: not understood; {_HELP}")
    metric, unit = match["metric"], match["unit"]
    if metric not in METRICS:
        raise DataError(f"gate {text!r}: metric {metric!r} unknown; known: {', '.join(METRICS)}")
    if unit.lower() not in _UNITS:
        raise DataError(f"gate {text!r}: unit {unit!r} unknown; known: {', '.join(u for u in _UNITS if u)}")
    how = "max_drop" if match["reference"] else match["how"]
    if how == "max_drop" and metric != "f1_weighted":
        raise DataError(f"gate {text!r}: max_drop is measured for f1_weighted only; use a limit for {metric}")
    limit = float(match["number"]) * _UNITS[unit.lower()]
    return Gate(text.strip(), metric, how, limit, match["model"], match["reference"])


def read_gates(path: Path) -> list[Gate]:
    """Read a YAML file: a list of gates as text, or `gates:` with such a list."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    listed = content.get("gates") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise DataError(f"{path}: expected a list of texts, or 'gates:' with such a list; {_HELP}")
    return [parse_gate(item) for item in listed]


def check_gates(run: Run, gates: Sequence[Gate], recommended: str | None) -> list[Checked]:
    """Judge every gate on its model."""
    rows = run.by_name
    known = ", ".join(rows)
    for gate in gates:
        for name in (gate.model, gate.reference):
            if name is not None and name not in rows:
                raise DataError(f"gate {gate.text!r}: no model {name!r} in this run; there are: {known}")
    return [_check(gate, run, gate.model or recommended) for gate in gates]


def exit_code(checked: Sequence[Checked], *, strict: bool = False) -> int:
    """0 all passed, 1 one failed (with `strict`: or is inconclusive), 2 one could not be measured."""
    outcomes = {item.outcome for item in checked}
    if "fail" in outcomes or (strict and "inconclusive" in outcomes):
        return 1
    return 2 if "not_measured" in outcomes else 0


def _check(gate: Gate, run: Run, model: str | None) -> Checked:
    row = run.by_name.get(model or "")
    if row is None:
        return _outcome(gate, model, None, "not_measured", "no model is recommended; name one: 'MODEL: ...'")
    if not row.measured:
        return _outcome(gate, model, None, "not_measured", f"{row.status}: {row.reason}")
    if gate.how == "max_drop":
        return _check_drop(gate, row, run)
    value = getattr(row, METRICS[gate.metric])
    if value is None:
        return _outcome(gate, model, None, "not_measured", f"{gate.metric} was not measured for {model}")
    estimate = value if isinstance(value, Estimate) else _with_interval(row, gate.metric, float(value))
    return _outcome(gate, model, estimate, *judge_limit(estimate, gate.how, gate.limit))


def judge_limit(estimate: Estimate, how: str, limit: float) -> tuple[Outcome, str]:
    """Compare an interval with a limit; a value without an interval is compared as it is."""
    low = estimate.value if estimate.low is None else estimate.low
    high = estimate.value if estimate.high is None else estimate.high
    if not all(map(math.isfinite, (low, high))):
        return "not_measured", "not a number"
    good, bad = (low, high) if how.startswith(">") else (high, low)
    if _holds(good, how, limit):
        return "pass", "the whole interval is on the right side" if low < high else "exact"
    if _holds(bad, how, limit):
        return "inconclusive", "the limit lies inside the 95 % interval"
    return "fail", "the whole interval is on the wrong side" if low < high else "exact"


def _check_drop(gate: Gate, row: Row, run: Run) -> Checked:
    """Non-inferiority against a named model: the one-sided 95 % lower bound of the difference is at least -limit."""
    delta, lower, upper = _difference(row, str(gate.reference), run)
    if delta is None:
        reason = f"the paired difference of {row.name} and {gate.reference} was not measured"
        return _outcome(gate, row.name, None, "not_measured", reason)
    if lower is None or upper is None:
        return _outcome(gate, row.name, delta, "inconclusive", "the difference has no interval")
    if lower >= -gate.limit:
        return _outcome(gate, row.name, delta, "pass", "one-sided 95 % lower bound within the allowed drop")
    if upper < -gate.limit:
        return _outcome(gate, row.name, delta, "fail", "shown to drop by more")
    return _outcome(gate, row.name, delta, "inconclusive", "too few test documents to say")


def _difference(row: Row, reference: str, run: Run) -> tuple[Estimate | None, float | None, float | None]:
    """Stored paired difference against a model, with one-sided bounds: from the reference or from the parent."""
    if row.name == reference:
        return Estimate(0.0, 0.0, 0.0), 0.0, 0.0
    if reference == run.reference:
        return row.delta, *row.bounds
    promoted = run.content.get("promoted") or {}
    if row.name == run.reference and reference == promoted.get("over"):
        content = promoted["delta_f1_weighted"]
        return estimate_from(content), content.get("lower"), content.get("upper")
    if row.parent != reference:
        return None, None, None
    parented = run.against_parent(row.name)
    return parented.delta, *parented.bounds


def _with_interval(row: Row, metric: str, value: float) -> Estimate:
    return Estimate(value, row.p50_low, row.p50_high) if metric == "p50_s" else Estimate(value)


def _outcome(gate: Gate, model: str | None, estimate: Estimate | None, outcome: Outcome, reason: str) -> Checked:
    value, low, high = (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
    return Checked(gate.text, model, gate.metric, gate.limit, value, low, high, outcome, reason)


def _holds(value: float, how: str, limit: float) -> bool:
    return {"<=": value <= limit, ">=": value >= limit, "<": value < limit, ">": value > limit}[how]
