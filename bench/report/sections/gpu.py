"""What the report says of a GPU: of the rows that a study measured there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.quantities import count

Json = Mapping[str, Any]
NOT_VERIFIED = "This path has not been verified on hardware yet."


def gpu_sentences(facts: Json | None) -> str:
    """`speed.gpu` as sentences: why nothing was measured, or on what, and from which batch size on it beats the CPU."""
    if not facts:
        return ""
    if facts.get("status") != "measured":
        return f"No model was timed on a GPU: {facts.get('reason') or 'the reason was not stored'}."
    said = [f"The CNN was also timed on a GPU, {facts.get('name') or 'unnamed'}{_driver(facts.get('state') or {})}."]
    batch, rate = facts.get("overtakes_cpu_at_batch"), facts.get("cpu_documents_per_s")
    if batch is not None:
        said.append(f"From batches of {count(batch)} on, copies included, it beats the best rate of the CPU.")
    elif rate is not None:
        said.append("At no batch size that was measured does it beat the best rate of the CPU.")
    if not facts.get("verified_on_hardware"):
        said.append(NOT_VERIFIED)
    return " ".join(said)


def _driver(state: Json) -> str:
    known = (("driver", "driver", ""), ("sm_clock_mhz", "clock", " MHz"), ("power_limit_w", "power limit", " W"))
    said = [f"{words} {state[key]}{unit}" for key, words, unit in known if state.get(key) is not None]
    return f" ({', '.join(said)})" if said else ""
